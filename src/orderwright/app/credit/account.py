"""Credit is kept for each customer and currency: the exposure as a balance, the profile as an instance.

The exposure is the balance of the account `<customer>/<currency>` in the ledger `credit`. The profile is the context
of an instance of the chart `credit`; until there is one, it is what the customer's record says: a custom limit in
the customer's own currency, or nothing.

Locks are taken in one order: sales, then balances, then profiles. A sale's step locks its balance, and its profile
against change. Whoever changes profiles holds no sale, and locks them in the order of their ids; where a profile is
still to be made there is nothing to lock, so that its balance is locked instead, before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from orderwright.domain.orders.credit import Profile
from orderwright.domain.orders.credit_profile import profile_of
from orderwright.domain.orders.exposure import LEDGER
from orderwright.domain.reading import integer, mapping, text
from orderwright.json_text import load
from orderwright.runtime.identity import derived_id
from orderwright.runtime.instance import hold
from orderwright.runtime.ledger import Booking, balances

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.runtime.pool import Connection


class Account(NamedTuple):
    """Whose credit, in which currency."""

    customer_id: str
    currency: str

    @property
    def name(self) -> str:
        """The account in the ledger."""
        return f"{self.customer_id}/{self.currency}"

    @property
    def profile_id(self) -> str:
        """The instance that keeps the profile."""
        return derived_id(f"credit/{self.name}")


def read_booking(data: Mapping[str, object]) -> Booking:
    """Read a row of the ledger; nobody ever holds less than nothing."""
    account = Account(text(data, "customerId"), text(data, "currency"))
    return Booking(account=account.name, amount=integer(data, "amountMinor"), floor=0)


async def exposures(
    connection: Connection, accounts: Iterable[Account], *, lock: bool
) -> dict[Account, int]:
    """Return what customers owe on credit, in minor units; with `lock` it stays so until the transaction ends."""
    wanted = set(accounts)
    found = await balances(connection, LEDGER, [one.name for one in wanted], lock=lock)
    return {one: found[one.name] for one in wanted}


async def profiles(
    connection: Connection, accounts: Iterable[Account], *, lock: bool
) -> dict[Account, Profile]:
    """Return the profiles of customers; who is no customer is left out. With `lock` nobody changes them meanwhile."""
    wanted = sorted(set(accounts), key=attrgetter("profile_id"))
    ids, customers = [one.profile_id for one in wanted], [one.customer_id for one in wanted]
    query = _PROFILES_LOCKED if lock else _PROFILES
    rows = {row[0]: row for row in await connection.fetch(query, ids, customers)}
    found = {one: _profile(one, rows.get(one.profile_id)) for one in wanted}
    return {one: profile for one, profile in found.items() if profile}


async def lock_profiles(connection: Connection, accounts: Iterable[Account]) -> None:
    """Lock profiles for a change; see above for the order."""
    ids = {one.profile_id: one for one in accounts}
    there = {row["instance_id"] for row in await connection.fetch(_THERE, list(ids))}
    missing = [one for profile_id, one in ids.items() if profile_id not in there]
    if missing:
        await exposures(connection, missing, lock=True)
    await hold(connection, ids)


def _profile(account: Account, row: Record | None) -> Profile | None:
    """Read a profile; without one the limit is what the customer's record says of this currency, else 0."""
    if row is None:
        return None
    _, snapshot, currency, limit_minor = row
    if snapshot is not None:
        return profile_of(mapping(load(snapshot), "context"))
    carried = limit_minor if account.currency == currency else 0
    return Profile(currency=account.currency, custom_limit_minor=carried)


_THERE = "select instance_id from orderwright.instance where instance_id = any($1::text[])"
_READ = """
select asked.profile_id, i.snapshot, c.currency, c.credit_limit_minor
from unnest($1::text[], $2::text[]) as asked (profile_id, customer_id)
left join lateral (
    select snapshot from orderwright.instance where instance_id = asked.profile_id {}) as i on true
left join orderwright.customer as c on c.id = asked.customer_id
where i.snapshot is not null or c.id is not null
"""
_PROFILES, _PROFILES_LOCKED = _READ.format("offset 0"), _READ.format("for share")
