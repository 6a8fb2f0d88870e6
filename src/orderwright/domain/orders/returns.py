"""Returns: what the customer sends back, from the wish to the refund.

People act on the fulfilment, which has one return open at a time and says what becomes of it by `return.requested`,
`return.received`, `return.rejected` and `return.refunded`. The return itself is an instance of its own, moved by
these.

    returned <= shipped, line by line; of a line the pieces come back in the order of their numbers
    sellable goods go back on hand when they arrive; where the return is rejected after that, they are the customer's
    again and leave the shelf, which is refused where they have been promised to others meanwhile
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from orderwright.domain.orders import inventory
from orderwright.domain.orders.allocation import who
from orderwright.domain.orders.goods_line import (
    GoodsLine,
    asked_quantities,
    lines_of,
    quantities,
    returned_of,
)
from orderwright.domain.orders.inventory import Taken
from orderwright.domain.reading import Json, integer, mapping, rows, text
from orderwright.statechart import Behaviour, Emit, Outcome, Scope, Verdict

SELLABLE: Final = "SELLABLE"
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "orderwright")


def return_id(fulfilment_id: str, number: int) -> str:
    """Return the id of the nth return of a fulfilment."""
    return str(uuid.uuid5(_NAMESPACE, f"return/{fulfilment_id}/{number}"))


# --- asking ---------------------------------------------------------------------------------------


def lines_are_returnable(scope: Scope) -> Verdict:
    """No more is to come back than was shipped and has not come back, each line named once."""
    left, asked = _left(scope.context), asked_quantities(scope.data)
    wanted = left if asked is None else asked
    fits = all(count <= left.get(number, 0) for number, count in wanted.items())
    repeated = asked is not None and len(rows(scope.data, "lines")) != len(asked)
    is_something = bool(wanted) or not rows(scope.context, "lines")
    values: Mapping[str, Json] = {"asked": _shown(wanted), "left": _shown(left)}
    message = "more is to be returned than is left with the customer"
    ok = fits and not repeated and is_something
    return Verdict(ok, "return.exceeds_shipped", message, values)


def ask_return(scope: Scope) -> Outcome:
    """Begin a return."""
    context, number = scope.context, integer(scope.context, "returns") + 1
    asked = asked_quantities(scope.data)
    wanted = _left(context) if asked is None else asked
    lines = [
        {"lineNo": one.line_no, "sku": one.sku, "quantity": wanted[one.line_no]}
        for one in lines_of(context)
        if wanted.get(one.line_no)
    ]
    begun = {
        "returnId": return_id(text(context, "fulfilmentId"), number),
        "reason": scope.data["reason"],
        "lines": lines,
    }
    told = Emit("return.requested", {**who(context), **begun})
    return Outcome({"returns": number, "return": begun}, effects=[told])


# --- which one is meant ---------------------------------------------------------------------------


def return_is_meant(scope: Scope) -> Verdict:
    """The return that is named, if one is, is the one that is open: a repeated word about another moves nothing."""
    context, asked = scope.context, text(_open(scope.context), "returnId")
    named = text(scope.data, "returnId") if "returnId" in scope.data else asked
    if named == asked:
        return Verdict(True)
    numbers, fulfilment = range(1, integer(context, "returns") + 1), text(context, "fulfilmentId")
    is_done = named in {return_id(fulfilment, number) for number in numbers}
    values = {"named": named, "open": asked}
    if is_done:
        message = f"return {named} is done already; it is the turn of return {asked}"
        return Verdict(False, "return.done", message, values)
    message = f"this fulfilment has no return {named}; the open one is {asked}"
    return Verdict(False, "return.not_here", message, values)


# --- receiving ------------------------------------------------------------------------------------


def conditions_fit(scope: Scope) -> Verdict:
    """Each line whose condition is told is one of the return, named once."""
    named = [integer(row, "lineNo") for row in _told_lines(scope)]
    known = {integer(row, "lineNo") for row in rows(_open(scope.context), "lines")}
    message = "a line is not one of the return"
    values = {"lines": sorted(set(named) - known)}
    return Verdict(
        set(named) <= known and len(set(named)) == len(named),
        "return.lines_unknown",
        message,
        values,
    )


def receive_return(scope: Scope) -> Outcome:
    """Note in which condition the goods are; what can be sold goes back on hand."""
    context, begun = scope.context, _open(scope.context)
    own = {integer(row, "lineNo"): row["condition"] for row in _told_lines(scope)}
    lines: list[Mapping[str, Json]] = [
        {**row, "condition": own.get(integer(row, "lineNo"), scope.data["condition"])}
        for row in rows(begun, "lines")
    ]
    arrived = {**begun, "lines": lines}
    told = Emit("return.received", {**_head(context), "lines": lines})
    back = inventory.put_back(_sellable(context, lines), _head(context))
    return Outcome({"return": arrived}, effects=[told, *back])


def returned_goods_are_free(scope: Scope) -> Verdict:
    """What of the return went back on hand is promised to nobody since, so that the customer can have it again."""
    context, wanted = scope.context, Counter[str]()
    for one in _sellable(context, rows(_open(context), "lines")):
        wanted[one.sku] += one.quantity
    if not wanted:
        return Verdict(True)
    if "stock" not in scope.facts:
        return Verdict(
            None, "stock.unknown", "the stock is not known", {"missing": ["facts.stock"]}
        )
    stock, location = inventory.stock_of(scope.facts), text(context, "location")
    free = {sku: stock[sku].lying_at(location) if sku in stock else 0 for sku in wanted}
    gone = {sku: count - free[sku] for sku, count in wanted.items() if count > free[sku]}
    pieces = ", ".join(f"{count} {sku}" for sku, count in gone.items())
    message = (
        f"{pieces} of the return were put back at {location} and are promised to others or gone since;"
        " refund the return, or set as many free first"
    )
    values = {"location": location, "returned": dict(wanted), "free": free}
    return Verdict(not gone, "return.goods_promised", message, values, ("WAREHOUSE", "MANAGER"))


def reject_return(scope: Scope) -> Outcome:
    """Send the goods back to the customer; what had gone back on hand leaves it again."""
    context = scope.context
    told = Emit("return.rejected", {**_head(context), "reason": scope.data["reason"]})
    sellable = _sellable(context, rows(_open(context), "lines"))
    gone = [
        effect
        for one in sellable
        for effect in inventory.changed(
            "put_back", one.sku, one.location, -one.quantity, _head(context)
        )
    ]
    return Outcome({"return": None}, effects=[told, *gone])


def drop_return(scope: Scope) -> Outcome:
    """End an open return with its fulfilment; the goods stay where they are."""
    context = scope.context
    if not _open(context):
        return Outcome()
    told = Emit("return.rejected", {**_head(context), "reason": scope.data["reason"]})
    return Outcome({"return": None}, effects=[told])


# --- refunding ------------------------------------------------------------------------------------


def leaves_goods_out(scope: Scope) -> bool:
    """Something that was shipped stays with the customer after this return."""
    if not return_is_meant(scope).ok:
        return True  # nothing comes back by it, so that this is no reason of its own
    left = _left(scope.context)
    coming = {
        integer(row, "lineNo"): integer(row, "quantity")
        for row in rows(_open(scope.context), "lines")
    }
    return any(count > coming.get(number, 0) for number, count in left.items())


def accept_return(scope: Scope) -> Outcome:
    """Count the goods as returned, and say what they are worth."""
    context, before = scope.context, returned_of(scope.context)
    known = {line.line_no: line for line in lines_of(context)}
    lines = [_valued(row, known, before) for row in rows(_open(context), "lines")]
    for row in lines:
        number = integer(row, "lineNo")
        before[number] = before.get(number, 0) + integer(row, "quantity")
    amount = sum(integer(row, "amountMinor") for row in lines)
    told = Emit("return.refunded", {**_head(context), "lines": lines, "amountMinor": amount})
    delivered = context["deliveredAt"] or scope.now.isoformat()
    assign = {"return": None, "returned": _shown(before), "deliveredAt": delivered}
    return Outcome(assign, effects=[told])


def _valued(
    row: Mapping[str, Json], known: Mapping[int, GoodsLine], before: Mapping[int, int]
) -> dict[str, Json]:
    number, quantity = integer(row, "lineNo"), integer(row, "quantity")
    amount = known[number].worth_minor(before.get(number, 0), quantity)
    return {"lineNo": number, "sku": row["sku"], "quantity": quantity, "amountMinor": amount}


# ---


def _left(context: Mapping[str, Json]) -> dict[int, int]:
    """Return what is with the customer, by number of the line."""
    shipped, returned = quantities(lines_of(context)), returned_of(context)
    left = {number: count - returned.get(number, 0) for number, count in shipped.items()}
    return {number: count for number, count in left.items() if count}


def _open(context: Mapping[str, Json]) -> Mapping[str, Json]:
    return mapping(context, "return")


def _head(context: Mapping[str, Json]) -> dict[str, Json]:
    return {**who(context), "returnId": _open(context)["returnId"]}


def _told_lines(scope: Scope) -> list[Mapping[str, Json]]:
    return rows(scope.data, "lines") if "lines" in scope.data else []


def _sellable(context: Mapping[str, Json], lines: Sequence[Mapping[str, Json]]) -> list[Taken]:
    if context["location"] is None:
        return []
    location = text(context, "location")
    return [
        Taken(
            line_no=integer(row, "lineNo"),
            sku=text(row, "sku"),
            location=location,
            quantity=integer(row, "quantity"),
        )
        for row in lines
        if row.get("condition") == SELLABLE
    ]


def _shown(counts: Mapping[int, int]) -> dict[str, Json]:
    return {str(number): count for number, count in counts.items()}


# --- the chart of a return ------------------------------------------------------------------------


def note_conditions(scope: Scope) -> Outcome:
    """Remember in which condition each line is."""
    return Outcome({"lines": scope.data["lines"]})


BEHAVIOUR: Final = Behaviour(actions={"note_conditions": note_conditions})
