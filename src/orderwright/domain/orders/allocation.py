"""Stock for a fulfilment: what it takes, what it waits for, and what it lets go of.

`taken` is what is reserved and still on the shelf; `short` what it waits for, null until it was asked for the first
time. A fulfilment has one location in the end: where its goods were found in several, those of each other location
go on in a fulfilment of their own (`fulfilment.split`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from orderwright.domain.orders import inventory
from orderwright.domain.orders.goods_line import (
    GOODS,
    GoodsLine,
    lines_of,
    missing_of,
)
from orderwright.domain.orders.inventory import Taken, Want, stock_of, taken_of, wants_of
from orderwright.domain.orders.parting import Part, parts_of
from orderwright.domain.reading import Json, texts
from orderwright.statechart import Effect, Emit, Event, Outcome, Scope, Verdict

_UNKNOWN: Final[Mapping[str, Json]] = {"missing": ["facts.stock"]}


def who(context: Mapping[str, Json]) -> dict[str, Json]:
    """Return the ids that the rows of the ledgers carry."""
    return {"orderId": context["orderId"], "fulfilmentId": context["fulfilmentId"]}


def is_handed_over(scope: Scope) -> bool:
    """All its goods were reserved before it came to be, or it has none to reserve."""
    context = scope.context
    lines = lines_of(context)
    is_there = bool(lines) and not missing_of(lines, taken_of(context))
    return is_there and context["short"] is None


def stock_is_known(scope: Scope) -> Verdict:
    """What there is of its goods is known."""
    is_known = "stock" in scope.facts
    message = "the stock is not known"
    return Verdict(True if is_known else None, "stock.unknown", message, _UNKNOWN)


def allocate(scope: Scope) -> Outcome:
    """Take what is there of what is missing, wait for the rest, and say which it came to."""
    context, taken = scope.context, taken_of(scope.context)
    missing = missing_of(lines_of(context), taken)
    got = inventory.take(missing, stock_of(scope.facts), in_turn=texts(scope.data, "inTurn"))
    still = missing_of(lines_of(context), [*taken, *got])
    effects = [*inventory.reserve(got, who(context)), *_shortage(context, got, still)]
    assign = {"taken": _json(_merged([*taken, *got])), "short": _json(still)}
    return Outcome(assign, raised=[_answer(still)], effects=effects)


def _answer(still: Sequence[Want]) -> Event:
    if not still:
        return Event("RESERVE_OK")
    return Event("RESERVE_MISS", {"skus": sorted({want.sku for want in still})})


def _shortage(
    context: Mapping[str, Json], got: Sequence[Taken], still: Sequence[Want]
) -> Sequence[Effect]:
    """Who waits already waits for less now; who does not begins to wait."""
    if waited_for(context):
        served = [Want(line_no=one.line_no, sku=one.sku, quantity=one.quantity) for one in got]
        return inventory.served(served, who(context))
    return inventory.short(still, who(context))


def _merged(taken: Sequence[Taken]) -> list[Taken]:
    """Put what was taken of one line at one location, at several times, together."""
    found: dict[tuple[int, str], Taken] = {}
    for one in taken:
        key = (one.line_no, one.location)
        before = found[key].quantity if key in found else 0
        found[key] = Taken(
            line_no=one.line_no,
            sku=one.sku,
            location=one.location,
            quantity=before + one.quantity,
        )
    return list(found.values())


def waited_for(context: Mapping[str, Json]) -> tuple[Want, ...]:
    """Return what a fulfilment waits for."""
    return () if context["short"] is None else wants_of(context, "short")


def part_locations(scope: Scope) -> Outcome:
    """Stay at the location of the first goods; those of every other go on elsewhere."""
    context = scope.context
    first, *others = parts_of(lines_of(context), taken_of(context)) or [Part(lines=())]
    location = first.taken[0].location if first.taken else None
    if not others:
        return Outcome({"location": location, "short": []})
    assign = {
        "location": location,
        "short": [],
        "lines": _json(first.lines),
        "taken": _json(first.taken),
    }
    return Outcome(assign, effects=[split(context, part.lines, part.taken) for part in others])


def split(context: Mapping[str, Json], lines: Sequence[GoodsLine], taken: Sequence[Taken]) -> Emit:
    """Return the event by which lines go on in a fulfilment of their own, with what is reserved for them."""
    return Emit(
        "fulfilment.split",
        {
            **who(context),
            "lines": _json(lines),
            "taken": _json(taken),
        },
    )


def _json(pieces: Sequence[GoodsLine | Taken | Want]) -> list[Json]:
    return [one.to_json() for one in pieces]


def call_off(scope: Scope) -> Outcome:
    """Wait for nothing any more; what is reserved stays so."""
    context, waited = scope.context, waited_for(scope.context)
    if not waited:
        return Outcome()
    return Outcome({"short": []}, effects=inventory.called_off(waited, who(context)))


def let_go(scope: Scope) -> Outcome:
    """Give back what is reserved, and wait for nothing any more."""
    context = scope.context
    released = inventory.release(taken_of(context), who(context))
    called_off = inventory.called_off(waited_for(context), who(context))
    return Outcome({"taken": [], "short": []}, effects=[*released, *called_off])


def has_no_services(scope: Scope) -> Verdict:
    """There is nothing but goods: these are packed and shipped."""
    is_so = all(line.kind == GOODS for line in lines_of(scope.context))
    message = "a service is scheduled, not packed"
    return Verdict(is_so, "fulfilment.is_service", message, {}, ("WAREHOUSE",))


def has_no_goods(scope: Scope) -> Verdict:
    """There is nothing but services: these are scheduled and rendered."""
    is_so = all(line.kind != GOODS for line in lines_of(scope.context))
    message = "goods are packed and shipped, not scheduled"
    return Verdict(is_so, "fulfilment.is_goods", message, {}, ("WAREHOUSE",))
