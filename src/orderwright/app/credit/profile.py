"""Making the instance that keeps a customer's profile, from what the customer's record says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from orderwright.app.credit.account import Account, profiles
from orderwright.app.records import CustomerNotFound
from orderwright.domain.orders.credit_profile import context_of
from orderwright.runtime.command import Create

if TYPE_CHECKING:
    from orderwright.domain.orders.credit import Profile
    from orderwright.runtime.command import Cause
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection


async def ensure_profile(
    engine: Engine, connection: Connection, account: Account, cause: Cause
) -> None:
    """Make the profile unless it is there, in the caller's transaction, which has locked it.

    Raises:
        CustomerNotFound: there is no such customer.
    """
    found = (await profiles(connection, [account], lock=False)).get(account)
    if found is None:
        values = {"field": "customerId", "value": account.customer_id}
        raise CustomerNotFound(f"no customer {account.customer_id!r}", values=values)
    if await engine.read(account.profile_id, connection=connection) is None:
        await engine.carry_out(
            Create(
                chart_id="credit",
                instance_id=account.profile_id,
                root_id=account.profile_id,
                context={"customerId": account.customer_id, **context_of(_opening(found))},
                cause=replace(cause, idempotency_key=None, reason=None),
            ),
            connection=connection,
        )


def _opening(record: Profile) -> Profile:
    """A record without a limit becomes a profile without a custom one, so that sales can earn some."""
    return replace(record, custom_limit_minor=record.custom_limit_minor or None)
