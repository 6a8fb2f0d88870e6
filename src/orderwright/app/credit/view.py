"""What people see of credit: a customer's limits and exposure, a sale's own part in it, and the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from orderwright.app.credit.account import Account, exposures, profiles
from orderwright.app.credit.locking import account_of
from orderwright.app.page import Page, Place, size
from orderwright.app.permissions import require
from orderwright.app.records import CustomerNotFound, OrderNotFound
from orderwright.domain.orders.credit import overage_minor
from orderwright.domain.orders.exposure import LEDGER, outstanding_minor
from orderwright.domain.orders.sale import valid_override
from orderwright.domain.reading import integer, text
from orderwright.money import CURRENCIES

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.app.permissions import Identity
    from orderwright.domain.orders.credit import Profile, Rule
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditStanding:
    """A customer's credit in one currency, in minor units."""

    account: Account
    profile: Profile
    limit_minor: int
    exposure_minor: int

    @property
    def available_minor(self) -> int:
        """What may still be owed; never negative."""
        return max(self.limit_minor - self.exposure_minor, 0)

    @property
    def utilisation_percent(self) -> int | None:
        """How much of the limit is used, rounded down; None where there is no limit."""
        return self.exposure_minor * 100 // self.limit_minor if self.limit_minor else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditCheck:
    """A sale against its customer's credit, in minor units.

    Attributes:
        held_minor: what this sale holds.
        exposure_minor: what the customer owes without it.
        uncovered_minor: what of it is due and not captured.
        overage_minor: what that comes to above the limit.
        approved_minor: how much of that a valid override covers.
    """

    account: Account
    profile: Profile
    limit_minor: int
    exposure_minor: int
    held_minor: int
    uncovered_minor: int
    overage_minor: int
    approved_minor: int

    @property
    def is_within_credit(self) -> bool:
        """Whether the sale may clear on credit."""
        return self.approved_minor >= self.overage_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureRow:
    """A row of the ledger; `amount_minor` is negative where credit is let go of."""

    order_id: str
    order_number: str
    kind: str
    amount_minor: int
    currency: str
    recorded_at: datetime


