"""Clients that give random commands of money to the same sales at once, and what they expect to come of them.

Every command has a key of its own and is now and then given twice at the same time under it; it counts once, where
it was taken. What came into the house and went out again follows from that alone.
"""

from __future__ import annotations

import asyncio
import itertools
import random  # noqa: TID251 (the seed is printed)
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from orderwright import Event
from orderwright.app.approval_desk import Decision
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.late_money import late_payment_id
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.override_list import Kind
from orderwright.app.payments import NewPayment, RefundLine
from orderwright.app.permissions import Identity, Role
from orderwright.domain.approval import approval_id
from orderwright.domain.orders.credit import Tier
from orderwright.errors import Conflict, NotFound

if TYPE_CHECKING:
    from orderwright import Orderwright
    from orderwright.runtime.attempt import Result

CUSTOMERS: Final = ("ada", "bob")
CURRENCIES: Final = ("EUR", "USD")
_METHODS: Final = ("CARD", "CASH", "INVOICE", "INVOICE", "PO")
_DELIVERING: Final = (
    Event("FULFILMENT_STARTED"),
    Event("PACKAGE_SHIPPED", {"carrier": "DHL", "tracking": "1"}),
    Event("PACKAGE_DELIVERED"),
)
_KINDS: Final[tuple[Kind, ...]] = ("ADMIN", "CREDIT")
_DECISIONS: Final[tuple[Decision, ...]] = ("APPROVE", "APPROVE", "DENY")
_OLDEST, _FRESH = 10, 6
"""How many of the latest orders, and of the latest overrides, commands are about: older ones are left to the clock."""


def _who(login: str, role: Role) -> Identity:
    return Identity(id=login, login=login, name=login.title(), roles=frozenset({role}))


