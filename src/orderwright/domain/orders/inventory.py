"""Stock: who may take what from where, and what each movement books.

Three ledgers with a balance for every account, none of which ever falls below zero:

    stock.available   of `<location>/<sku>`   what may still be promised
    stock.reserved    of `<location>/<sku>`   what is promised to an order and still on the shelf
    stock.short       of `<sku>`              what cleared orders wait for

On hand is what is available and what is reserved; it has no balance of its own, so that nothing can disagree with it.
Quantities in rows are what is added to the account, negative to take away; `kind` says why. For each SKU and location

    on hand + issued - brought back - put back = received + adjusted

Whoever is not in turn takes no more of a SKU than would be left if all who wait for it were served. Nothing here is
locked: the fact `stock` says what is there, under locks, and the floors of the balances hold in any case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from orderwright.domain.reading import Json, integer, mapping, rows, text
from orderwright.statechart import Effect, Emit, Post

AVAILABLE: Final = "stock.available"
RESERVED: Final = "stock.reserved"
SHORT: Final = "stock.short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Pieces that a line asks for."""

    line_no: int
    sku: str
    quantity: int

    def to_json(self) -> dict[str, Json]:
        """Return it as contexts hold it."""
        return {"lineNo": self.line_no, "sku": self.sku, "quantity": self.quantity}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Pieces that a line has, and where they lie."""

    line_no: int
    sku: str
    location: str
    quantity: int

    def to_json(self) -> dict[str, Json]:
        """Return it as contexts hold it."""
        return {
            "lineNo": self.line_no,
            "sku": self.sku,
            "location": self.location,
            "quantity": self.quantity,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What is there of a SKU.

    Attributes:
        free: pieces that may be promised by location, in the order of allocation.
        short: pieces that cleared orders wait for.
        closed: pieces by location that are promised to nobody, but lie where nothing is to be taken.
    """

    free: Mapping[str, int]
    short: int
    closed: Mapping[str, int] = field(default_factory=dict)

    def lying_at(self, location: str) -> int:
        """Return how many pieces lie at a location, open or closed, and are promised to nobody."""
        return self.free.get(location, 0) + self.closed.get(location, 0)


Who = Mapping[str, Json]
"""The ids that rows carry: orderId, fulfilmentId, returnId, reference."""


# --- reading --------------------------------------------------------------------------------------


def wants_of(context: Mapping[str, Json], key: str = "lines") -> tuple[Want, ...]:
    """Read the lines of a context; other keys of a line are of no interest."""
    return tuple(
        Want(
            line_no=integer(row, "lineNo"),
            sku=text(row, "sku"),
            quantity=integer(row, "quantity"),
        )
        for row in rows(context, key)
    )


def taken_of(context: Mapping[str, Json], key: str = "taken") -> tuple[Taken, ...]:
    """Read what a context holds of stock."""
    return tuple(
        Taken(
            line_no=integer(row, "lineNo"),
            sku=text(row, "sku"),
            location=text(row, "location"),
            quantity=integer(row, "quantity"),
        )
        for row in rows(context, key)
    )


def stock_of(facts: Mapping[str, Json]) -> dict[str, Supply]:
    """Read the fact `stock`.

    Raises:
        KeyError: it is not known, so that nothing can be decided by it.
    """
    if "stock" not in facts:
        raise KeyError("stock")
    found = mapping(facts, "stock")
    return {sku: _supply(mapping(found, sku)) for sku in found}


def _supply(fact: Mapping[str, Json]) -> Supply:
    free, closed = mapping(fact, "free"), mapping(fact, "closed")
    return Supply(
        free={location: integer(free, location) for location in free},
        short=integer(fact, "short"),
        closed={location: integer(closed, location) for location in closed},
    )


# --- taking ---------------------------------------------------------------------------------------


def take(
    wants: Sequence[Want], stock: Mapping[str, Supply], *, in_turn: Collection[str] = ()
) -> tuple[Taken, ...]:
    """Return what may be taken for wants, by line and then in the order of allocation; perhaps less, perhaps nothing.

    A location that has everything is preferred to several.

    Args:
        wants: in the order in which they are served.
        stock: what is there; a SKU that is not named is not there.
        in_turn: the SKUs of which these wants are the oldest that wait, and so may have what others wait for.
    """
    allowed = {sku: _allowed(supply, in_turn=sku in in_turn) for sku, supply in stock.items()}
    whole = _whole(wants, stock, allowed)
    if whole is not None:
        return tuple(_at(want, whole, want.quantity) for want in wants)
    left = {sku: dict(supply.free) for sku, supply in stock.items()}
    return tuple(part for want in wants for part in _parts(want, left, allowed))


def missing(wants: Iterable[Want], taken: Iterable[Taken]) -> tuple[Want, ...]:
    """Return what of wants is not taken, by line; lines that have everything are left out."""
    had: Counter[tuple[int, str]] = Counter()
    for part in taken:
        had[part.line_no, part.sku] += part.quantity
    rest = [(want, want.quantity - had[want.line_no, want.sku]) for want in wants]
    return tuple(
        Want(line_no=want.line_no, sku=want.sku, quantity=lacks)
        for want, lacks in rest
        if lacks > 0
    )


