"""The behaviour of the fulfilment chart: what cannot be taken back needs a cleared sale; deliveries are limited.

what is reserved, and waited for     `allocation`
what goes out, and comes back        here
what the customer returns            `returns`
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from orderwright.domain.orders import inventory
from orderwright.domain.orders.allocation import (
    allocate,
    call_off,
    has_no_goods,
    has_no_services,
    is_handed_over,
    let_go,
    part_locations,
    split,
    stock_is_known,
    who,
)
from orderwright.domain.orders.goods_line import (
    asked_quantities,
    cut_lines,
    cut_taken,
    lines_of,
    quantities,
)
from orderwright.domain.orders.inventory import Taken, taken_of
from orderwright.domain.orders.returns import (
    accept_return,
    ask_return,
    conditions_fit,
    drop_return,
    leaves_goods_out,
    lines_are_returnable,
    receive_return,
    reject_return,
    return_is_meant,
    returned_goods_are_free,
)
from orderwright.domain.reading import (
    Json,
    integer,
    mapping,
    milliseconds_until,
    moment,
    rows,
    text,
)
from orderwright.statechart import Behaviour, Outcome, Scope, Verdict

CLEARED: Final = "CLEARED_FOR_FULFILMENT"


def sale_is_cleared(scope: Scope) -> Verdict:
    """The sale is cleared at this moment; the fact is read under the order's lock."""
    fact = mapping(scope.facts, "sale")
    if not fact:
        return Verdict(None, "sale.unknown", "the sale is not known", {"missing": ["facts.sale"]})
    state = fact["state"]
    message = f"the sale is not cleared for fulfilment; it is {fact.get('label', state)}"
    lifted_by = "COMPLIANCE" if state == "FROZEN" else "ACCOUNTANT"
    return Verdict(
        state == CLEARED, "sale.not_cleared", message, {"state": state}, (lifted_by, "MANAGER")
    )


def lines_can_ship(scope: Scope) -> Verdict:
    """The lines that are to be shipped are here, each named once and with no more pieces than it has."""
    asked, here = asked_quantities(scope.data), quantities(lines_of(scope.context))
    named = asked or {}
    is_right = all(count <= here.get(number, 0) for number, count in named.items())
    repeated = asked is not None and len(rows(scope.data, "lines")) != len(named)
    values = {"asked": _shown(named), "here": _shown(here)}
    message = "more is to be shipped than this fulfilment has"
    return Verdict(is_right and not repeated, "fulfilment.lines_not_here", message, values)


def _shown(counts: Mapping[int, int]) -> dict[str, Json]:
    return {str(number): count for number, count in counts.items()}


def ship(scope: Scope) -> Outcome:
    """Take the shipped pieces off the shelf; the rest goes on in another fulfilment, with what is reserved for it."""
    context, taken = scope.context, taken_of(scope.context)
    wanted = asked_quantities(scope.data) or quantities(lines_of(context))
    lines, rest = cut_lines(lines_of(context), wanted)
    shipped, kept = cut_taken(taken, wanted)
    parts = [split(context, rest, kept)] if rest else []
    assign = {"lines": [line.to_json() for line in lines], "taken": []}
    return Outcome(assign, effects=[*inventory.issue(shipped, who(context)), *parts])


def has_attempts_left(scope: Scope) -> bool:
    """Another delivery may be tried after this one failed."""
    made = integer(scope.context, "deliveryAttempts") + 1
    return made < integer(scope.context, "deliveryAttemptLimit")


def count_attempt(scope: Scope) -> Outcome:
    """Count a failed delivery."""
    return Outcome({"deliveryAttempts": integer(scope.context, "deliveryAttempts") + 1})


def bring_back(scope: Scope) -> Outcome:
    """Put what could not be delivered back on the shelf, reserved as before."""
    came = _out(scope)
    effects = inventory.back(came, who(scope.context), given_up=False)
    return Outcome({"taken": [one.to_json() for one in came]}, effects=effects)


def give_up(scope: Scope) -> Outcome:
    """Put what could not be delivered back on the shelf, for anybody."""
    return Outcome(effects=inventory.back(_out(scope), who(scope.context), given_up=True))


def _out(scope: Scope) -> list[Taken]:
    """Return what was shipped, with the shelf that it came from; what came from no shelf goes back to none."""
    if scope.context["location"] is None:
        return []
    location = text(scope.context, "location")
    return [
        Taken(line_no=one.line_no, sku=one.sku, location=location, quantity=one.quantity)
        for one in lines_of(scope.context)
    ]


def return_window(scope: Scope) -> int | None:
    """Milliseconds to the end of the return window, counted from the delivery, however often it is re-entered."""
    delivered = moment(scope.context, "deliveredAt") or scope.now
    ends = delivered + timedelta(days=integer(scope.context, "returnWindowDays"))
    return milliseconds_until(ends, scope.now)


BEHAVIOUR: Final = Behaviour(
    guards={
        guard.__name__: guard
        for guard in (
            is_handed_over,
            stock_is_known,
            has_no_services,
            has_no_goods,
            sale_is_cleared,
            lines_can_ship,
            has_attempts_left,
            lines_are_returnable,
            return_is_meant,
            conditions_fit,
            leaves_goods_out,
            returned_goods_are_free,
        )
    },
    actions={
        action.__name__: action
        for action in (
            allocate,
            part_locations,
            call_off,
            let_go,
            ship,
            count_attempt,
            bring_back,
            give_up,
            ask_return,
            receive_return,
            reject_return,
            accept_return,
            drop_return,
        )
    },
    delays={"return_window": return_window},
)
