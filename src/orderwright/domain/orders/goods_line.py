"""The lines of a fulfilment: which pieces of an order's line they are, and what those are worth.

The pieces of an order's line are numbered from 0. A line of a fulfilment is a run of them, so that however an order is
split, and however often a part comes back, the worth of the parts adds up to the line's total to the minor unit:

    worth of the pieces [a, b) of n = floor(total x b / n) - floor(total x a / n)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from orderwright.domain.orders.inventory import Taken, Want, missing
from orderwright.domain.reading import Json, integer, mapping, rows, text

Kind = Literal["GOODS", "SERVICE"]

GOODS: Final[Kind] = "GOODS"
SERVICE: Final[Kind] = "SERVICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsLine:
    """A run of pieces of an order's line.

    Attributes:
        kind: GOODS are shipped, a SERVICE is rendered.
        first_piece: the number of the first piece.
        of_pieces: how many pieces the order's line has.
        total_minor: what the order's line costs in all, in minor units.
    """

    line_no: int
    sku: str
    quantity: int
    kind: Kind = GOODS
    first_piece: int = 0
    of_pieces: int
    total_minor: int

    def worth_minor(self, before: int, quantity: int) -> int:
        """Return what some of the pieces are worth, after the first `before` of this line."""
        start = self.first_piece + before
        return self._up_to(start + quantity) - self._up_to(start)

    def _up_to(self, piece: int) -> int:
        return self.total_minor * piece // self.of_pieces

    def cut(self, quantity: int) -> tuple[GoodsLine, GoodsLine]:
        """Return the first pieces and the rest; either may have none."""
        rest = replace(
            self, quantity=self.quantity - quantity, first_piece=self.first_piece + quantity
        )
        return replace(self, quantity=quantity), rest

    def to_json(self) -> dict[str, Json]:
        """Return the line as the chart's context holds it."""
        return {
            "lineNo": self.line_no,
            "sku": self.sku,
            "quantity": self.quantity,
            "kind": self.kind,
            "firstPiece": self.first_piece,
            "ofPieces": self.of_pieces,
            "totalMinor": self.total_minor,
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Json]) -> GoodsLine:
        """Read what `to_json` wrote; a line that says no more than what it is of costs nothing."""
        whole = {"firstPiece": 0, "ofPieces": source["quantity"], "totalMinor": 0, **source}
        return cls(
            line_no=integer(source, "lineNo"),
            sku=text(source, "sku"),
            quantity=integer(source, "quantity"),
            kind=SERVICE if source.get("kind") == SERVICE else GOODS,
            first_piece=integer(whole, "firstPiece"),
            of_pieces=integer(whole, "ofPieces"),
            total_minor=integer(whole, "totalMinor"),
        )


def lines_of(context: Mapping[str, Json]) -> list[GoodsLine]:
    """Return the lines of a fulfilment."""
    return [GoodsLine.from_json(row) for row in rows(context, "lines")]


def missing_of(lines: Iterable[GoodsLine], taken: Iterable[Taken]) -> tuple[Want, ...]:
    """Return what of the goods is not reserved, line by line."""
    wants = [
        Want(line_no=one.line_no, sku=one.sku, quantity=one.quantity)
        for one in lines
        if one.kind == GOODS
    ]
    return missing(wants, taken)


def cut_lines(
    lines: Iterable[GoodsLine], wanted: Mapping[int, int]
) -> tuple[list[GoodsLine], list[GoodsLine]]:
    """Return the wanted pieces of lines, by number of the line, and the rest; lines without pieces are left out."""
    cuts = [one.cut(wanted.get(one.line_no, 0)) for one in lines]
    return [a for a, _ in cuts if a.quantity], [b for _, b in cuts if b.quantity]


def cut_taken(
    taken: Sequence[Taken], wanted: Mapping[int, int]
) -> tuple[list[Taken], list[Taken]]:
    """Return the reservations of the wanted pieces, and the rest."""
    left, chosen, rest = dict(wanted), [], []
    for one in taken:
        part = min(one.quantity, left.get(one.line_no, 0))
        left[one.line_no] = left.get(one.line_no, 0) - part
        if part:
            chosen.append(replace(one, quantity=part))
        if part < one.quantity:
            rest.append(replace(one, quantity=one.quantity - part))
    return chosen, rest


def quantities(pieces: Iterable[GoodsLine | Taken]) -> dict[int, int]:
    """Return how many pieces there are of each line, by its number."""
    found: dict[int, int] = {}
    for one in pieces:
        found[one.line_no] = found.get(one.line_no, 0) + one.quantity
    return found


def asked_quantities(data: Mapping[str, Json]) -> dict[int, int] | None:
    """Return the pieces of each line that an event names; None where it names none, and means all."""
    if "lines" not in data:
        return None
    return {integer(row, "lineNo"): integer(row, "quantity") for row in rows(data, "lines")}


def returned_of(context: Mapping[str, Json]) -> dict[int, int]:
    """Return how many pieces of each line have come back for good."""
    counts = mapping(context, "returned")
    return {int(number): integer(counts, number) for number in counts}