def _allowed(supply: Supply, *, in_turn: bool) -> int:
    there = sum(supply.free.values())
    return there if in_turn else max(there - supply.short, 0)


def _whole(
    wants: Sequence[Want], stock: Mapping[str, Supply], allowed: Mapping[str, int]
) -> str | None:
    """Return the first location that serves all wants alone."""
    needs: Counter[str] = Counter()
    for want in wants:
        needs[want.sku] += want.quantity
    if not needs or any(allowed.get(sku, 0) < need for sku, need in needs.items()):
        return None
    places = dict.fromkeys(place for sku in needs for place in stock[sku].free)
    for place in places:
        if all(stock[sku].free.get(place, 0) >= need for sku, need in needs.items()):
            return place
    return None


def _parts(want: Want, left: Mapping[str, dict[str, int]], allowed: dict[str, int]) -> list[Taken]:
    """Take what a want may have, wherever it lies, off what is left."""
    parts: list[Taken] = []
    lacks = min(want.quantity, allowed.get(want.sku, 0))
    places = left.get(want.sku, {})
    for place, there in places.items():
        quantity = min(lacks, there)
        if quantity > 0:
            parts.append(_at(want, place, quantity))
            places[place] -= quantity
            allowed[want.sku] -= quantity
            lacks -= quantity
    return parts


def _at(want: Want, location: str, quantity: int) -> Taken:
    return Taken(line_no=want.line_no, sku=want.sku, location=location, quantity=quantity)


# --- booking --------------------------------------------------------------------------------------


def reserve(taken: Iterable[Taken], who: Who) -> list[Effect]:
    """Promise what may be promised."""
    return [
        post
        for part in taken
        for post in (
            _moved(AVAILABLE, "reserve", part, -part.quantity, who),
            _moved(RESERVED, "reserve", part, part.quantity, who),
        )
    ]


def release(taken: Sequence[Taken], who: Who) -> list[Effect]:
    """Take promises back: what they were of may be promised to others."""
    posts: list[Effect] = [
        post
        for part in taken
        for post in (
            _moved(AVAILABLE, "release", part, part.quantity, who),
            _moved(RESERVED, "release", part, -part.quantity, who),
        )
    ]
    return posts + _freed(taken)


def issue(taken: Iterable[Taken], who: Who) -> list[Effect]:
    """Let what was promised leave the house."""
    return [_moved(RESERVED, "issue", part, -part.quantity, who) for part in taken]


def back(taken: Sequence[Taken], who: Who, *, given_up: bool) -> list[Effect]:
    """Take in what could not be delivered: still promised, or for others where delivery is given up."""
    if not given_up:
        return [_moved(RESERVED, "back", part, part.quantity, who) for part in taken]
    posts: list[Effect] = [_moved(AVAILABLE, "back", part, part.quantity, who) for part in taken]
    return posts + _freed(taken)


def put_back(taken: Sequence[Taken], who: Who) -> list[Effect]:
    """Put what the customer has returned, and can be sold again, back on the shelf."""
    posts: list[Effect] = [
        _moved(AVAILABLE, "put_back", part, part.quantity, who) for part in taken
    ]
    return posts + _freed(taken)


def short(wants: Iterable[Want], who: Who) -> list[Effect]:
    """Note what a cleared order waits for."""
    return [_waited("short", want, want.quantity, who) for want in wants]


def served(wants: Iterable[Want], who: Who) -> list[Effect]:
    """Note what is waited for no more, because it is there."""
    return [_waited("served", want, -want.quantity, who) for want in wants]


def called_off(wants: Sequence[Want], who: Who) -> list[Effect]:
    """Note what is waited for no more, because nobody wants it any more: others may have what was kept."""
    posts: list[Effect] = [_waited("called_off", want, -want.quantity, who) for want in wants]
    told = dict.fromkeys(want.sku for want in wants)
    return posts + [Emit("stock.called_off", {"sku": sku}) for sku in told]


def changed(kind: str, sku: str, location: str, quantity: int, who: Who) -> list[Effect]:
    """Book what came to a shelf (`receive`), or what was counted more or less there (`adjust`)."""
    row = {"kind": kind, "sku": sku, "location": location, "quantity": quantity, **who}
    told = [freed(sku, location)] if quantity > 0 else []
    return [Post(AVAILABLE, row), *told]


def freed(sku: str, location: str) -> Emit:
    """Say that more of a SKU may be promised at a location."""
    return Emit("stock.freed", {"sku": sku, "location": location})


def _moved(ledger: str, kind: str, part: Taken, quantity: int, who: Who) -> Post:
    row = {**part.to_json(), "kind": kind, "quantity": quantity, **who}
    return Post(ledger, row)


def _waited(kind: str, want: Want, quantity: int, who: Who) -> Post:
    row = {**want.to_json(), "kind": kind, "quantity": quantity, **who}
    return Post(SHORT, row)


def _freed(taken: Iterable[Taken]) -> list[Effect]:
    """Say it once for each SKU and location."""
    return [freed(sku, place) for sku, place in dict.fromkeys((t.sku, t.location) for t in taken)]
