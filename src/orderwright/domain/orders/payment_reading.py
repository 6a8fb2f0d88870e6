"""What the context and the events of a payment say, in minor units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orderwright.domain.reading import Json, integer, mapping, rows, text
from orderwright.errors import InputInvalid
from orderwright.money import Money
from orderwright.statechart import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the money of a payment is, in minor units."""

    captured: int = 0
    refunded: int = 0
    charged_back: int = 0

    @property
    def remaining(self) -> int:
        """What is still with us."""
        return max(self.captured - self.refunded - self.charged_back, 0)


def standing_of(context: Mapping[str, Json]) -> Standing:
    """Return where the money of a payment is, as it was told last."""
    return Standing(
        captured=integer(context, "amountMinor") if context["isCaptured"] is True else 0,
        refunded=integer(context, "refundedMinor"),
        charged_back=integer(context, "chargedBackMinor"),
    )


def entry_of(value: Json) -> Mapping[str, Json]:
    """Read an entry of what is remembered; empty where there is none."""
    return mapping({"entry": value}, "entry")


def reported_refunds_minor(context: Mapping[str, Json]) -> int:
    """Return the sum of the refunds that the provider has reported, in minor units."""
    reported = mapping(context, "reportedRefunds")
    return sum(integer(reported, refund) for refund in reported)


def refunded_minor(context: Mapping[str, Json]) -> int:
    """Return what has gone back in all, in minor units, by our refunds and those that the provider has reported.

    What was reported before a refund of ours was made is another: neither it nor any of ours after it may hide there.
    """
    ours = [entry_of(one) for one in mapping(context, "refunds").values()]
    return _in_all(ours, reported_refunds_minor(context))


def charged_back_minor(context: Mapping[str, Json]) -> int:
    """Return what is charged back and was not reversed, in minor units, by people's word and the provider's.

    The two are taken together as those on refunds are. A reversal is always the provider's.
    """
    entries = [entry_of(one) for one in mapping(context, "chargebacks").values()]
    ours = [one for one in entries if _is_ours(one)]
    reversed_ = sum(_amount(one) for one in entries if one["isReversed"] is True)
    return _in_all(ours, reported_chargebacks_minor(context)) - reversed_


def reported_chargebacks_minor(context: Mapping[str, Json]) -> int:
    """Return the sum of the chargebacks that the provider has reported, in minor units, reversed or not."""
    entries = [entry_of(one) for one in mapping(context, "chargebacks").values()]
    return sum(_amount(one) for one in entries if not _is_ours(one))


def _in_all(ours: Sequence[Mapping[str, Json]], reported: int) -> int:
    sums = [
        before + sum(_amount(one) for one in ours if _reported_before(one) >= before)
        for before in {_reported_before(one) for one in ours}
    ]
    return max([reported, *sums])


def _is_ours(chargeback: Mapping[str, Json]) -> bool:
    """Tell people's word from the provider's; of before they were told apart, all count as the provider's."""
    return "reportedMinor" in chargeback


def _amount(entry: Mapping[str, Json]) -> int:
    return integer(entry, "amountMinor")


def _reported_before(entry: Mapping[str, Json]) -> int:
    """Return what the provider had reported in all when an entry of ours was made; old refunds do not say it."""
    return integer({"reportedMinor": 0, **entry}, "reportedMinor")


def registered(context: Mapping[str, Json]) -> tuple[int, str]:
    """Return the amount in minor units and the currency that the payment is of."""
    return integer(context, "amountMinor"), text(context, "currency")


def reported(scope: Scope) -> tuple[int, str]:
    """Return the amount in minor units and the currency that the provider speaks of."""
    return integer(scope.data, "amountMinor"), text(scope.data, "currency")


def amount_of(scope: Scope) -> Money:
    """Return the amount of the event.

    Raises:
        InputInvalid: it is no exact amount of the currency.
    """
    return _money(scope, scope.data)


def line_minor(scope: Scope, line: Mapping[str, Json]) -> int:
    """Return the amount of a line of a refund, in minor units.

    Raises:
        InputInvalid: it is no exact amount of the currency.
    """
    return _money(scope, line).minor


def lines_minor(scope: Scope) -> int:
    """Return what the lines of a refund add up to, in minor units."""
    return sum(line_minor(scope, line) for line in lines_of(scope))


def lines_of(scope: Scope) -> list[Mapping[str, Json]]:
    """Return the lines of a refund; none where it is for the sale."""
    return rows(scope.data, "lines") if "lines" in scope.data else []


def _money(scope: Scope, source: Mapping[str, Json]) -> Money:
    amount = source["amount"]
    if not isinstance(amount, str):
        raise InputInvalid("amount", amount, "a decimal string in major units")
    return Money.parse(amount, text(scope.context, "currency"))
