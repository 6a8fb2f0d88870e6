"""Facts that nobody tells: they follow from what is known of the user, the wallet and the order.

What a host tells by the name of such a fact goes before what would follow, unless the entity or the user lives here.
What cannot be known is not there, so that policies that read it do not know either; nor is it empty where what it
follows from was told, and mistyped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.key import as_key
from orderwright.app.policies.velocity import Counted
from orderwright.condition import Json, Mistyped
from orderwright.domain.trigger import VELOCITIES
from orderwright.money import Money
from orderwright.policy.trigger import KEY_FACTS

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.app.policies.asking import Answers
    from orderwright.app.policies.scene import User

_HOUR: Final = timedelta(hours=1)


def counted(trigger: str, facts: Mapping[str, Json], user: User, at: datetime) -> Counted:
    """Return an event as velocities count it: by its own country, else by that of the user, each as a key.

    A user and the customer that they buy as are one: what either has done counts for the user, whenever they
    registered. An amount below zero adds nothing: it would lower a sum, and have one line crossed twice.
    """
    amount = facts.get("amount")
    if isinstance(amount, Money):
        amount = Money(max(amount.minor, 0), amount.currency)
    said = {key: _said(facts, key) for key in KEY_FACTS}
    ids = (user.id, user.customer_id, said["user"])
    return Counted(
        trigger=trigger,
        user=_key(user.id or said["user"]),
        users=tuple(sorted({as_key(one) for one in ids if one})),
        wallet=_key(said["wallet"]),
        country=_key(said["country"] or user.country),
        amount=amount if isinstance(amount, Money) else None,
        occurred_at=at,
    )


def not_added(facts: Mapping[str, Json]) -> tuple[str, ...]:
    """Return what is flagged of an amount that adds nothing to any sum."""
    amount = facts.get("amount")
    is_below = isinstance(amount, Money) and amount.minor < 0
    return ("amount: below zero, and not added up",) if is_below else ()


def derived(
    facts: Mapping[str, Json], user: User, answers: Answers, at: datetime
) -> dict[str, Json]:
    """Return the facts that follow, as far as they are known; velocities come by themselves."""
    found = {name: rule(facts, user, at) for name, rule in _OF_USER.items()}
    due = facts.get("expectedAmount", answers.due)
    found.update(
        {
            "hour": at.astimezone(UTC).hour,
            "expectedAmount": due,
            "receivedAmount": facts.get("receivedAmount", facts.get("amount")),
            "amountMismatch": _is_mismatch(facts, due),
            "isFirstOrder": None if answers.has_ordered is None else not answers.has_ordered,
            "walletAgeHours": _whole(answers.wallet_added_at, at, _HOUR),
            "submissions": None if answers.submissions is None else answers.submissions + 1,
        }
    )
    return {name: value for name, value in found.items() if value is not None}


def unreadable(
    paths: Iterable[str], facts: Mapping[str, Json], mistyped: Mapping[str, Mistyped]
) -> dict[str, Mistyped]:
    """Return what counts as mistyped: what is, and of some facts those that would follow from it and do not."""
    found = dict(mistyped)
    for path in set(paths) - facts.keys() - mistyped.keys() if mistyped else ():
        source = next((one for one in sources(path) if one in mistyped), None)
        if source is not None:
            found[path] = Mistyped(f"it follows from {source}: {mistyped[source].reason}")
    return found


def sources(path: str) -> tuple[str, ...]:
    """Return the facts of an event that a fact follows from."""
    if path not in VELOCITIES:
        return _SOURCES.get(path, ())
    _, _, aggregate, key, _ = path.split(".")
    return (*KEY_FACTS[key], *(("amount",) if aggregate == "sum" else ()))


_SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "user.country": ("userId", "country"),
    "user.emailDomain": ("userId", "email"),
    "user.registeredDays": ("userId", "email"),
    "user.kycApproved": ("userId",),
    "senderIsUser": ("userId", "senderName"),
    "expectedAmount": ("orderId",),
    "receivedAmount": ("amount",),
    "amountMismatch": ("amount", "receivedAmount", "expectedAmount", "orderId"),
    "isFirstOrder": ("userId",),
    "walletAgeHours": ("userId", *KEY_FACTS["wallet"]),
    "submissions": ("userId",),
}


def _country(facts: Mapping[str, Json], user: User, _: datetime) -> Json:
    """Return the country of a user; one that registers at this moment brings it along."""
    return user.country or (facts.get("country") if "email" in facts else None)


def _domain(facts: Mapping[str, Json], user: User, _: datetime) -> Json:
    mail = user.email or _text(facts, "email")
    domain = mail.rpartition("@")[2] if mail and "@" in mail else ""
    return domain.lower() or None


def _registered_days(facts: Mapping[str, Json], user: User, at: datetime) -> Json:
    registers = "email" in facts and user.registered_at is None
    return 0 if registers else _whole(user.registered_at, at, timedelta(days=1))


def _kyc_approved(_facts: Mapping[str, Json], user: User, _at: datetime) -> Json:
    return user.is_kyc_approved


def _sender_is_user(facts: Mapping[str, Json], user: User, _: datetime) -> Json:
    sender = _text(facts, "senderName")
    return None if sender is None or user.name is None else _plain(sender) == _plain(user.name)


_OF_USER: Final[Mapping[str, Callable[[Mapping[str, Json], User, datetime], Json]]] = {
    "user.country": _country,
    "user.emailDomain": _domain,
    "user.registeredDays": _registered_days,
    "user.kycApproved": _kyc_approved,
    "senderIsUser": _sender_is_user,
}


OF_USER: Final = frozenset(_OF_USER)
"""The facts that follow from a user; of one who lives here they are as they are here, whatever is told."""
DERIVED: Final = OF_USER | {
    "hour",
    "expectedAmount",
    "receivedAmount",
    "amountMismatch",
    "isFirstOrder",
    "walletAgeHours",
    "submissions",
}
"""The facts that follow, beside velocities."""


def _plain(name: str) -> str:
    """Return a name without what people write in different ways: case and spaces."""
    return " ".join(name.casefold().split())


def _whole(since: datetime | None, at: datetime, unit: timedelta) -> int | None:
    """Return whole units that have passed; what comes a moment after it was seen has passed none."""
    return None if since is None else max((at - since) // unit, 0)


def _is_mismatch(facts: Mapping[str, Json], due: Json) -> bool | None:
    """Whether money is another than expected; what comes in parts is so once there is more, for the rest may come."""
    total = facts.get("receivedAmount")
    amount = facts.get("amount") if total is None else total
    if not isinstance(amount, Money) or not isinstance(due, Money):
        return None
    is_part = total is not None and amount.currency == due.currency
    return amount.minor > due.minor if is_part else amount != due


def _said(facts: Mapping[str, Json], key: str) -> str | None:
    """Return what an event itself says of whose it is, by a key of velocities."""
    return next((one for name in KEY_FACTS[key] if (one := _text(facts, name))), None)


def _key(text: str | None) -> str | None:
    return None if text is None else as_key(text)


def _text(facts: Mapping[str, Json], name: str) -> str | None:
    value = facts.get(name)
    return value if isinstance(value, str) and value else None
