"""Tell the story of an order in a test: events with sample data and facts, a chart as it is shipped.

A `Story` is an instance on its way from start; a situation of a golden table is a story that has come to a state by
real events. Each event gets exactly the facts that the chart declares for it, as the engine would load them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from orderwright.app import shipped
from orderwright.domain.approval import approval_id
from orderwright.domain.orders import BEHAVIOURS
from orderwright.statechart import (
    Chart,
    Event,
    Explanation,
    Refused,
    Snapshot,
    Step,
    explain,
    load,
    send,
    start,
)

NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHARTS: Final[Mapping[str, Chart]] = {
    name: load((shipped.folder("charts") / f"{name}.v1.json").read_text()) for name in BEHAVIOURS
}


@dataclass
class Story:
    """An instance of a shipped chart under way."""

    chart: Chart
    data: Mapping[str, Mapping]
    facts: dict
    context: Mapping = field(default_factory=dict)
    now: datetime = NOON
    steps: list[Step] = field(default_factory=list)

    def begin(self) -> Story:
        self.steps.append(
            start(self.chart, self.behaviour, context=self.context, facts=self.facts, now=self.now)
        )
        return self

    def copy(self) -> Story:
        return Story(
            self.chart, self.data, dict(self.facts), self.context, self.now, list(self.steps)
        )

    def tell(self, *events: str, **data: object) -> Story:
        """Send events, each with its sample data, overlaid with what is given; none may be refused."""
        for event in events:
            self.send(event, **data)
            assert self.step.refused is None, (event, self.step.refused)
        return self

    def send(self, event: str, **data: object) -> Step:
        declared = self.chart.events.get(event)
        names = declared.facts if declared else ()
        known = {name: self.facts[name] for name in names if name in self.facts}
        if event == "FULFILMENT_COMPLETED" and known.get("fulfilments") is PICKING:
            known["fulfilments"] = fulfilments("COMPLETED")
        sample = self._answering(event, self.data.get(event, {}))
        step = send(
            self.chart,
            self.behaviour,
            self.snapshot,
            Event(event, {**sample, **data}),
            facts=known,
            now=self.now,
        )
        self.steps.append(step)
        return step

    def _answering(self, event: str, sample: Mapping) -> Mapping:
        """An answer to an override comes from the approval that was asked for, if one was."""
        kind = sample.get("kind", event.partition("_")[0])
        asked = self.values.get("overrides", {}).get(kind, {}).get("asked")
        return {**sample, "approvalId": asked} if "approvalId" in sample and asked else sample

    def by(self, person: str, *roles: str) -> Story:
        """Let somebody with these roles act from now on."""
        self.facts["actor"] = {"id": person, "sides": [], "roles": list(roles)}
        return self

    def refusal(self, event: str, **data: object) -> Refused:
        refused = self.send(event, **data).refused
        assert refused is not None, f"{event} was taken"
        return refused

    def explain(self, **facts: object) -> dict[str, Explanation]:
        known = facts or self.facts
        return explain(self.chart, self.behaviour, self.snapshot, facts=known, now=self.now)

    def wait(self, **span: float) -> Story:
        self.now += timedelta(**span)
        return self

    @property
    def behaviour(self):
        return BEHAVIOURS[self.chart.id]

    @property
    def step(self) -> Step:
        return self.steps[-1]

    @property
    def snapshot(self) -> Snapshot:
        return self.step.snapshot

    @property
    def values(self) -> Mapping:
        return self.snapshot.context

    @property
    def state(self) -> str:
        return leaf(self.chart, self.snapshot)

    def emitted(self) -> list[str]:
        """Every domain event so far, in order."""
        return [e.type for step in self.steps for e in step.effects if hasattr(e, "type")]


def leaf(chart: Chart, snapshot: Snapshot) -> str:
    """The key of the active atomic node; the order charts have one."""
    nodes = [chart.node(name) for name in snapshot.configuration]
    (found,) = [node.key for node in nodes if not node.children]
    return found


def at(moment: datetime) -> str:
    return moment.isoformat()


# --- quotation ------------------------------------------------------------------------------------

LINE: Final = {
    "sku": "LAMP",
    "quantity": 2,
    "unitPrice": "50.00",
    "discount": "10.00",
    "tax": "18.00",
}
QUOTATION_DATA: Final = {
    "EDIT": {"lines": [LINE], "shipping": "5.00"},
    "BUYER_APPROVES": {"version": 1},
    "SELLER_APPROVES": {"version": 1},
    "DECLINE": {"reason": "too dear"},
    "WITHDRAW": {"reason": "sold out"},
    "EXTEND_VALIDITY": {"days": 7},
    "SALE_EXPIRED": {"version": 1},
}


def quotation(**context: object) -> Story:
    """A quotation over 200.00 EUR, valid for ten days; the actor speaks for both sides."""
    given = {
        "quotationId": "q1",
        "currency": "EUR",
        "lines": [],
        "totalMinor": 20000,
        "validUntil": at(NOON + timedelta(days=10)),
        **context,
    }
    facts = {"actor": {"sides": ["BUYER", "SELLER"]}}
    return Story(CHARTS["quotation"], QUOTATION_DATA, facts, given).begin()


# --- sale -----------------------------------------------------------------------------------------

TOMORROW: Final = at(NOON + timedelta(days=1))
HOLD: Final = {
    "kind": "action",
    "reason": "large first order",
    "policy": "p1",
    "policyName": "Large first order",
    "version": 1,
}
DECIDING_DATA: Final = {
    "HOLD_PLACED": {"holdId": "h1", **HOLD},
    "HOLD_LIFTED": {"holdId": "h1", "outcome": "approved"},
}
SALE_DATA: Final = {
    "SET_PAYMENT_METHOD": {"method": "CARD"},
    "LINES_CREDITED": {"returnId": "rma-new", "amount": "30.00"},
    "PAYMENT_CAPTURED": {"amount": "100.00", "paymentId": "p-new"},
    "PAYMENT_REFUNDED": {
        "paymentId": "p-full",
        "refundId": "r-new",
        "amount": "100.00",
        "remaining": "0.00",
        "ofLines": "0.00",
    },
    "PAYMENT_REFUND_UNDONE": {
        "paymentId": "p-full",
        "refundId": "r-new",
        "amount": "100.00",
        "remaining": "100.00",
        "ofLines": "0.00",
    },
    "PAYMENT_CHARGED_BACK": {"paymentId": "p-full", "amount": "100.00", "remaining": "0.00"},
    "PAYMENT_CHARGEBACK_REVERSED": {
        "paymentId": "p-full",
        "amount": "100.00",
        "remaining": "100.00",
    },
    "PAYMENT_FAILED": {"reason": "declined"},
    "ADMIN_OVERRIDE_REQUESTED": {"reason": "old friend"},
    "CREDIT_OVERRIDE_REQUIRED": {"reason": "big order"},
    "ADMIN_OVERRIDE_GRANTED": {"amount": "100.00", "expiresAt": TOMORROW, "approvalId": "a1"},
    "CREDIT_OVERRIDE_GRANTED": {"amount": "100.00", "expiresAt": TOMORROW, "approvalId": "a1"},
    "ADMIN_OVERRIDE_DENIED": {"reason": "no", "approvalId": "a1"},
    "CREDIT_OVERRIDE_DENIED": {"reason": "no", "approvalId": "a1"},
    "OVERRIDE_REVOKED": {"kind": "CREDIT", "approvalId": "a1"},
    "OVERRIDE_EXPIRED": {"kind": "CREDIT", "approvalId": "a1"},
    **DECIDING_DATA,
    "FREEZE": {"reason": "odd address", "policy": "fraud-1"},
    "RELEASE": {"reason": "checked"},
    "REJECT": {"reason": "fraud"},
    "CANCEL_REQUESTED": {"reason": "changed mind"},
    "FULFILMENT_SHIPPED": {"fulfilmentId": "f1"},
    "WRITE_OFF": {"reason": "bankrupt"},
    "FULFILMENT_COMPLETED": {"fulfilmentId": "f1", "outcome": "COMPLETED"},
}


def credit(limit: int, exposure: int = 0) -> dict:
    """The fact of a customer's credit, in major units."""
    return {"limitMinor": limit * 100, "exposureMinor": exposure * 100}


