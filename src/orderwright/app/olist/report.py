"""What became of the orders: lifecycle states against order_status, and every order that does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from orderwright.app.olist.dataset import BadRow
from orderwright.app.olist.fields import STATUSES
from orderwright.app.olist.plan import NOT_CREATED, Mismatch, Plan

_STATES = (
    "AWAITING_PAYMENT_METHOD",
    "PAYMENT_INITIATED",
    "PAYMENT_PENDING_CONFIRMATION",
    "CLEARED_FOR_FULFILMENT",
    "COMPLETED",
    "CANCELLED",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """An order that does not fit the lifecycle, where it stands, and each reason."""

    order_id: str
    sale_id: str
    status: str
    state: str
    reasons: tuple[Mismatch, ...]

    def to_json(self) -> dict[str, object]:
        """Return it for programs."""
        reasons = [
            {"kind": one.kind, "message": one.message, "values": dict(one.values)}
            for one in self.reasons
        ]
        return {
            "orderId": self.order_id,
            "saleId": self.sale_id,
            "status": self.status,
            "state": self.state,
            "reasons": reasons,
        }


@dataclass(slots=True)
class Report:
    """What an import comes to; grows only with what does not fit.

    Attributes:
        events: how many events this run has sent; none when everything was there already.
    """

    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    misfits: list[Misfit] = field(default_factory=list)
    bad_rows: Sequence[BadRow] = ()
    events: int = 0

    def add(self, plan: Plan, state: str | None, surprises: Iterable[Mismatch] = ()) -> None:
        """Enter an order with the state that its sale has; None if there is none."""
        reached = state or NOT_CREATED
        order = plan.order
        self.cells[order.status, reached] += 1
        reasons = (*plan.mismatches, *surprises)
        if reasons:
            misfit = Misfit(
                order_id=order.order_id,
                sale_id=plan.sale_id,
                status=order.status,
                state=reached,
                reasons=reasons,
            )
            self.misfits.append(misfit)

    @property
    def orders(self) -> int:
        """How many orders were looked at."""
        return self.cells.total()

    @property
    def kinds(self) -> dict[str, int]:
        """How many orders have each kind of mismatch."""
        found = Counter(kind for one in self.misfits for kind in {r.kind for r in one.reasons})
        return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0])))

    def to_json(self) -> dict[str, object]:
        """Return everything for programs."""
        matrix: dict[str, dict[str, int]] = {}
        for status in self._statuses():
            cells = {state: self.cells[status, state] for state in self._states()}
            matrix[status] = {state: orders for state, orders in cells.items() if orders}
        return {
            "orders": self.orders,
            "events": self.events,
            "matrix": matrix,
            "kinds": self.kinds,
            "mismatches": [one.to_json() for one in self.misfits],
            "badRows": [asdict(row) for row in self.bad_rows],
        }

    def to_text(self) -> str:
        """Return everything for people."""
        return "\n\n".join(
            part for part in (self._matrix(), self._mismatches(), self._bad()) if part
        )

    def _statuses(self) -> list[str]:
        return [status for status in STATUSES if any(row == status for row, _ in self.cells)]

    def _states(self) -> list[str]:
        found = {state for _, state in self.cells}
        known = [state for state in _STATES if state in found]
        return [*known, *sorted(found.difference(_STATES))]

    def _matrix(self) -> str:
        states = self._states()
        body = [
            [status, *(str(self.cells[status, state] or "-") for state in states)]
            for status in self._statuses()
        ]
        title = f"{self.orders} orders, {self.events} events sent"
        return "\n".join([title, "", *_table([["order_status", *states], *body])])

    def _mismatches(self) -> str:
        if not self.misfits:
            return "every order fits the lifecycle"
        counts = ", ".join(f"{kind} {orders}" for kind, orders in self.kinds.items())
        lines = [
            f"  {one.order_id}  {one.status} -> {one.state}: "
            + "; ".join(reason.message for reason in one.reasons)
            for one in self.misfits
        ]
        return "\n".join(
            [f"{len(self.misfits)} orders do not fit the lifecycle ({counts}):", *lines]
        )

    def _bad(self) -> str:
        lines = [f"  {row.file}:{row.line}: {row.reason}" for row in self.bad_rows]
        return "\n".join([f"{len(lines)} bad rows:", *lines]) if lines else ""


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of aligned columns: the first to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
