"""What people may ask of credit; every door comes through here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.app.credit.account import Account, lock_profiles
from orderwright.app.credit.profile import ensure_profile
from orderwright.app.credit.reactions import CREDIT
from orderwright.app.credit.recheck import recheck
from orderwright.app.permissions import require
from orderwright.app.records import require_customer
from orderwright.domain.orders.credit_profile import LARGEST_LIMIT_MINOR
from orderwright.errors import InputInvalid
from orderwright.money import CURRENCIES, Money, exponent
from orderwright.runtime.command import Cause, Send
from orderwright.runtime.observation import told_on_commit
from orderwright.runtime.once import is_replay
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.domain.orders.credit import Tier
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProfile:
    """What a profile is to be; the custom limit is a decimal string in major units, None for none."""

    account: Account
    tier: Tier
    custom_limit: str | None = None


class Credit:
    """Commands on credit profiles."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def set_profile(self, new: NewProfile, asked: Asked) -> Result:
        """Set tier and custom limit; the customer's sales are looked at again when that is known everywhere.

        Raises:
            RoleMissing, CustomerNotFound, InputInvalid, IdempotencyMismatch.
        """
        require(asked.by, "credit.set")
        account, data = new.account, _data(new)
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            await require_customer(connection, account.customer_id)
            await lock_profiles(connection, [account])
            await ensure_profile(self._engine, connection, account, asked.cause)
            return await self._engine.carry_out(
                Send(
                    instance_id=account.profile_id,
                    event=Event("SET_PROFILE", data),
                    cause=asked.cause,
                ),
                connection=connection,
            )

    async def refresh(self, customer_id: str, asked: Asked) -> int:
        """Have all sales of a customer look at their credit again; return how many did, none under a used key.

        Raises:
            RoleMissing, CustomerNotFound, IdempotencyMismatch.
        """
        require(asked.by, "credit.set")
        now, request = self._engine.clock.now(), ("credit.refresh", customer_id)
        reason = asked.reason or f"asked for by {asked.by.name}"
        cause = Cause(actor=CREDIT, reason=reason)
        accounts = {Account(customer_id, currency): cause for currency in CURRENCIES}
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            await require_customer(connection, customer_id)
            if await is_replay(connection, asked.key, request, at=now):
                return 0
            return await recheck(self._engine, connection, accounts, with_held=accounts, rule=None)


def _data(new: NewProfile) -> dict[str, object]:
    """Return the event's data.

    Raises:
        InputInvalid: there is no such currency, or the limit is no amount of it from zero up.
    """
    currency, given = new.account.currency, new.custom_limit
    exponent(currency)
    if given is None:
        return {"tier": new.tier.value}
    limit = Money.parse(given, currency, field="customLimit")
    if not 0 <= limit.minor <= LARGEST_LIMIT_MINOR:
        raise InputInvalid("customLimit", given, "an amount from zero that a balance can count")
    return {"tier": new.tier.value, "customLimit": limit.amount}