def fulfilments(*states: str) -> list[dict]:
    return [{"id": f"f{i + 1}", "state": state} for i, state in enumerate(states)]


PICKING: Final = fulfilments("PICK_PACK")
"""Where the fulfilment stands unless a story says otherwise; it has ended when an event says that it has."""


def sale(limit: int = 0, exposure: int = 0, **context: object) -> Story:
    """A sale over 100.00 EUR, to be paid within a day, by a customer with a limit; the policies have decided."""
    return undecided(limit, exposure, **context).tell("DECISION_RECORDED")


def undecided(limit: int = 0, exposure: int = 0, **context: object) -> Story:
    """A sale as it is placed."""
    given = {
        "orderId": "o1",
        "number": "SO-1",
        "customerId": "c1",
        "currency": "EUR",
        "grandTotalMinor": 10000,
        "expiresAt": at(NOON + timedelta(days=1)),
        **context,
    }
    facts = {
        "credit": credit(limit, exposure),
        "expiry": {"minutes": 1440, "since": at(NOON)},
        "fulfilments": PICKING,
        "quotation": {},
    }
    return Story(CHARTS["sale"], SALE_DATA, facts, given).begin()


def cleared(story: Story) -> int:
    """How often the sale was cleared."""
    return story.emitted().count("sale.cleared")


