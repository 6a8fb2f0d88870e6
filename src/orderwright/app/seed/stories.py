"""What happens to each quotation and order of the demo, in hours since it began.

Each story is named after the state in which it ends, and is told several times with other customers and goods.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

Part = Literal["quotation", "sale", "fulfilment", "aftermath"]
"""What a beat goes to; the aftermath goes to the sale once its fulfilments exist."""

DAY: Final = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """An event: so many hours after the beginning, by a person or one of our systems.

    Attributes:
        percent: the part of the total that a capture brings in.
        in_hours: for an appointment, how long after the event it is.
    """

    part: Part
    hours: float
    event: str
    by: str
    data: Mapping[str, object] = field(default_factory=dict)
    percent: int | None = None
    in_hours: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An order, or a quotation with what becomes of it.

    Attributes:
        age: hours since it began.
        customer: which of the customers, from 0.
        short: with something that is not in stock.
        service: it is a service that is sold.
        lapses: it expires in the course of the story.
    """

    name: str
    age: float
    customer: int
    beats: tuple[Beat, ...] = ()
    short: bool = False
    service: bool = False
    lapses: bool = False
    reseller: bool = False
    valid_days: float | None = None
    pieces: int = 1

    def of(self, part: Part) -> list[Beat]:
        """Return the beats of one part, in order."""
        return [beat for beat in self.beats if beat.part == part]


def _sale(hours: float, event: str, by: str, **data: object) -> Beat:
    return Beat(part="sale", hours=hours, event=event, by=by, data=data)


def _goods(hours: float, event: str, by: str = "warehouse", **data: object) -> Beat:
    return Beat(part="fulfilment", hours=hours, event=event, by=by, data=data)


def _after(hours: float, event: str, by: str, **data: object) -> Beat:
    return Beat(part="aftermath", hours=hours, event=event, by=by, data=data)


def _method(method: str = "CARD") -> Beat:
    return _sale(0.2, "SET_PAYMENT_METHOD", "clerk", method=method)


def _money(hours: float, percent: int = 100) -> Beat:
    return replace(_sale(hours, "PAYMENT_CAPTURED", "accountant"), percent=percent)


_PAID = (_method(), _money(0.5))
_TRANSFERRED = (_method("TRANSFER"), _money(2, 40), _money(9, 60))
_ON_TERMS = (_method("INVOICE"),)
_PACKED = _goods(16, "FULFILMENT_STARTED")
_SHIPPED = (_PACKED, _goods(20, "PACKAGE_SHIPPED", carrier="DHL", tracking="JD01460000"))
_DELIVERED = (*_SHIPPED, _goods(66, "PACKAGE_DELIVERED"))
_WANTS_BACK = _goods(90, "RETURN_REQUESTED", "customer", reason="Wrong colour")
_CAME_BACK = _goods(140, "RETURN_RECEIVED", condition="SELLABLE")


def _told(
    name: str, times: int, first: float, apart: float, *beats: Beat, **rest: object
) -> list[Story]:
    stories = [
        Story(name=name, age=first + n * apart, customer=(7 * n + len(name)) % 12, beats=beats)
        for n in range(times)
    ]
    return [replace(story, **rest) for story in stories]  # type: ignore[arg-type]


