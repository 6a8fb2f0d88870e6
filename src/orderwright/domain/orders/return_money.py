"""What becomes of the money for returned goods: it goes back where it came from, or is taken off what is due.

too much   = captured - (due - worth), at most the worth, never below zero
refunded   = of that, what the captured payments have left, the newest first
credited   = worth - refunded: it lowers what is due, and so releases credit
open       = too much - refunded: money that came in by no payment that is known here; people give it back

The sale hears of captures, refunds and chargebacks after the payments have committed them. So what is captured and due
is what it will say as soon as it has heard of all: `kept_minor` and `left_due_minor`, read under the payments' locks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orderwright.domain.orders.payment_reading import entry_of, standing_of
from orderwright.domain.reading import Json, integer, mapping


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


def kept_minor(sale: Mapping[str, Json], payments: Mapping[str, Mapping[str, Json]]) -> int:
    """Return what is captured for a sale, in minor units, by its context and those of its payments, by their ids."""
    told = mapping(sale, "payments")
    known = {one: standing_of(payment).remaining for one, payment in payments.items()}
    return sum(({one: integer(told, one) for one in told} | known).values())


def left_due_minor(sale: Mapping[str, Json], payments: Mapping[str, Mapping[str, Json]]) -> int:
    """Return what a sale is due, in minor units, without the lines that were refunded or credited."""
    credited, told = mapping(sale, "credited"), mapping(sale, "refunds")
    refunds = {one: integer(told, one) for one in told}
    for payment in payments.values():
        for one, refund in mapping(payment, "refunds").items():
            refunds[one] = _of_lines(entry_of(refund))
    back = sum(refunds.values()) + sum(integer(credited, one) for one in credited)
    return integer(sale, "grandTotalMinor") - back


def _of_lines(refund: Mapping[str, Json]) -> int:
    lines = mapping(refund, "lines")
    return sum(integer(lines, number) for number in lines)


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
        captured_minor: what the sale has got and kept, as `kept_minor` tells.
        due_minor: what it was due before the return, as `left_due_minor` tells.
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