# --- credit ---------------------------------------------------------------------------------------

CREDIT_DATA: Final = {
    "SET_PROFILE": {"tier": "SILVER", "customLimit": "500.00"},
    "SALE_COMPLETED": {"orderId": "o1", "amountMinor": 10000},
    "SALE_PAID_BACK": {"orderId": "o1", "amountMinor": 4000},
}


def profile(**context: object) -> Story:
    """The credit profile of a customer who has bought nothing yet."""
    given = {"customerId": "c1", "currency": "EUR", **context}
    return Story(CHARTS["credit"], CREDIT_DATA, {}, given).begin()


# --- stock ----------------------------------------------------------------------------------------

STOCK_DATA: Final = {
    "RECEIVE_STOCK": {"quantity": 10, "reference": "DN-1"},
    "ADJUST_STOCK": {"change": -1, "reason": "broken"},
}
SUPPLY: Final = {"LAMP": {"free": {"north": 2, "south": 5}, "short": 0}}


def stock(**context: object) -> Story:
    """Lamps in the north."""
    given = {"sku": "LAMP", "location": "north", **context}
    return Story(CHARTS["stock"], STOCK_DATA, {}, given).begin()


def reservation(supply: Mapping = SUPPLY) -> Story:
    """An order's wish for three lamps."""
    lines = [{"lineNo": 1, "sku": "LAMP", "quantity": 3}]
    given = {"orderId": "o1", "lines": lines}
    return Story(CHARTS["reservation"], {}, {"stock": supply}, given).begin()


# --- fulfilment -----------------------------------------------------------------------------------

