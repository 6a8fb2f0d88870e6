"""Put the house together: one `Orderwright` per process, with everything that the doors need."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from orderwright.app import database
from orderwright.app.api_tokens import ApiTokens
from orderwright.app.approval_desk import ApprovalDesk
from orderwright.app.approval_list import ApprovalList
from orderwright.app.approvals import Approvals
from orderwright.app.case_desk import CaseDesk
from orderwright.app.case_list import CaseList
from orderwright.app.cases import CaseOpener
from orderwright.app.compliance.lists import KycList, PayInList, PayOutList, UserList
from orderwright.app.compliance.payins import PayIns, PayInsOfPayments
from orderwright.app.compliance.payouts import PayOuts, PayOutsOfRefunds
from orderwright.app.compliance.reactions import Compliance
from orderwright.app.compliance.users import Users
from orderwright.app.connecting import Connecting
from orderwright.app.credit.commands import Credit
from orderwright.app.credit.reactions import CreditReactions
from orderwright.app.credit.rule_pass import RulePass
from orderwright.app.credit.view import CreditView
from orderwright.app.dead_letters import DeadLetters
from orderwright.app.expiry import ACTION, SaleExpiry
from orderwright.app.facts import fact_loaders
from orderwright.app.formats import FORMATS
from orderwright.app.goods.backorders import Backorders
from orderwright.app.goods.fulfilling import Fulfilling
from orderwright.app.goods.fulfilment_list import FulfilmentList
from orderwright.app.goods.location_desk import LocationDesk
from orderwright.app.goods.reserving import Reserving
from orderwright.app.goods.return_list import ReturnList
from orderwright.app.goods.returning import Returning
from orderwright.app.goods.stock_desk import StockDesk
from orderwright.app.goods.stock_list import StockList
from orderwright.app.incidents import Incidents
from orderwright.app.keeping import anchor_folder, keep
from orderwright.app.ledgers import LEDGERS
from orderwright.app.live_settings import CREDIT_RULE, CRON, LiveSettings
from orderwright.app.notification.inbox import NotificationInbox
from orderwright.app.notification.mail import mail_kind
from orderwright.app.notification.notifier import Notifier
from orderwright.app.order_lists import OrderList, QuotationList
from orderwright.app.orders import Orders
from orderwright.app.outbox import Outbox
from orderwright.app.override_list import OverrideList
from orderwright.app.overrides import Overrides
from orderwright.app.payment_list import PaymentList
from orderwright.app.payment_phases import PaymentPhases
from orderwright.app.payment_reports import PaymentReports
from orderwright.app.payments import Payments
from orderwright.app.people import People
from orderwright.app.phases import Phases
from orderwright.app.policies.acting import Actions
from orderwright.app.policies.acts import Acts
from orderwright.app.policies.hosts import Hosts
from orderwright.app.policies.life import PolicyLife
from orderwright.app.policies.office import PolicyOffice
from orderwright.app.policies.policies import Policies
from orderwright.app.policies.trigger_types import trigger_types
from orderwright.app.queries import Queries
from orderwright.app.receipt_store import ReceiptStore
from orderwright.app.receipts import Receipts
from orderwright.app.setting_desk import SettingDesk
from orderwright.app.settings import Settings, load_settings
from orderwright.app.shipped import folder
from orderwright.app.subscribers import Subscribers
from orderwright.app.telemetry.metrics import Metrics
from orderwright.app.telemetry.scrape import Scrape
from orderwright.app.webhooks import Webhooks
from orderwright.app.workflow import Workflows
from orderwright.clock import Clock, SystemClock
from orderwright.domain.orders import BEHAVIOURS
from orderwright.runtime.anchor import Anchors
from orderwright.runtime.clockwork import Clockwork
from orderwright.runtime.engine import Engine
from orderwright.runtime.job import JobKind
from orderwright.runtime.job_queue import JobQueue
from orderwright.runtime.job_runner import JobRunner
from orderwright.runtime.ledger import Ledgers
from orderwright.runtime.migration import Migrations
from orderwright.runtime.observation import Observer
from orderwright.runtime.outbox import require_own_cluster
from orderwright.runtime.pool import Pool, open_pool
from orderwright.runtime.registry import Registry
from orderwright.runtime.replay import Replay
from orderwright.runtime.retention import Retention
from orderwright.runtime.simulation import Simulator
from orderwright.runtime.wakeup import Announcer, Listener
from orderwright.runtime.watch import Watch
from orderwright.runtime.webhook.courier import Courier
from orderwright.runtime.webhook.fan_out import webhooks_consumer
from orderwright.runtime.webhook.post import Postman
from orderwright.runtime.worker import Worker
from orderwright.statechart import Behaviour

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from orderwright.app.policies.hosted import ActionHandlers
    from orderwright.app.policies.trigger_types import HostFacts
    from orderwright.app.telemetry.tracer import Tracer
    from orderwright.policy.trigger import Triggers as TriggerTypes

_READERS: Final = 4
"""One connection in so many is for read models; the rest run lifecycles."""
_LISTENERS: Final = 1


class Orderwright:
    """A running Orderwright on one database.

    Attributes:
        engine: creates instances and sends them events; joins the caller's transaction where one is given.
        orders: commands on quotations, orders and fulfilments, with permissions; `overrides` on what others decide.
        approval_list, approval_desk: all that people are asked to decide, and their votes, with permissions.
        payments: commands on payments, with permissions; `payment_reports` takes what their providers say,
            `payment_list` shows them, `receipts` keeps their receipts.
        order_list, quotation_list, override_list, queries, workflows: read models.
        case_list, case_desk: the cases, and commands on them, with permissions.
        credit, credit_view: commands on credit profiles, and what people see of credit.
        fulfilment_list, return_list: what the warehouse and the returns desk work on.
        stock_desk, stock_list: commands on stock, with permissions, and what people see of it.
        location_desk: commands on the locations where it lies.
        users, pay_ins, pay_outs: commands on what compliance looks at, with permissions; `user_list`, `kyc_list`,
            `pay_in_list` and `pay_out_list` show it.
        live_settings, setting_desk: the settings that change while the house runs, and commands on them.
        people: signing in. notifications: what they were told.
        replay, anchors: what instances were, and the proof that nobody changed it.
        migrations: moves running instances to another version of their chart.
        simulator: says what events would do, and writes nothing.
        webhooks: subscriptions to domain events; `courier` delivers them while the worker's `run` runs;
            `subscribers` is the same with permissions.
        acts: does what policies have decided, with the documents that they ask for.
        jobs: takes work outside the database; `dead_letters` shows what failed for the last time.
        incidents, outbox: what is in trouble, and the domain events with who has acknowledged them.
        worker: relays domain events, fires timers and runs jobs while its `run` runs.
        listener: hears what changed, in every process.
        metrics, scrape: what can be counted, and the page on which it is read.
        policies: what decides; hosts call `trigger` and `execute`.
        policy_office: where people write policies and keep lists, and see what was decided; with permissions.
        api_tokens: with which hosts call; `hosts` is what they open.
        tracer: makes spans; None unless the settings say where they go.
        revision: the schema's revision that this code needs; it may run on a later one, see `release`.
    """

    def __init__(  # noqa: PLR0913 (the parts of the house)
        self,
        *,
        revision: str,
        settings: Settings,
        live: LiveSettings,
        clock: Clock,
        pool: Pool,
        readers: AsyncEngine,
        engine: Engine,
        listener: Listener,
        metrics: Metrics,
        tracer: Tracer | None,
        policies: Policies,
        actions: Actions,
        rule_pass: RulePass,
    ) -> None:
        self.revision = revision
        self.settings = settings
        self.live_settings = live
        self.clock = clock
        self.pool = pool
        self.engine = engine
        self.listener = listener
        self.metrics = metrics
        self.tracer = tracer
        self.policies = policies
        self.scrape = Scrape(metrics, pool, readers, clock)
        self.queries = Queries(readers, engine)
        self.workflows = Workflows(engine, self.queries)
        self.orders = Orders(engine, self.queries, live)
        self.order_list = OrderList(pool, self.queries)
        self.quotation_list = QuotationList(pool, self.queries)
        self.case_list = CaseList(pool, self.queries)
        self.case_desk = CaseDesk(engine, self.case_list)
        self.people = People(
            pool, clock, session_lifetime=timedelta(hours=settings.session_lifetime_hours)
        )
        self.phases = Phases(engine, live, Fulfilling(engine, live))
        self._open_policies(actions)
        self._open_trade()
        self.replay = Replay(pool)
        self.anchors = Anchors(pool, clock, anchor_folder(settings))
        self.migrations = Migrations(engine)
        self.simulator = Simulator(engine)
        self.jobs = JobQueue(engine)
        self.notifications = NotificationInbox(engine)
        self.dead_letters = DeadLetters(engine)
        self.incidents = Incidents(engine)
        self.outbox = Outbox(pool)
        self._open_settings(rule_pass)
        loopback = settings.webhook_allow_loopback
        self.webhooks = Webhooks(pool, clock, allow_loopback=loopback)
        self.subscribers = Subscribers(pool, clock, allow_loopback=loopback)
        postman = Postman(allow_loopback=loopback)
        self.courier = Courier(
            pool,
            clock,
            postman,
            grace_seconds=settings.grace_seconds,
            observer=engine.observer,
        )
        self.worker = self._worker()
        self._stack = AsyncExitStack()

    def _open_settings(self, rule_pass: RulePass) -> None:
        """Set up what has to do with settings that change, and what follows when they do."""
        engine, live = self.engine, self.live_settings
        self.expiry = SaleExpiry(engine, live)
        sequels = {CRON: self.expiry.rearm, CREDIT_RULE: rule_pass.serve(engine, live)}
        self.setting_desk = SettingDesk(engine, live, sequels)

    def _open_policies(self, actions: Actions) -> None:
        """Set up what has to do with policies beside deciding: doing what follows, and what people do with them."""
        engine, triggers = self.engine, self.policies.triggers
        self.trigger, self.execute = triggers.fire, triggers.execute
        self.policy_office = PolicyOffice(engine, self.queries, self.policies)
        self.api_tokens = ApiTokens(self.pool, self.clock)
        self.hosts = Hosts(self.pool, self.clock, triggers, self.policy_office.lists)
        self.acts = Acts(engine, self.queries, self.settings, self.live_settings, actions)

    def _open_trade(self) -> None:
        """Set up what has to do with money, goods and people."""
        self._open_money()
        self._open_goods()
        self._open_compliance()

    def _open_money(self) -> None:
        """Set up what has to do with approvals, credit and payments."""
        engine, pool = self.engine, self.pool
        self.approvals = Approvals(engine, self.live_settings)
        self.approval_list = ApprovalList(pool, self.queries)
        self.approval_desk = ApprovalDesk(engine, self.approval_list)
        self.override_list = OverrideList(pool, self.queries)
        self.overrides = Overrides(engine, self.orders, self.override_list)
        self.credit = Credit(engine)
        self.credit_view = CreditView(engine, self.live_settings)
        self.payment_reports = PaymentReports(engine)
        self.receipts = Receipts(pool, self.clock, ReceiptStore(self.settings))
        self.payment_list = PaymentList(pool, self.queries)
        self.payments = Payments(engine, self.payment_reports)

    def _open_goods(self) -> None:
        """Set up what has to do with stock, fulfilments and returns."""
        self.stock_desk = StockDesk(self.engine)
        self.location_desk = LocationDesk(self.engine)
        self.stock_list = StockList(self.pool)
        self.fulfilment_list = FulfilmentList(self.pool, self.queries)
        self.return_list = ReturnList(self.pool, self.queries)

    def _open_compliance(self) -> None:
        """Set up what has to do with users, KYC sessions, pay-ins and pay-outs."""
        engine, pool, queries = self.engine, self.pool, self.queries
        self.users = Users(engine, queries)
        self.pay_ins = PayIns(engine, queries)
        self.pay_outs = PayOuts(engine, queries, self.live_settings)
        self.user_list = UserList(pool, queries)
        self.kyc_list = KycList(pool, queries)
        self.pay_in_list = PayInList(pool, queries)
        self.pay_out_list = PayOutList(pool, queries)

    def _worker(self) -> Worker:
        """Return who works in the background: for consumers of domain events, by the clock, at jobs."""
        engine, settings = self.engine, self.settings
        consumers = [
            self.policies.relayed.consumer(),
            self.phases.consumer(),
            self.approvals.consumer(),
            PolicyLife(engine, self.live_settings).consumer(),
            PaymentPhases(
                engine,
                pay_ins=PayInsOfPayments(engine, self.live_settings),
                pay_outs=PayOutsOfRefunds(engine, self.live_settings),
            ).consumer(),
            Compliance(engine, self.live_settings).consumer(),
            Reserving(engine).consumer(),
            Backorders(engine).consumer(),
            Returning(engine).consumer(),
            *CreditReactions(engine, self.live_settings).consumers(),
            CaseOpener(engine, self.live_settings).consumer(),
            Notifier(engine, self.jobs).consumer(),
            *self.acts.consumers(),
            webhooks_consumer(),
        ]
        clockwork = Clockwork(
            engine, actions={ACTION: self.expiry.sweep}, schedules=[self.expiry.schedule]
        )
        return Worker(
            engine,
            consumers,
            self.listener,
            jobs=JobRunner(
                engine,
                concurrency=settings.job_concurrency,
                grace_seconds=settings.grace_seconds,
            ),
            clockwork=clockwork,
            retention=Retention(self.pool, self.clock, keep(settings)),
            duties=[self.courier.run, Watch(engine, self.anchors).run],
            grace_seconds=settings.grace_seconds,
        )

    @classmethod
    def connect(  # noqa: PLR0913 (what a host may add)
        cls,
        url: str,
        *,
        settings: Settings | None = None,
        clock: Clock | None = None,
        kinds: Sequence[JobKind] = (),
        ledgers: Ledgers | None = None,
        action_handlers: ActionHandlers | None = None,
        facts: HostFacts | None = None,
    ) -> Connecting[Orderwright]:
        """Migrate the database at a URL, publish the shipped charts and be ready.

        Use it as `app = await Orderwright.connect(url)`, and `await app.close()` at the end, or as
        `async with Orderwright.connect(url) as app`. `kinds` are the jobs that this process handles, and
        what charts may invoke; `ledgers` are those of a host's own charts that have balances. `facts` are
        those that a host adds to triggers, by the trigger's name and their own. `action_handlers` do what
        policies decide on entities that live in the host's own system, by the name of the action.

        Raises:
            InputInvalid: a fact is there already, or there is no such trigger.
            DatabaseUnreachable, DatabaseNewer, MigrationBusy, MigrationFailed: see `database.migrate`.
            ChartChanged: a published chart was edited.
            SettingInvalid: without `settings`, when the environment holds a wrong one.
        """
        chosen = settings or load_settings()
        types, actions = trigger_types(facts or {}), Actions(action_handlers)
        given = _Given(kinds=kinds, ledgers=ledgers or {}, types=types, actions=actions)
        return Connecting(_opened(url, chosen, clock or SystemClock(), given))

    def owns(self, stack: AsyncExitStack) -> None:
        """Take over what `close` will give back."""
        self._stack = stack

    async def close(self) -> None:
        """Give back every connection."""
        await self._stack.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What a host adds to the house, and who does actions."""

    kinds: Sequence[JobKind]
    ledgers: Ledgers
    types: TriggerTypes
    actions: Actions


