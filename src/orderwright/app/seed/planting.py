"""Tell the stories through the engine, so that demo data are what real trade leaves behind."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app import records
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.goods.stock_desk import move_stock
from orderwright.app.goods.stock_records import Shelf, add_locations
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role
from orderwright.app.phases import expiry_of, order_id_of
from orderwright.app.placing import place_order
from orderwright.app.seed.catalogue import (
    CUSTOMERS,
    KEPT,
    LOCATIONS,
    OUT_OF_STOCK,
    PASSWORD,
    PEOPLE,
    PIECES,
    PRODUCTS,
    SERVICES,
    SHELVES,
    assortment,
)
from orderwright.app.seed.complying import Desk
from orderwright.app.seed.deciding import let_decide
from orderwright.app.seed.paying import PAYING, Till
from orderwright.app.seed.policies import plant_policies
from orderwright.app.seed.stories import Beat, Part, Story, orders, quotations
from orderwright.domain.orders.credit import tier_from
from orderwright.domain.orders.quotation import terms_context
from orderwright.domain.orders.terms import Line, Terms
from orderwright.errors import RuntimeFault
from orderwright.money import Money
from orderwright.runtime.command import Actor, Cause, Create, Send
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright

_IDS: Final = uuid.UUID("5c1f5b1e-0c0e-5a39-9d2b-3a1f6f0d8e11")
_FIRST, _LAST = "admin", "auditor"
_TRUSTS: Final = "manager"
_LONG_AGO: Final = timedelta(days=60)
_OPENING: Final = timedelta(days=30)
_LANES: Final = 8
_SHIPPING: Final = {"EUR": 1_900, "NGN": 450_000}


class SeedRefused(RuntimeFault):
    """A lifecycle refuses what a story tells: story and chart do not fit each other."""

    code = "seed.refused"


async def seed(app: Orderwright) -> bool:
    """Fill a database with demo data; False when they are there already. May be interrupted and repeated.

    Raises:
        SeedRefused: a story does not fit the charts.
    """
    if await _is_enrolled(app, _LAST):
        return False
    await _add_catalogue(app)
    await _enrol(
        app, [_FIRST]
    )  # its time is the present of the stories, also when this is repeated
    await _enrol(app, [login for login in PEOPLE if login not in (_FIRST, _LAST)])
    await _Planting(app, await _enrolled_at(app, _FIRST)).run()
    await plant_policies(app)
    await let_decide(app)
    await _enrol(app, [_LAST])  # tells that everything is there
    return True


async def _is_enrolled(app: Orderwright, login: str) -> bool:
    return await app.pool.fetchval(_ENROLLED, login) is not None


async def _enrolled_at(app: Orderwright, login: str) -> datetime:
    at: datetime = await app.pool.fetchval(_ENROLLED, login)
    return at


async def _add_catalogue(app: Orderwright) -> None:
    async with app.pool.acquire() as connection, connection.transaction():
        await records.add_customers(connection, CUSTOMERS)
        await records.add_products(connection, PRODUCTS)
        await add_locations(connection, LOCATIONS)


async def _enrol(app: Orderwright, logins: Iterable[str]) -> None:
    async with asyncio.TaskGroup() as group:
        for login in logins:
            name, role = PEOPLE[login]
            customer = CUSTOMERS[0].id if login == "customer" else None
            group.create_task(
                app.people.enrol(login, name, PASSWORD, [role], customer_id=customer)
            )


class _Planting:
    """Plants quotations, then orders, then what follows; between them phase changes do their part."""

    def __init__(self, app: Orderwright, now: datetime) -> None:
        self._app = app
        self._now = now
        self._lanes = asyncio.Semaphore(_LANES)

    async def run(self) -> None:
        """Tell every story from its beginning to the present."""
        await self._receive()
        quoted = _numbered("quotation", quotations())
        placed = _numbered("order", orders())
        await self._each(self._quote, quoted)
        await self._relay()
        await self._each(self._place, placed)
        await self._relay()
        for part in ("sale", "fulfilment", "aftermath"):
            await self._each(self._teller(part), [*placed, *quoted])
            await self._relay()
        await self._each(self._pay, [one for one in placed if one[1].name in PAYING])
        await self._trust()
        await self._app.worker.drain()
        await self._comply()
        await self._app.worker.drain()

    async def _receive(self) -> None:
        """Let goods arrive before the first order."""
        for product in KEPT:
            data = {"quantity": PIECES, "reference": "Opening stock"}
            cause = Cause(
                actor=Actor("warehouse"),
                idempotency_key=f"seed/stock/{product.sku}",
                occurred_at=self._now - _OPENING,
            )
            shelf = Shelf(product.sku, SHELVES[product.currency])
            async with self._app.pool.acquire() as connection, connection.transaction():
                received = Event("RECEIVE_STOCK", data)
                await move_stock(self._app.engine, connection, shelf, received, cause)

    async def _comply(self) -> None:
        """Let users and their money come and go."""
        for result in await Desk(self._app).serve():
            if result.refused is not None:
                raise SeedRefused(f"{result.instance_id}: {result.refused.message}")

    async def _trust(self) -> None:
        """Give who has a limit a profile with the tier that goes with it."""
        role = Role.MANAGER
        manager = Identity(id=_TRUSTS, login=_TRUSTS, name=_TRUSTS, roles=frozenset({role}))
        for one in CUSTOMERS:
            if one.credit_limit_minor:
                new = NewProfile(
                    account=Account(one.id, one.currency),
                    tier=tier_from(one.credit_limit_minor, one.currency),
                    custom_limit=Money(one.credit_limit_minor, one.currency).amount,
                )
                asked = Asked(by=manager, idempotency_key=f"seed/credit/{one.id}")
                await self._app.credit.set_profile(new, asked)

    async def _relay(self) -> None:
        """Let phase changes follow, but no timers: what they end is told only later."""
        await self._app.worker.drain(self._now - _LONG_AGO)

    async def _each(
        self, tell: Callable[[str, Story], Awaitable[None]], stories: Sequence[tuple[str, Story]]
    ) -> None:
        async def one(name: str, story: Story) -> None:
            async with self._lanes:
                await tell(name, story)

        try:
            async with asyncio.TaskGroup() as group:
                for name, story in stories:
                    group.create_task(one(name, story))
        except ExceptionGroup as failed:  # the first one tells what is wrong
            raise failed.exceptions[0] from failed

    # --- beginnings ---

    async def _place(self, name: str, story: Story) -> None:
        at, terms = self._at(story, 0), _terms(story)
        async with self._app.pool.acquire() as connection, connection.transaction():
            order = records.SaleOrder(
                id=_id(name),
                number=await records.next_number(connection, "order_number"),
                channel="RESELLER" if story.reseller else "CONSUMER",
                customer_id=CUSTOMERS[story.customer].id,
                terms=terms,
                placed_at=at,
            )
            await place_order(
                self._app.engine,
                order,
                Cause(actor=Actor("clerk"), idempotency_key=f"seed/{name}", occurred_at=at),
                request={"seed": name},
                expires_at=self._expiry(story, at),
                connection=connection,
            )

    def _expiry(self, story: Story, at: datetime) -> datetime | None:
        """Return when an order expires; the term of one that was paid long ago is of no interest any more."""
        ends = expiry_of(self._app.settings, at)
        return ends if ends is None or story.lapses or ends > self._now else None

    async def _quote(self, name: str, story: Story) -> None:
        at, terms, who = self._at(story, 0), _terms(story), CUSTOMERS[story.customer]
        days = story.valid_days or self._app.settings.quotation_validity_days
        async with self._app.pool.acquire() as connection, connection.transaction():
            number = await records.next_number(connection, "quotation_number")
            channel: records.Channel = "RESELLER" if story.reseller else "CONSUMER"
            context = {
                "quotationId": _id(name),
                "number": number,
                "channel": channel,
                "customerId": who.id,
                "currency": who.currency,
                "validUntil": (at + timedelta(days=days)).isoformat(),
                **terms_context(terms),
            }
            result = await self._app.engine.carry_out(
                Create(
                    chart_id="quotation",
                    instance_id=_id(name),
                    root_id=_id(name),
                    context=context,
                    request={"seed": name},
                    cause=Cause(
                        actor=Actor("clerk"), idempotency_key=f"seed/{name}", occurred_at=at
                    ),
                ),
                connection=connection,
            )
            if result.refused is None and not result.replayed:
                await records.add_quotation(
                    connection,
                    quotation_id=_id(name),
                    number=number,
                    channel=channel,
                    customer_id=who.id,
                    currency=who.currency,
                    at=at,
                )
        await self._tell(name, story, "quotation", _id(name))

    # --- what follows ---

    async def _pay(self, name: str, story: Story) -> None:
        till = Till(self._app.payments, self._app.receipts)
        for result in await till.take(name, _id(name), _terms(story), PAYING[story.name]):
            if result.refused is not None:
                raise SeedRefused(f"{name}: {result.refused.message}")

    def _teller(self, part: Part) -> Callable[[str, Story], Awaitable[None]]:
        async def tell(name: str, story: Story) -> None:
            if story.of(part):
                await self._tell(name, story, part, await self._target(name, part))

        return tell

    async def _target(self, name: str, part: Part) -> str:
        sale_id = order_id_of(_id(name), 1) if name.startswith("quotation") else _id(name)
        if part != "fulfilment":
            return sale_id
        async with self._app.pool.acquire() as connection:
            oldest, *_ = await records.fulfilments_of(connection, sale_id)
        return oldest

    async def _tell(self, name: str, story: Story, part: Part, target: str) -> None:
        for place, beat in enumerate(story.of(part)):
            key = f"seed/{name}/{part}/{place}"
            result = await self._app.engine.carry_out(
                Send(
                    instance_id=target,
                    event=Event(beat.event, self._data(name, story, beat, key)),
                    cause=Cause(
                        actor=Actor.of(beat.by),
                        idempotency_key=key,
                        occurred_at=self._at(story, beat.hours),
                    ),
                )
            )
            if result.refused is not None:
                raise SeedRefused(f"{name}: {beat.event}: {result.refused.message}")

    def _data(self, name: str, story: Story, beat: Beat, key: str) -> dict[str, object]:
        data, terms = dict(beat.data), _terms(story)
        if beat.percent is not None:
            amount = Money(terms.total_minor * beat.percent // 100, terms.currency).amount
            data |= {"amount": amount, "paymentId": key}
        if beat.in_hours is not None:
            data["at"] = self._at(story, beat.hours + beat.in_hours).isoformat()
        if beat.event == "PACKAGE_SHIPPED":
            data["tracking"] = f"{beat.data['tracking']}{_digits(name)}"
        if beat.event == "EDIT":
            data["lines"] = _dearer(terms)
        return data

    def _at(self, story: Story, hours: float) -> datetime:
        return self._now - timedelta(hours=story.age) + timedelta(hours=hours)


def _numbered(kind: str, stories: Iterable[Story]) -> list[tuple[str, Story]]:
    """Give each story a name of its own, the oldest first, so that numbers follow time."""
    ordered = sorted(stories, key=lambda story: -story.age)
    return [(f"{kind}/{place}/{story.name}", story) for place, story in enumerate(ordered, 1)]


def _id(name: str) -> str:
    return str(uuid.uuid5(_IDS, name))


def _digits(name: str) -> str:
    return f"{uuid.uuid5(_IDS, name).int % 10**8:08d}"


def _terms(story: Story) -> Terms:
    """Return what a story sells: a service, or one to three kinds of goods, chosen by its age."""
    currency, turn = CUSTOMERS[story.customer].currency, int(story.age)
    goods = assortment(currency, SERVICES if story.service else KEPT)
    kinds = 1 if story.service else 1 + turn % 3
    chosen = [goods[(turn + 3 * n) % len(goods)] for n in range(kinds)]
    if story.short:
        chosen.extend(assortment(currency, OUT_OF_STOCK)[:1])
    lines = tuple(
        Line(
            sku=product.sku,
            name=product.name,
            quantity=story.pieces * (1 + (turn + n) % 3),
            unit_price_minor=product.unit_price_minor,
        )
        for n, product in enumerate(chosen)
    )
    return Terms(currency=currency, lines=lines, shipping_minor=_SHIPPING[currency])


def _dearer(terms: Terms) -> list[dict[str, object]]:
    """Return the lines with one piece more of everything, as a caller would send them."""
    return [
        {
            "sku": line.sku,
            "name": line.name,
            "quantity": line.quantity + 1,
            "unitPrice": Money(line.unit_price_minor, terms.currency).amount,
        }
        for line in terms.lines
    ]


_ENROLLED = "select created_at from orderwright.person where login = $1"
