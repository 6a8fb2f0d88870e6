"""What is locked, in which order, by whoever takes several sales in one transaction and may come to credit.

    1. the sales, in the order of their ids
    2. the balances of credit that their steps may read or change, in the order of their accounts
    3. the profiles of these, in the order of their ids

The step of a single sale goes the same way. Who came to the credit of one customer in a first step, and to that of
another in a second, would wait for somebody who waits for them; so all of it is locked before the first step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from orderwright.app.credit.account import Account, exposures, profiles
from orderwright.domain.orders.exposure import concerns_credit
from orderwright.domain.reading import mapping, text
from orderwright.json_text import load
from orderwright.runtime.instance import hold_snapshots

if TYPE_CHECKING:
    from orderwright.domain.orders.credit import Profile
    from orderwright.runtime.pool import Connection


class Held(NamedTuple):
    """What is locked: the contexts of sales by id, and of the customers concerned what they owe and their profiles."""

    sales: Mapping[str, Mapping[str, object]]
    exposures: Mapping[Account, int]
    profiles: Mapping[Account, Profile]


async def hold_sales(
    connection: Connection, sale_ids: Iterable[str], *, refunded: Collection[str] = ()
) -> Held:
    """Lock sales, and the credit that they may turn on as they stand then, until the transaction ends.

    Args:
        connection: in a transaction that has locked no balance yet.
        sale_ids: the sales that will get events.
        refunded: those from which money goes back: what of it was delivered is owed again, on whatever terms.
    """
    snapshots = await hold_snapshots(connection, sale_ids)
    sales = {one: mapping(load(snapshot), "context") for one, snapshot in snapshots.items()}
    return await hold_credit(connection, sales, refunded=refunded)


async def hold_credit(
    connection: Connection,
    sales: Mapping[str, Mapping[str, object]],
    *,
    refunded: Collection[str] = (),
) -> Held:
    """Lock the credit that sales may turn on, which are locked already; see `hold_sales`."""
    accounts = {
        account_of(context)
        for one, context in sales.items()
        if concerns_credit(context, is_refunded=one in refunded)
    }
    if not accounts:
        return Held(sales, {}, {})
    owed = await exposures(connection, accounts, lock=True)
    return Held(sales, owed, await profiles(connection, accounts, lock=True))


def account_of(context: Mapping[str, object]) -> Account:
    """Return whose credit a sale may turn on."""
    return Account(text(context, "customerId"), text(context, "currency"))