@asynccontextmanager
async def _opened(
    url: str, settings: Settings, clock: Clock, given: _Given
) -> AsyncIterator[Orderwright]:
    migrated = await database.migrate(url)
    readers = max(settings.database_connections // _READERS, 1)
    writers = settings.database_connections - readers - _LISTENERS
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await open_pool(url, max_size=writers))
        models = database.engine(
            url, pool_size=readers, max_overflow=0, isolation_level="AUTOCOMMIT"
        )  # a read is one statement; to begin and end a transaction around it would take two more round trips
        stack.push_async_callback(models.dispose)
        announcer = Announcer(pool)
        stack.push_async_callback(announcer.close)
        live = LiveSettings(pool, clock, settings)
        loaders = fact_loaders(live)
        rule_pass = RulePass()
        own = [
            given.actions.kind,
            rule_pass.kind,
            *([mail_kind(settings)] if settings.smtp_host else []),
        ]
        handled = {kind.name: kind for kind in (*own, *given.kinds)}
        metrics, tracer = Metrics(), await _tracer(stack, settings, clock)
        observer = Observer(metrics.hear, *([tracer.hear] if tracer else []))
        registry = Registry(_behaviour, facts=loaders.keys(), formats=FORMATS, kinds=handled)
        await _prepare(pool, registry, clock)
        engine = Engine(
            pool,
            registry,
            clock,
            facts=loaders,
            formats=FORMATS,
            wakeup=announcer,
            kinds=handled,
            ledgers={**LEDGERS, **given.ledgers},
            observer=observer,
        )
        stack.push_async_callback(engine.alarm.close)
        closing = partial(engine.close, grace_seconds=settings.grace_seconds)
        stack.push_async_callback(closing)  # what it still carries out may be an incident
        listener = await _listening(stack, url)
        engine.keep(listener)
        app = Orderwright(
            revision=migrated.code,
            settings=settings,
            live=live,
            clock=clock,
            pool=pool,
            readers=models,
            engine=engine,
            listener=listener,
            metrics=metrics,
            tracer=tracer,
            policies=Policies(engine, given.types, given.actions),
            actions=given.actions,
            rule_pass=rule_pass,
        )
        stack.push_async_callback(app.courier.close)
        yield app


async def _listening(stack: AsyncExitStack, url: str) -> Listener:
    try:
        return await stack.enter_async_context(Listener(url))
    except ConnectionError as error:
        raise database.DatabaseUnreachable(f"no connection to listen on: {error}") from error


async def _tracer(stack: AsyncExitStack, settings: Settings, clock: Clock) -> Tracer | None:
    if settings.otlp_endpoint is None:
        return None
    from orderwright.app.telemetry.export import exporting  # noqa: PLC0415 (slow to import, seldom wanted)

    return await stack.enter_async_context(exporting(settings.otlp_endpoint, clock))


async def _prepare(pool: Pool, registry: Registry, clock: Clock) -> None:
    async with pool.acquire() as connection:
        await require_own_cluster(connection)
        for file in sorted(folder("charts").glob("*.json")):
            await registry.publish(connection, file.read_text(encoding="utf-8"), at=clock.now())


def _behaviour(chart_id: str, _version: int) -> Behaviour | None:
    return BEHAVIOURS.get(chart_id)