def orders() -> list[Story]:
    """Return the story of every order that was not quoted before."""
    visit = replace(_goods(18, "SERVICE_SCHEDULED"), in_hours=72)
    return [
        *_told("completed", 9, 19 * DAY, 27, *_PAID, *_DELIVERED),
        *_told(
            "completed-by-transfer", 4, 18.5 * DAY, 61, *_TRANSFERRED, *_DELIVERED, reseller=True
        ),
        *_told("delivered", 6, 3.5 * DAY, 39, *_PAID, *_DELIVERED),
        *_told(
            "delivered-on-terms",
            2,
            5 * DAY,
            50,
            *_ON_TERMS,
            *_DELIVERED,
            customer=5,
            reseller=True,
        ),
        *_told("shipped", 4, 30, 13, *_PAID, *_SHIPPED),
        *_told("shipped-on-terms", 1, 40, 1, *_ON_TERMS, *_SHIPPED, customer=6, reseller=True),
        *_told("ready", 3, 19, 5, *_PAID, _PACKED),
        *_told("to-pick", 4, 3, 4, *_PAID),
        *_told("backordered", 2, 26, 31, *_PAID, short=True),
        *_told("awaiting-method", 3, 1.2, 5),
        *_told("initiated", 2, 4, 7, _method("BANK")),
        *_told("authorised", 1, 5, 1, _method(), _sale(0.4, "PAYMENT_AUTHORIZED", "accountant")),
        *_told("part-paid", 2, 50, 30, _method("TRANSFER"), _money(6, 40)),
        *_told(
            "payment-failed",
            2,
            6,
            9,
            _method(),
            _sale(0.5, "PAYMENT_FAILED", "accountant", reason="Card declined"),
        ),
        *_told(
            "override-review",
            1,
            8,
            1,
            _method("INVOICE"),
            _sale(1, "CREDIT_OVERRIDE_REQUIRED", "clerk", reason="Opens a second café in May"),
            customer=3,
            pieces=4,
        ),
        *_told(
            "waiver-asked",
            1,
            13.5,
            1,
            _method("BANK"),
            _sale(1, "ADMIN_OVERRIDE_REQUESTED", "clerk", reason="The bank confirms on Monday"),
            customer=2,
        ),
        *_told(
            "frozen",
            1,
            30,
            1,
            *_PAID,
            _after(10, "FREEZE", "manager", reason="Name is on a watch list"),
        ),
        *_told(
            "cancelled-unpaid",
            1,
            60,
            1,
            _method(),
            _after(8, "CANCEL_REQUESTED", "clerk", reason="Ordered twice"),
        ),
        *_told(
            "cancelled-paid",
            1,
            100,
            1,
            *_PAID,
            _after(12, "CANCEL_REQUESTED", "clerk", reason="Changed their mind"),
        ),
        *_told(
            "rejected",
            1,
            130,
            1,
            _method(),
            _after(5, "REJECT", "manager", reason="Address does not exist"),
        ),
        *_told("expired", 3, 3 * DAY, 55, _method("BANK"), lapses=True),
        *_told("on-hold", 1, 33, 1, *_PAID, _goods(5, "HOLD", reason="Address to be confirmed")),
        *_told("return-requested", 1, 6 * DAY, 1, *_PAID, *_DELIVERED, _WANTS_BACK, customer=0),
        *_told(
            "return-received",
            1,
            8 * DAY,
            1,
            *_PAID,
            *_DELIVERED,
            _WANTS_BACK,
            _CAME_BACK,
            customer=0,
        ),
        *_told(
            "refunded",
            1,
            11 * DAY,
            1,
            *_PAID,
            *_DELIVERED,
            _WANTS_BACK,
            _CAME_BACK,
            _goods(150, "REFUND_ISSUED", "accountant"),
            customer=0,
        ),
        *_told(
            "delivery-failed",
            1,
            5 * DAY,
            1,
            *_PAID,
            *_SHIPPED,
            _goods(60, "DELIVERY_FAILED", reason="Nobody at home"),
        ),
        *_told(
            "lost",
            1,
            9 * DAY,
            1,
            *_PAID,
            *_SHIPPED,
            _goods(120, "FAIL", reason="Lost by the carrier"),
        ),
        *_told("service-scheduled", 1, 40, 1, *_PAID, visit, service=True),
        *_told(
            "service-in-progress",
            1,
            96,
            1,
            *_PAID,
            visit,
            _goods(94, "SERVICE_STARTED"),
            service=True,
        ),
        *_told(
            "service-completed",
            1,
            7 * DAY,
            1,
            *_PAID,
            visit,
            _goods(90, "SERVICE_STARTED"),
            _goods(93, "SERVICE_COMPLETED"),
            service=True,
        ),
        *_told(
            "part-shipped",
            2,
            28,
            17,
            *_PAID,
            _PACKED,
            _goods(
                20,
                "PACKAGE_SHIPPED",
                carrier="DHL",
                tracking="JD01460000",
                lines=[{"lineNo": 1, "quantity": 1}],
            ),
            pieces=2,
        ),
        *_told(
            "part-refunded",
            1,
            12 * DAY,
            1,
            *_PAID,
            *_DELIVERED,
            replace(
                _WANTS_BACK, data={**_WANTS_BACK.data, "lines": [{"lineNo": 1, "quantity": 1}]}
            ),
            _CAME_BACK,
            _goods(150, "REFUND_ISSUED", "accountant"),
            customer=0,
            pieces=2,
        ),
        *_told("of-the-customer", 2, 2, 17, customer=0),
        *_told("money-registered", 2, 2.5, 6, _method("TRANSFER")),
        *_told("money-confirmed", 2, 3.2, 8, _method()),
        *_told("money-in-part", 1, 9, 1, _method("BANK")),
        *_told("money-refunded", 1, 12, 1, _method()),
        *_told("money-failed", 1, 5.5, 1, _method()),
    ]


def _quote(hours: float, event: str, by: str = "clerk", **data: object) -> Beat:
    return Beat(part="quotation", hours=hours, event=event, by=by, data=data)


_SHARED = _quote(1, "SHARE")
_BUYER = _quote(5, "BUYER_APPROVES", "customer", version=1)
_SELLER = _quote(7, "SELLER_APPROVES", version=1)


def quotations() -> list[Story]:
    """Return the story of every quotation, some of them down to the delivery."""
    return [
        *_told("draft", 2, 2, 20, reseller=True),
        *_told("in-review", 2, 20, 30, _SHARED),
        *_told("revised", 1, 50, 1, _SHARED, _quote(9, "EDIT"), reseller=True),
        *_told("approved-by-buyer", 1, 60, 1, _SHARED, _BUYER, customer=0),
        *_told("approved-by-seller", 1, 26, 1, _SHARED, _SELLER, customer=0),
        *_told("approved", 1, 10, 1, _SHARED, _BUYER, _SELLER, customer=0),
        *_told(
            "approved-and-sold",
            2,
            8 * DAY,
            70,
            _SHARED,
            _BUYER,
            _SELLER,
            *_later(8, *_PAID, *_DELIVERED),
            reseller=True,
        ),
        *_told(
            "declined",
            1,
            9 * DAY,
            1,
            _SHARED,
            _quote(30, "DECLINE", "customer", reason="Too expensive"),
            customer=0,
        ),
        *_told(
            "withdrawn",
            1,
            12 * DAY,
            1,
            _SHARED,
            _quote(20, "WITHDRAW", reason="Prices have changed"),
        ),
        *_told("lapsed", 2, 20 * DAY, 50, _SHARED, valid_days=7),
    ]


def _later(hours: float, *beats: Beat) -> list[Beat]:
    return [replace(beat, hours=beat.hours + hours) for beat in beats]
