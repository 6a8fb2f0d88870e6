"""How an order parts into fulfilments: one for each location, one for what is not there, one for services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orderwright.domain.orders.goods_line import GOODS, GoodsLine, cut_lines, quantities
from orderwright.domain.orders.inventory import Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one fulfilment is begun with: its lines, and what is reserved for them already."""

    lines: tuple[GoodsLine, ...]
    taken: tuple[Taken, ...] = ()


def parts_of(lines: Sequence[GoodsLine], taken: Sequence[Taken]) -> list[Part]:
    """Part the lines of an order; what is reserved at one location stays together, in the order of reservation."""
    left = [line for line in lines if line.kind == GOODS]
    parts = []
    for location in dict.fromkeys(one.location for one in taken):
        here = tuple(one for one in taken if one.location == location)
        chosen, left = cut_lines(left, quantities(here))
        parts.append(Part(lines=tuple(chosen), taken=here))
    services = [line for line in lines if line.kind != GOODS]
    return parts + [Part(lines=tuple(rest)) for rest in (left, services) if rest]
