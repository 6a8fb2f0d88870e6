"""What the sale chart knows of its customer's credit when it decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from orderwright.app.credit.account import Account, exposures, profiles
from orderwright.domain.orders.exposure import LEDGER
from orderwright.domain.reading import integer
from orderwright.runtime.fact import FactRequest, SharedFact
from orderwright.runtime.ledger import balance_name

if TYPE_CHECKING:
    from orderwright.app.live_settings import LiveSettings
    from orderwright.domain.orders.credit import Profile, Rule
    from orderwright.runtime.pool import Connection


def credit_fact(settings: LiveSettings) -> SharedFact:
    """Return the loader of the fact `credit`.

    Its value holds `limitMinor` and, without what this sale holds itself, `exposureMinor`; tier and earned limit for
    those who read the log. It is unknown where there is no such customer.
    """

    async def load(
        connection: Connection, asked: Sequence[FactRequest]
    ) -> Sequence[object | None]:
        accounts = [_account(one) for one in asked]
        named = {one for one in accounts if one}
        if not named:
            return [None] * len(asked)
        rule = (await settings.current(connection)).credit_limit_rule
        lock = asked[0].lock
        owed = await exposures(connection, named, lock=lock)
        known = await profiles(connection, named, lock=lock)
        return [
            _value(known[account], rule, owed[account] - _held(one)) if account in known else None
            for account, one in zip(accounts, asked, strict=True)
        ]

    return SharedFact(load=load, balances=_balances, moved=_moved)


def _value(profile: Profile, rule: Rule, exposure_minor: int) -> dict[str, object]:
    return {
        "limitMinor": profile.limit_minor(rule),
        "exposureMinor": exposure_minor,
        "tier": profile.tier.value,
        "earnedMinor": profile.earned_minor,
    }


def _moved(value: object, _: str, change_minor: int) -> object:
    """What others of the customer's sales have come to hold, in the same transaction, is exposure to this one."""
    if not isinstance(value, Mapping):
        raise TypeError(f"expected a credit fact, found {value!r}")
    return {**value, "exposureMinor": integer(value, "exposureMinor") + change_minor}


def _balances(asked: FactRequest) -> Sequence[str]:
    account = _account(asked)
    return () if account is None else (balance_name(LEDGER, account.name),)


def _account(asked: FactRequest) -> Account | None:
    context = asked.snapshot.context if asked.snapshot else {}
    customer, currency = context.get("customerId"), context.get("currency")
    return Account(str(customer), str(currency)) if customer and currency else None


def _held(asked: FactRequest) -> int:
    return integer(asked.snapshot.context, "creditHeldMinor") if asked.snapshot else 0
