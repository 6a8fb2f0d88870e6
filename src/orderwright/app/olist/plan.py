"""One Olist order as the events that a sale and its fulfilment go through, and what does not fit. Pure.

`order_status` says what happened, the dates say when. Time never runs backwards: an event takes the time that the file
gives, unless what must come before happened later; then it takes that time, and the order is listed. The same goes
for a date that is missing although the status says that it happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from orderwright.app.olist.fields import CURRENCY
from orderwright.app.olist.order import OlistOrder, Payment, product_name, sale_id_of
from orderwright.domain.orders.terms import Line, Terms
from orderwright.money import Money
from orderwright.statechart import Event

Stage = Literal["sale", "fulfilment", "closing"]
"""What an event goes to, and when: the sale, then its fulfilments, then the sale again."""

NOT_CREATED: Final = "NOT_CREATED"
"""Stands where the state of an order would, for one that was not created."""

_METHODS: Final = {
    "credit_card": "CARD",
    "debit_card": "CARD",
    "boleto": "BANK",
    "voucher": "WALLET",
}
_PAID: Final = frozenset({"approved", "invoiced", "processing", "shipped", "delivered"})
_OUT: Final = frozenset({"shipped", "delivered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An event to be sent, under a name that stays the same at every run."""

    name: str
    stage: Stage
    event: Event
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Why an order does not fit the lifecycle: a kind for programs, a sentence for people."""

    kind: str
    message: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done for an order, and the state in which its sale should end; without terms, nothing."""

    order: OlistOrder
    terms: Terms | None
    steps: tuple[Step, ...]
    mismatches: tuple[Mismatch, ...]
    expected: str

    @property
    def sale_id(self) -> str:
        """The id of the sale order here."""
        return sale_id_of(self.order.order_id)

    def of(self, stage: Stage) -> tuple[Step, ...]:
        """Return the steps of a stage in order."""
        return tuple(step for step in self.steps if step.stage == stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What the end of an order depends on beside its rows: the time, and how long goods may be returned."""

    now: datetime
    return_window: timedelta


def plan(order: OlistOrder, present: Present) -> Plan:
    """Return what is to be done for an order."""
    return _Planning(order, present).plan()


class _Planning:
    """Walks along an order; `_reached` is the latest time that it has come to, `_by` what happened then."""

    def __init__(self, order: OlistOrder, present: Present) -> None:
        self._order = order
        self._present = present
        self._reached, self._by = order.purchased_at, "its purchase"
        self._steps: list[Step] = []
        self._mismatches: list[Mismatch] = []
        self._state = "AWAITING_PAYMENT_METHOD"

    def plan(self) -> Plan:
        order = self._order
        terms = _terms(order)
        if order.bad_rows:
            self._note("bad_rows", f"{order.bad_rows} of its rows cannot be used")
            terms = None
        elif (latest := max(filter(None, _dates(order)))) > self._present.now:
            self._note("in_future", f"it has a date that has not come yet, {latest:%F %T}")
            terms = None
        elif terms is None:
            self._note("no_items", "there is nothing in it that could be sold")
        else:
            self._pay(terms)
            self._deliver()
            self._close()
        return Plan(
            order=order,
            terms=terms,
            steps=tuple(self._steps),
            mismatches=tuple(self._mismatches),
            expected=NOT_CREATED if terms is None else self._state,
        )

    # --- money ---

    def _pay(self, terms: Terms) -> None:
        payments = [payment for payment in self._order.payments if payment.value_minor]
        captured = sum(payment.value_minor for payment in payments)
        is_free = not terms.total_minor  # clears as soon as it is decided
        if not is_free:
            self._choose_method()
        if self._is_paid() and not self._order.payments:
            self._note("no_payments", "it has no payments")
        elif self._is_paid():
            self._reach("approved", self._order.approved_at, "its approval")
            for payment in payments:
                self._capture(payment)
            self._compare(captured, terms.total_minor)
        if is_free or (self._is_paid() and captured >= terms.total_minor):
            self._state = "CLEARED_FOR_FULFILMENT"

    def _choose_method(self) -> None:
        for payment in self._order.payments:
            if payment.type not in _METHODS:
                self._note(
                    "unknown_payment_type",
                    f"payment {payment.sequential} is of the type {payment.type}",
                    type=payment.type,
                )
        known = [one.type for one in self._order.payments if one.type in _METHODS]
        if known:
            event = Event("SET_PAYMENT_METHOD", {"method": _METHODS[known[0]]})
            self._step("method", "sale", event)
            self._state = "PAYMENT_INITIATED"

    def _is_paid(self) -> bool:
        """Money counts as received when it was approved, or when something happened that follows from that."""
        order = self._order
        dates = (order.approved_at, order.carrier_at, order.delivered_at)
        return order.status in _PAID or any(dates)

    def _capture(self, payment: Payment) -> None:
        data = {
            "amount": Money(payment.value_minor, CURRENCY).amount,
            "paymentId": f"{self._order.order_id}/{payment.sequential}",
            "method": payment.type,
        }
        self._step(f"payment/{payment.sequential}", "sale", Event("PAYMENT_CAPTURED", data))
        self._state = "PAYMENT_PENDING_CONFIRMATION"

    def _compare(self, captured: int, total: int) -> None:
        if captured == total:
            return
        kind, word = ("underpaid", "under") if captured < total else ("overpaid", "over")
        shown = {
            "paid": Money(captured, CURRENCY).amount,
            "total": Money(total, CURRENCY).amount,
            "difference": Money(abs(captured - total), CURRENCY).amount,
        }
        message = (
            f"{word}paid by {shown['difference']} {CURRENCY} ({shown['paid']} of {shown['total']})"
        )
        self._note(kind, message, **shown)

    # --- goods ---

    def _deliver(self) -> None:
        order = self._order
        shipped = order.status in _OUT or order.carrier_at or order.delivered_at
        delivered = order.status == "delivered" or order.delivered_at
        self._question_status()
        if self._state != "CLEARED_FOR_FULFILMENT":
            if shipped:
                self._note(
                    "not_cleared", "it was shipped, which here takes a sale that is cleared"
                )
            return
        if shipped:
            self._reach("shipped", order.carrier_at, "it was shipped")
            self._step("pack", "fulfilment", Event("FULFILMENT_STARTED"))
            carried = {"carrier": "Olist", "tracking": order.order_id}
            self._step("ship", "fulfilment", Event("PACKAGE_SHIPPED", carried))
        if delivered:
            self._reach("delivered", order.delivered_at, "it was delivered")
            self._step("deliver", "fulfilment", Event("PACKAGE_DELIVERED"))
            self._complete()

    def _question_status(self) -> None:
        order = self._order
        if order.status == "unavailable":
            self._note("unavailable", "its goods could not be had; the lifecycle waits for them")
        if order.status in (*_OUT, "canceled"):
            late = order.delivered_at if order.status == "shipped" else None
        else:
            late = order.delivered_at or order.carrier_at
        if late:
            message = f"its status is {order.status} although it has a later date, {late:%F %T}"
            self._note("status_behind_dates", message, status=order.status)

    def _complete(self) -> None:
        ends = self._reached + self._present.return_window
        if ends <= self._present.now:
            self._state = "COMPLETED"
        else:
            self._note("return_window_open", f"it may be returned until {ends:%F %T}")

    # --- the end ---

    def _close(self) -> None:
        order = self._order
        if order.status != "canceled":
            return
        out = any(step.name == "ship" for step in self._steps)
        if order.carrier_at or order.delivered_at:
            what = "delivered" if order.delivered_at else "handed to the carrier"
            kind = "cancelled_after_delivery" if order.delivered_at else "cancelled_after_shipping"
            when = order.delivered_at or order.carrier_at
            self._note(kind, f"cancelled although it was {what} at {when:%F %T}")
        self._step("cancel", "closing", Event("CANCEL_REQUESTED", {"reason": "canceled at Olist"}))
        if not out:
            self._state = "CANCELLED"

    # ---

    def _reach(self, what: str, at: datetime | None, name: str) -> None:
        """Go on to a time of the file, or stay where we are and say why."""
        if at is None:
            self._note(f"{what}_without_date", f"it was {what}, but the file does not say when")
        elif at < self._reached:
            told = f"{what} at {at:%F %T}, before {self._by} ({self._reached:%F %T})"
            self._note(f"{what}_too_early", told)
        else:
            self._reached, self._by = at, name

    def _step(self, name: str, stage: Stage, event: Event) -> None:
        self._steps.append(Step(name=name, stage=stage, event=event, at=self._reached))

    def _note(self, kind: str, message: str, **values: object) -> None:
        self._mismatches.append(Mismatch(kind=kind, message=message, values=values))


def _dates(order: OlistOrder) -> tuple[datetime | None, ...]:
    return (order.purchased_at, order.approved_at, order.carrier_at, order.delivered_at)


def _terms(order: OlistOrder) -> Terms | None:
    lines = tuple(
        Line(
            sku=item.product_id,
            name=product_name(item.product_id),
            quantity=1,
            unit_price_minor=item.price_minor,
        )
        for item in order.items
    )
    freight = sum(item.freight_minor for item in order.items)
    return Terms(currency=CURRENCY, lines=lines, shipping_minor=freight) if lines else None