FULFILMENT_DATA: Final = {
    "ALLOCATE": {"inTurn": []},
    "RESERVE_MISS": {"skus": ["LAMP"]},
    "PACKAGE_SHIPPED": {"carrier": "DHL", "tracking": "T1"},
    "DELIVERY_FAILED": {"reason": "nobody home"},
    "SERVICE_SCHEDULED": {"at": TOMORROW},
    "RETURN_REQUESTED": {"reason": "broken"},
    "RETURN_RECEIVED": {"condition": "SELLABLE"},
    "RETURN_REJECTED": {"reason": "worn"},
    "HOLD": {"reason": "frozen"},
    "CANCEL": {"reason": "cancelled"},
    "FAIL": {"reason": "lost"},
}
LAMPS: Final = {"lineNo": 1, "sku": "LAMP", "quantity": 2, "ofPieces": 2, "totalMinor": 1001}
BULBS: Final = {"lineNo": 2, "sku": "BULB", "quantity": 3, "ofPieces": 3, "totalMinor": 1000}
FITTING: Final = {"lineNo": 3, "sku": "FITTING", "quantity": 1, "kind": "SERVICE"}


def there(lamps: Mapping[str, int], bulbs: Mapping[str, int], short: int = 0) -> dict:
    """What is free of two SKUs at each location, and how many lamps older backorders wait for."""
    return {"LAMP": {"free": lamps, "short": short}, "BULB": {"free": bulbs, "short": 0}}


PLENTY: Final = there({"MAIN": 9, "EAST": 9}, {"MAIN": 9, "EAST": 9})
ONE_LAMP: Final = there({"MAIN": 1}, {"MAIN": 9})
NO_LAMPS: Final = there({}, {"MAIN": 9}, short=1)
SPREAD: Final = there({"MAIN": 2}, {"EAST": 3})


def fulfilment(stock: Mapping = PLENTY, **context: object) -> Story:
    """A fulfilment of two lamps and three bulbs, of a sale that is cleared."""
    given = {
        "fulfilmentId": "f1",
        "orderId": "o1",
        "number": "F-1",
        "lines": [LAMPS, BULBS],
        **context,
    }
    facts = {
        "sale": {"state": "CLEARED_FOR_FULFILMENT", "label": "Cleared for fulfilment"},
        "stock": stock,
    }
    return Story(CHARTS["fulfilment"], FULFILMENT_DATA, facts, given).begin()


# --- return ---------------------------------------------------------------------------------------

RETURN_DATA: Final = {
    "RECEIVE": {"lines": [{"lineNo": 1, "sku": "LAMP", "quantity": 1, "condition": "SELLABLE"}]},
    "REJECT": {"reason": "worn"},
    "REFUND": {"amountMinor": 500, "openMinor": 0},
}


def goods_return(**context: object) -> Story:
    """A return of one lamp."""
    lines = [{"lineNo": 1, "sku": "LAMP", "quantity": 1}]
    given = {"returnId": "r1", "number": "RE-1", "orderId": "o1", "lines": lines, **context}
    return Story(CHARTS["return"], RETURN_DATA, {}, given).begin()


# --- case -----------------------------------------------------------------------------------------

CASE_DATA: Final = {
    "ASSIGN": {"assigneeId": "ann"},
    "COMMENT": {"text": "asked the bank"},
    "CHANGE_PRIORITY": {"priority": "LOW"},
    "RESOLVE": {"resolution": "SOLVED", "note": "the bank took it back"},
    "REOPEN": {"reason": "it came again"},
}


def case(**context: object) -> Story:
    """A case about an order, to be resolved within a day; Bea acts."""
    given = {
        "caseId": "c1",
        "number": "CA-1",
        "caseType": "OVERCAPTURE",
        "title": "Too much was captured",
        "subjectType": "Order",
        "subjectId": "o1",
        "role": "ACCOUNTANT",
        "slaMinutes": 1440,
        "dueAt": TOMORROW,
        **context,
    }
    return Story(CHARTS["case"], CASE_DATA, {"actor": {"id": "bea", "sides": []}}, given).begin()


# --- approval -------------------------------------------------------------------------------------

APPROVAL_DATA: Final = {
    "APPROVE": {"reason": "good customer"},
    "DENY": {"reason": "too risky"},
    "REVOKE": {"reason": "things have changed"},
    "WITHDRAW": {"reason": "asked by mistake"},
    "SUBJECT_ENDED": {"reason": "the order was cancelled"},
}
DECIDERS: Final = ("MANAGER", "ADMIN", "SUPERADMIN")
TWO: Final = {"approvers": 2, "roles": list(DECIDERS), "including": []}
TWO_WITH_ADMIN: Final = {**TWO, "including": ["ADMIN", "SUPERADMIN"]}


