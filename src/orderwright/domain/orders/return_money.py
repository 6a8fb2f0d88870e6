"""What becomes of the money for returned goods: it goes back where it came from, or is taken off what is due.

too much   = captured - (due - worth), at most the worth, never below zero
refunded   = of that, what the captured payments have left, the newest first
credited   = worth - refunded: it lowers what is due, and so releases credit
open       = too much - refunded: money that came in by no payment that is known here; people give it back
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """What goes back to a payment, in minor units, in all and by number of the line."""

    payment_id: str
    amount_minor: int
    lines: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How the worth of a return is made good, in minor units; `credited` by number of the line."""

    refunds: tuple[Refund, ...]
    credited: Mapping[int, int]
    open_minor: int


def settle(
    worth: Mapping[int, int],
    *,
    captured_minor: int,
    due_minor: int,
    payments: Sequence[tuple[str, int]],
) -> Settlement:
    """Share out what returned goods are worth.

    Args:
        worth: by number of the line, in minor units.
        captured_minor: what the sale has got and kept.
        due_minor: what it was due before the return.
        payments: the captured ones, each with what remains of it, in the order in which money goes back.
    """
    total = sum(worth.values())
    too_much = min(max(captured_minor - (due_minor - total), 0), total)
    left, lines, refunds = too_much, dict(worth), []
    for payment_id, remaining in payments:
        part = min(remaining, left)
        if part > 0:
            taken = _take(lines, part)
            refunds.append(Refund(payment_id=payment_id, amount_minor=part, lines=taken))
            left -= part
    credited = {number: part for number, part in lines.items() if part}
    return Settlement(refunds=tuple(refunds), credited=credited, open_minor=left)


def _take(lines: dict[int, int], amount: int) -> dict[int, int]:
    """Take an amount off lines, in their order; return what was taken of each."""
    taken = {}
    for number, worth in lines.items():
        part = min(worth, amount)
        if part:
            taken[number] = part
            amount -= part
    for number, part in taken.items():
        lines[number] -= part
    return taken