class CreditView:
    """Reads credit, each as far as the asking person may see it."""

    def __init__(self, engine: Engine, settings: LiveSettings) -> None:
        self._engine = engine
        self._settings = settings

    async def standings(self, by: Identity, customer_id: str) -> list[CreditStanding]:
        """Return a customer's credit in their own currency, and in every other in which there is any.

        Raises:
            RoleMissing: the person may not see credit.
            CustomerNotFound: there is no such customer whom the person may see.
        """
        require(by, "credit.read")
        async with self._engine.pool.acquire() as connection:
            own = await self._currency(connection, by, customer_id)
            names = {Account(customer_id, currency).name: currency for currency in CURRENCIES}
            rows = await connection.fetch(_ACCOUNTS, LEDGER, list(names))
            others = sorted({names[row["account"]] for row in rows} - {own})
            accounts = [Account(customer_id, currency) for currency in (own, *others)]
            known = await profiles(connection, accounts, lock=False)
            owed = await exposures(connection, accounts, lock=False)
            rule = (await self._settings.current(connection)).credit_limit_rule
        return [
            CreditStanding(
                account=one,
                profile=known[one],
                limit_minor=known[one].limit_minor(rule),
                exposure_minor=owed[one],
            )
            for one in accounts
        ]

    async def check(self, by: Identity, order_id: str) -> CreditCheck:
        """Return how a sale stands against its customer's credit.

        Raises:
            RoleMissing: the person may not see credit.
            OrderNotFound: there is no such order that the person may see.
        """
        require(by, "credit.read")
        sale = await self._engine.read(order_id)
        context = sale.snapshot.context if sale and sale.chart_id == "sale" else None
        if context is None or not by.sees(text(context, "customerId")):
            raise OrderNotFound(f"no order {order_id!r}", values={"id": order_id})
        account = account_of(context)
        async with self._engine.pool.acquire() as connection:
            known = await profiles(connection, [account], lock=False)
            owed = await exposures(connection, [account], lock=False)
            rule = (await self._settings.current(connection)).credit_limit_rule
        return self._check(context, known[account], rule, owed[account])

    def _check(
        self, context: Mapping[str, object], profile: Profile, rule: Rule, owed: int
    ) -> CreditCheck:
        limit, uncovered = profile.limit_minor(rule), outstanding_minor(context)
        held = integer(context, "creditHeldMinor")
        override = valid_override(context, "CREDIT", self._engine.clock.now())
        return CreditCheck(
            account=account_of(context),
            profile=profile,
            limit_minor=limit,
            exposure_minor=owed - held,
            held_minor=held,
            uncovered_minor=uncovered,
            overage_minor=overage_minor(
                limit_minor=limit, exposure_minor=owed - held, uncovered_minor=uncovered
            ),
            approved_minor=integer(override, "amountMinor") if override else 0,
        )

    async def ledger(
        self, by: Identity, account: Account, *, first: int, after: str | None
    ) -> Page[ExposureRow]:
        """Return a page of what was held and let go of, the latest first.

        Raises:
            RoleMissing: the person may not see credit.
            CustomerNotFound: there is no such customer whom the person may see.
            InputInvalid: `first` or `after` is wrong.
        """
        require(by, "credit.read")
        most, place = size(first), Place.read(after) if after is not None else None
        async with self._engine.pool.acquire() as connection:
            await self._currency(connection, by, account.customer_id)
            if place is None:
                rows = await connection.fetch(_LATEST, LEDGER, account.name, most + 1)
            else:
                at = place.of_entry()
                rows = await connection.fetch(_AFTER, LEDGER, account.name, most + 1, *at)
        found = [(Place(row["recorded_at"], row["place"]), row) for row in rows[:most]]
        return Page(
            rows=[
                (
                    at,
                    ExposureRow(
                        order_id=row["instance_id"],
                        order_number=row["number"],
                        kind=row["kind"],
                        amount_minor=row["amount"],
                        currency=account.currency,
                        recorded_at=row["recorded_at"],
                    ),
                )
                for at, row in found
            ],
            has_next=len(rows) > most,
            has_previous=after is not None,
        )

    async def count(self, by: Identity, account: Account) -> int:
        """Return how many rows the ledger has of a customer in one currency.

        Raises:
            RoleMissing, CustomerNotFound: see `ledger`.
        """
        require(by, "credit.read")
        async with self._engine.pool.acquire() as connection:
            await self._currency(connection, by, account.customer_id)
            found: int = await connection.fetchval(_COUNT, LEDGER, account.name)
        return found

    async def _currency(self, connection: Connection, by: Identity, customer_id: str) -> str:
        own: str | None = await connection.fetchval(_CURRENCY, customer_id)
        if own is None or not by.sees(customer_id):
            raise CustomerNotFound(f"no customer {customer_id!r}", values={"id": customer_id})
        return own


_CURRENCY = "select currency from orderwright.customer where id = $1"
_ACCOUNTS = """
select account from orderwright.balance where ledger = $1 and account = any($2::text[])
"""
_COUNT = "select count(*) from orderwright.ledger_entry where ledger = $1 and account = $2"
_ROWS = """
select e.instance_id, so.number, e.data::jsonb->>'kind' as kind, e.amount, e.recorded_at,
       e.instance_id || '/' || e.version || '/' || e.n as place
from orderwright.ledger_entry e join orderwright.sale_order so on so.id = e.instance_id
where e.ledger = $1 and e.account = $2 {}
order by e.recorded_at desc, e.instance_id desc, e.version desc, e.n desc
limit $3
"""
_LATEST = _ROWS.format("")
_AFTER = _ROWS.format("and (e.recorded_at, e.instance_id, e.version, e.n) < ($4, $5, $6, $7)")