def approval(quorum: Mapping = TWO, **context: object) -> Story:
    """An approval of 70.00 EUR that Clara asks for; Max, a manager, acts."""
    given = {
        "approvalId": "a1",
        "subjectType": "sale",
        "subjectId": "o1",
        "kind": "CREDIT",
        "reason": "big order",
        "amountMinor": 7000,
        "currency": "EUR",
        "requestedBy": "clara",
        "quorum": quorum,
        **context,
    }
    story = Story(CHARTS["approval"], APPROVAL_DATA, {}, given)
    return story.by("max", "MANAGER").begin()


# --- policy ---------------------------------------------------------------------------------------

FIRST_CHANGE: Final = approval_id("p1", "PUBLISH", 1)
POLICY_DATA: Final = {
    "SAVE_VERSION": {"name": "High amount", "trigger": "ORDER_CREATED", "fingerprint": "f2"},
    "REQUEST_PUBLICATION": {
        "version": 1,
        "mode": "enforce",
        "rollout": 10000,
        "trigger": "ORDER_CREATED",
        "reason": "fraud",
    },
    "REQUEST_RESUMPTION": {"reason": "all is well again"},
    "CHANGE_APPROVED": {"approvalId": FIRST_CHANGE, "approvedBy": "bea"},
    "CHANGE_REFUSED": {"approvalId": FIRST_CHANGE, "reason": "too strict"},
    "PAUSE": {"reason": "too many hits"},
    "ARCHIVE": {"reason": "of no use"},
}


def policy(**context: object) -> Story:
    """A policy on new orders that Cleo drafts."""
    given = {"policyId": "p1", "name": "High amount", "trigger": "ORDER_CREATED", **context}
    return Story(CHARTS["policy"], POLICY_DATA, {}, given).by("cleo", "COMPLIANCE").begin()


# --- payment --------------------------------------------------------------------------------------

_MONEY: Final = {"amountMinor": 10000, "currency": "EUR"}
PAYMENT_DATA: Final = {
    "FAIL": {"reason": "no money came"},
    "REFUND": {"refundId": "r-new", "amount": "30.00", "reason": "late"},
    "REFUND_UNDONE": {"refundId": "r-1", "reason": "denied"},
    "CHARGE_BACK": {"chargebackId": "c-new", "amount": "10.00", "reason": "stolen card"},
    "CAPTURE_REPORTED": {"eventId": "e1", **_MONEY},
    "FAILURE_REPORTED": {"eventId": "e2", "reason": "declined"},
    "REFUND_REPORTED": {"eventId": "e3", "refundId": "re-1", **_MONEY},
    "CHARGEBACK_REPORTED": {"eventId": "e4", "chargebackId": "dp-1", **_MONEY},
    "CHARGEBACK_REVERSED": {"eventId": "e5", "chargebackId": "dp-1"},
    "MISMATCH_REPORTED": {"eventId": "e6", "why": "another amount", **_MONEY},
    "SALE_REFUSED": {
        "event": "PAYMENT_CAPTURED",
        "code": "done",
        "message": "the order is at its end",
        "amountMinor": 10000,
    },
    "MATCHED": {"paymentId": "p1"},
}


def payment(**context: object) -> Story:
    """A payment of 100.00 EUR by card for an order with one line of 60.00."""
    given = {
        "paymentId": "p1",
        "orderId": "o1",
        "method": "CARD",
        "amountMinor": 10000,
        "currency": "EUR",
        "eventId": "e0",
        **context,
    }
    facts = {"refundable": {"1": 6000}}
    return Story(CHARTS["payment"], PAYMENT_DATA, facts, given).begin()
