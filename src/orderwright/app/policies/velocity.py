"""What a user, a wallet or a country has come to within a window: the figures behind velocities and thresholds.

A velocity is as of the event: what happened within the window before it, and the event itself. A threshold is as of
the latest event that is known and not of the future, whatever the order in which they come, so that events that arrive
late or race each other cross a line once and not never.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from orderwright.condition import Json, Mistyped
from orderwright.domain.trigger import VELOCITIES
from orderwright.json_text import canonical
from orderwright.money import Money
from orderwright.policy.trigger import KEY_FACTS
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.policy import Threshold

SPANS: Final[Mapping[str, timedelta]] = {
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """An event as velocities count it; what it does not say is None.

    Attributes:
        users: every id that its user goes by: who registers has events as a customer, or as a host called them.
    """

    trigger: str
    user: str | None
    users: tuple[str, ...] = ()
    wallet: str | None
    country: str | None
    amount: Money | None
    occurred_at: datetime

    def key(self, name: str) -> str | None:
        """Return the value of a key."""
        return {"user": self.user, "wallet": self.wallet, "country": self.country}[name]

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value that a key goes by."""
        value = self.key(name)
        return self.users if name == "user" else () if value is None else (value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be counted and added up, without the event at hand.

    Attributes:
        name: under which the answer comes.
        trigger: whose events.
        key, value: of which user, wallet or country.
        currency: of the amounts that are added up.
        span: for how long back.
        is_latest: from the latest event that is known, or from the one at hand.
    """

    name: str
    trigger: str
    key: str
    value: str
    currency: str | None
    span: timedelta
    is_latest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An answer: how many, how much in minor units, and the moment up to which was looked.

    Attributes:
        is_whole: whether every amount is known; else `minor` is what is known of the sum.
    """

    count: int
    minor: int
    until: datetime
    is_whole: bool = True


def velocity_questions(paths: Iterable[str], event: Counted) -> list[Question]:
    """Return what is to be asked for the velocities among some facts; what the event does not say is not asked."""
    found = []
    for path in sorted(VELOCITIES.keys() & set(paths)):
        _, trigger, _, key, window = path.split(".")
        value = event.key(key)
        if value is not None:
            currency = event.amount.currency if event.amount else None
            question = Question(
                name=path,
                trigger=trigger,
                key=key,
                value=value,
                currency=currency,
                span=SPANS[window],
            )
            found.append(question)
    return found


def threshold_name(threshold: Threshold) -> str:
    """Return the name of a threshold, the same for all policies that wait for it; crossings are told apart by it."""
    return derived_id(f"threshold/{canonical(threshold.to_json())}")


def threshold_question(name: str, threshold: Threshold, event: Counted) -> Question | None:
    """Return what is to be asked for a threshold; None where the event does not say whose it is."""
    value = event.key(threshold.key)
    if value is None:
        return None
    line = threshold.threshold
    return Question(
        name=name,
        trigger=threshold.of,
        key=threshold.key,
        value=value,
        currency=line.currency if isinstance(line, Money) else None,
        span=SPANS[threshold.window],
        is_latest=True,
    )


def velocities(
    questions: Iterable[Question],
    figures: Mapping[str, Figure],
    event: Counted,
    *,
    counted_at: datetime | None = None,
) -> dict[str, Json]:
    """Return velocities as facts, the event at hand included; a sum is in the currency of the event.

    An event that has been counted already, at `counted_at`, is not added where it is within the window. A sum of which
    an amount is not known is left out: `unsummed` has it.
    """
    found: dict[str, Json] = {}
    for question in questions:
        figure = figures[question.name]
        is_in = (
            counted_at is not None and figure.until - question.span < counted_at <= figure.until
        )
        own = question.trigger == event.trigger and not is_in
        if not _is_sum(question):
            found[question.name] = figure.count + own
        elif event.amount is not None and figure.is_whole:
            minor = figure.minor + (event.amount.minor if own else 0)
            found[question.name] = Money(minor, event.amount.currency)
    return found


def unsummed(questions: Iterable[Question], figures: Mapping[str, Figure]) -> dict[str, Mistyped]:
    """Return the sums of which an amount is not known: one that was mistyped, or that nobody told."""
    return {
        one.name: _UNSUMMED for one in questions if _is_sum(one) and not figures[one.name].is_whole
    }


def _is_sum(question: Question) -> bool:
    return question.name.split(".")[2] == "sum"


_UNSUMMED: Final = Mistyped("an amount that it adds up is not known")


def crossing(threshold: Threshold, figure: Figure, event: Counted) -> Json | None:
    """Return what an event has brought a threshold's figure to, where that crosses the line upwards; else None.

    The figure cannot be read where an amount is not known: that of the event, so that it may cross the line, or an
    earlier one, where what is known of the sum crosses it.
    """
    if event.occurred_at <= figure.until - SPANS[threshold.window]:
        return None
    if threshold.aggregate == "count":
        before, after = figure.count, figure.count + 1
        return after if threshold.is_crossed(before, after) else None
    amount, line = event.amount, threshold.threshold
    if amount is None:
        is_over = isinstance(line, Money) and figure.minor >= line.minor
        return None if is_over else _UNSUMMED
    total = Money(figure.minor, amount.currency)
    if not threshold.is_crossed(total, total + amount):
        return None
    return total + amount if figure.is_whole else _UNSUMMED


def unowned(
    threshold: Threshold, event: Counted, mistyped: Mapping[str, Mistyped]
) -> Mistyped | None:
    """Return a threshold's figure where nobody can read whose an event is, so that it may cross the line; else None.

    An amount of another currency crosses none. An event that says nothing of whose it is is nobody's.
    """
    line, amount = threshold.threshold, event.amount
    if isinstance(line, Money) and amount is not None and amount.currency != line.currency:
        return None
    wrong = [name for name in KEY_FACTS[threshold.key] if name in mistyped]
    if not wrong or event.key(threshold.key) is not None:
        return None
    return Mistyped(f"it follows from {wrong[0]}: {mistyped[wrong[0]].reason}")