BOSS, CLERK = _who("boss", Role.ADMIN), _who("clerk", Role.BILLER)
VOTERS: Final = (_who("mia", Role.MANAGER), _who("max", Role.MANAGER), BOSS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order that was placed."""

    id: str
    currency: str


@dataclass(slots=True, kw_only=True)
class Memory:
    """What all clients have done: orders, payments, and the money that these must come to, in minor units."""

    orders: list[Placed] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often an override of a kind was asked for on an order."""
    payments: dict[str, Placed] = field(default_factory=dict)
    paid: Counter[str] = field(default_factory=Counter)
    """By payment: confirmed, less refunds and chargebacks."""
    paid_of: Counter[str] = field(default_factory=Counter)
    """The same by order."""
    captured_of: Counter[str] = field(default_factory=Counter)
    """By order: what was captured at the sale itself."""
    amounts: dict[str, int] = field(default_factory=dict)
    """What each payment was registered for."""
    taken: Counter[str] = field(default_factory=Counter)
    """How many commands of each kind were taken."""
    given: int = 0


class Client:
    """Gives random commands; two clients never share a key."""

    def __init__(self, app: Orderwright, name: str, memory: Memory, seed: str) -> None:
        self._app = app
        self._name = name
        self._memory = memory
        self._chance = random.Random(seed)
        # In turn, not by chance: each is told often enough to be taken at least once.
        self._ends = itertools.cycle(("REJECT", "REOPEN", "CANCEL_REQUESTED", "REOPEN"))
        self._turns = 0
        self._commands: tuple[Callable[[], Awaitable[None]], ...] = (
            *(self._place, self._place, self._pay_itself),
            *(self._ask,) * 3,
            *(self._vote,) * 6,
            *(self._set_method,) * 3,
            *(self._register, self._confirm, self._confirm, self._fail),
            *(self._refund, self._charge_back, self._revoke, self._limit),
            *(self._freeze, self._release, self._release, self._end, self._write_off),
            *(self._deliver,) * 4,
        )

    async def act(self, count: int) -> None:
        """Give so many commands or a few more, one after another."""
        goal = self._turns + count
        while self._turns < goal:
            await (self._chance.choice(self._commands) if self._memory.orders else self._place)()

    # --- commands ---

    async def _place(self) -> None:
        currency = self._chance.choice(CURRENCIES)
        line = {"sku": "ANVIL", "quantity": 1, "unitPrice": self._amount(10, 120)}
        customer = self._chance.choice(CUSTOMERS)
        terms = NewTerms(customer_id=customer, channel="CONSUMER", currency=currency, lines=[line])
        result = await self._once(partial(self._app.orders.create_order, terms), kind="place")
        if result is not None:
            self._memory.orders.append(Placed(id=result.instance_id, currency=currency))

    async def _set_method(self) -> None:
        await self._tell(Event("SET_PAYMENT_METHOD", {"method": self._chance.choice(_METHODS)}))

    async def _pay_itself(self) -> None:
        amount, name = self._amount(1, 60), f"{self._name}/{self._turns}"
        order = self._order()
        paid = Event("PAYMENT_CAPTURED", {"amount": amount, "paymentId": name})
        if await self._tell(paid, order):
            self._memory.captured_of[order.id] += _minor(amount)
            return
        late = late_payment_id(order.id, name)
        if await self._app.engine.read(late) is not None:  # the order had ended
            self._memory.payments[late] = order
            self._memory.amounts[late] = _minor(amount)
            self._count(late, _minor(amount))

    async def _register(self) -> None:
        order, amount = self._order(), self._amount(1, 120)
        new = NewPayment(order_id=order.id, amount=amount, currency=order.currency, method="CARD")
        result = await self._once(
            partial(self._app.payments.register_consumer, new), kind="register"
        )
        if result is not None:
            self._memory.amounts[result.instance_id] = _minor(amount)
            self._memory.payments[result.instance_id] = order

    async def _confirm(self) -> None:
        payment = self._payment()
        if payment and await self._once(
            partial(self._app.payments.confirm, payment), kind="confirm"
        ):
            self._count(payment, self._memory.amounts[payment])

    async def _fail(self) -> None:
        payment = self._payment()
        if payment:
            await self._once(partial(self._app.payments.fail, payment, "no money"), kind="fail")

    async def _refund(self) -> None:
        payment = self._payment()
        amount = self._amount(1, 60)
        lines = [RefundLine(line_no=1, amount=amount)] if self._chance.random() < 0.3 else []
        give = partial(self._app.payments.refund, payment, amount, "late", lines=lines)
        if payment and await self._once(give, kind="refund"):
            self._count(payment, -_minor(amount))

    async def _charge_back(self) -> None:
        payment = self._payment()
        amount = self._amount(1, 60)
        give = partial(self._app.payments.charge_back, payment, amount, "stolen")
        if payment and await self._once(give, kind="charge_back"):
            self._count(payment, -_minor(amount))

    async def _ask(self) -> None:
        kind, order = self._chance.choice(_KINDS), self._order()
        give = partial(self._app.overrides.request, order.id, kind, "they always pay")
        if await self._once(give, by=CLERK, kind="ask"):
            asked = self._memory.asked
            asked[order.id, kind] += 1
            self._memory.overrides.append(approval_id(order.id, kind, asked[order.id, kind]))

    async def _vote(self) -> None:
        decision, override = self._chance.choice(_DECISIONS), self._override()
        give = partial(self._app.overrides.vote, override, decision, "seen", None)
        await self._once(give, by=self._chance.choice(VOTERS), kind=decision)

    async def _revoke(self) -> None:
        give = partial(self._app.overrides.revoke, self._override(), "news")
        await self._once(give, kind="revoke")

    async def _limit(self) -> None:
        account = Account(self._chance.choice(CUSTOMERS), self._chance.choice(CURRENCIES))
        new = NewProfile(account=account, tier=Tier.BRONZE, custom_limit=self._amount(100, 900))
        await self._once(partial(self._app.credit.set_profile, new), kind="limit")

    async def _freeze(self) -> None:
        await self._tell(Event("FREEZE", {"reason": "odd"}))

    async def _release(self) -> None:
        await self._tell(Event("RELEASE"))

    async def _end(self) -> None:
        name = next(self._ends)
        await self._tell(Event(name, {} if name == "REOPEN" else {"reason": "no"}))

    async def _write_off(self) -> None:
        order = self._chance.choice(self._memory.orders)
        await self._tell(Event("WRITE_OFF", {"reason": "bankrupt"}), order)

    async def _deliver(self) -> None:
        order = self._order()
        for fulfilment in (await self._app.queries.fulfilments([order.id])).get(order.id, []):
            for event in _DELIVERING:
                give = partial(self._app.orders.send_fulfilment_event, fulfilment.id, event)
                await self._once(give, kind=event.type)

    # ---

    async def _tell(self, event: Event, order: Placed | None = None) -> Result | None:
        target = (order or self._order()).id
        give = partial(self._app.orders.send_sale_event, target, event)
        return await self._once(give, kind=event.type)

    async def _once(
        self,
        give: Callable[[Asked], Awaitable[Result]],
        *,
        kind: str,
        by: Identity = BOSS,
    ) -> Result | None:
        """Give a command, now and then twice at the same time; return its result if it was taken, which is once."""
        self._turns += 1
        self._memory.given += 1
        asked = Asked(by=by, idempotency_key=f"{self._name}/{self._turns}")
        twice = 2 if self._chance.random() < 0.1 else 1
        results = await asyncio.gather(*(_answer(give, asked) for _ in range(twice)))
        taken = [one for one in results if one is not None and one.refused is None]
        assert [one.replayed for one in taken].count(False) == bool(taken), taken
        if not taken:
            return None
        self._memory.taken[kind] += 1
        return taken[0]

    def _count(self, payment: str, minor: int) -> None:
        order = self._memory.payments[payment]
        self._memory.paid[payment] += minor
        self._memory.paid_of[order.id] += minor

    def _order(self) -> Placed:
        return self._chance.choice(self._memory.orders[-_OLDEST:])

    def _payment(self) -> str:
        latest = list(self._memory.payments)[-_OLDEST:]
        return self._chance.choice(latest) if latest else ""

    def _override(self) -> str:
        return self._chance.choice(self._memory.overrides[-_FRESH:] or ["nothing"])

    def _amount(self, low: int, high: int) -> str:
        return f"{self._chance.randrange(low, high)}.{self._chance.choice(('00', '01', '99'))}"


async def _answer(give: Callable[[Asked], Awaitable[Result]], asked: Asked) -> Result | None:
    """Return what a command came to, however often it has to be tried; None where what it is about does not exist."""
    while True:
        try:
            return await give(asked)
        except NotFound:
            return None
        except Conflict as conflict:
            if not conflict.retryable:
                raise


def _minor(amount: str) -> int:
    return int(amount.replace(".", ""))
