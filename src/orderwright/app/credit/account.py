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
from typing import TYPE_CHECKING, NamedTuple

from orderwright.domain.orders.credit import Profile
from orderwright.domain.orders.credit_profile import profile_of
from orderwright.domain.orders.exposure import LEDGER
from orderwright.domain.reading import integer, mapping, text
from orderwright.json_text import load
from orderwright.runtime.identity import derived_id
from orderwright.runtime.ledger import Booking, balances

if TYPE_CHECKING:
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
    wanted = sorted(set(accounts))
    ids = {one.profile_id: one for one in wanted}
    rows = await connection.fetch(_PROFILES + (" for share" if lock else ""), list(ids))
    found = {ids[row["instance_id"]]: _profile(row["snapshot"]) for row in rows}
    missing = [one for one in wanted if one not in found]
    return found | await _openings(connection, missing)


async def lock_profiles(connection: Connection, accounts: Iterable[Account]) -> None:
    """Lock profiles for a change; see above for the order."""
    ids = {one.profile_id: one for one in accounts}
    there = {row["instance_id"] for row in await connection.fetch(_THERE, list(ids))}
    missing = [one for profile_id, one in ids.items() if profile_id not in there]
    if missing:
        await exposures(connection, missing, lock=True)
    await connection.execute(_PROFILES + " for update", list(ids))


async def _openings(connection: Connection, accounts: Iterable[Account]) -> dict[Account, Profile]:
    wanted = list(accounts)
    if not wanted:
        return {}
    rows = await connection.fetch(_CUSTOMERS, [one.customer_id for one in wanted])
    limits = {row["id"]: (row["currency"], row["credit_limit_minor"]) for row in rows}
    return {
        one: Profile(currency=one.currency, custom_limit_minor=_carried(one, *limits[one[0]]))
        for one in wanted
        if one.customer_id in limits
    }


def _carried(account: Account, currency: str, limit_minor: int) -> int:
    """Without a profile the limit is what the customer's record says of this currency, else 0."""
    return limit_minor if account.currency == currency else 0


def _profile(snapshot: str) -> Profile:
    return profile_of(mapping(load(snapshot), "context"))


_THERE = "select instance_id from orderwright.instance where instance_id = any($1::text[])"
_PROFILES = """
select instance_id, snapshot from orderwright.instance where instance_id = any($1::text[]) order by instance_id
"""
_CUSTOMERS = """
select id, currency, credit_limit_minor from orderwright.customer where id = any($1::text[])
"""
