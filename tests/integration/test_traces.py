"""Traces over days and lifecycles, with a clock that the test drives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from runtime.receiver import receiving

from collector import Seen, require_tree
from orderwright import Event, Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.app.telemetry.lineage import is_row, span_id_of, trace_id_of
from orderwright.app.telemetry.tracer import Tracer
from orderwright.app.telemetry.visit import arrive
from orderwright.clock import DrivenClock
from orderwright.runtime.job import JobKind, JobRun

CLERK = Asked(by=Identity(id="clerk", login="clerk", name="Clerk", roles=frozenset({Role.BILLER})))
ADMIN = Asked(by=Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN})))
LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def fail_once(run: JobRun) -> str:
    if run.attempt == 1:
        raise ValueError("no")
    return "yes"


@pytest.fixture
async def app(furnished_url: str, exporter: InMemorySpanExporter) -> AsyncIterator[Orderwright]:
    clock, settings = DrivenClock(NOW), Settings(webhook_allow_loopback=True)
    async with Orderwright.connect(
        furnished_url,
        settings=settings,
        clock=clock,
        kinds=[JobKind(name="call", handle=fail_once)],
    ) as opened:
        tracer = Tracer(SimpleSpanProcessor(exporter), Resource({}), clock)
        opened.engine.observer._listeners += (tracer.hear,)
        yield opened


async def test_an_order_and_its_expiry_a_day_later_are_one_trace_from_the_approval_on(
    app: Orderwright, exporter: InMemorySpanExporter
):
    quotation = await app.orders.create_quotation(TERMS, ADMIN)
    for event, by in (("SHARE", ADMIN), ("BUYER_APPROVES", ADMIN), ("SELLER_APPROVES", CLERK)):
        data = {} if event == "SHARE" else {"version": 1}
        await app.orders.send_quotation_event(quotation.instance_id, Event(event, data), by)
    await app.worker.drain()
    app.clock.advance(timedelta(days=1, seconds=3))
    await app.worker.drain()
    spans = seen(exporter)
    [approved] = [span for span in spans if span.name == "quotation SELLER_APPROVES"]
    chain = [span for span in spans if span.trace == approved.trace]
    assert require_tree(chain) == approved
    parents = {span.name: by_id(chain, span.parent) for span in chain if span.parent}
    assert parents["sale create"].name == "quotation.mutually_approved"
    assert parents["quotation.mutually_approved"] == approved
    assert parents["sale SALE_EXPIRED"].name == "sale create"
    assert parents["quotation SALE_EXPIRED"].name == "sale.expired"
    assert parents["phases sale.expired"].name == "sale.expired"


async def test_a_refusal_is_seen_below_its_cause_and_changes_no_ids(
    app: Orderwright, exporter: InMemorySpanExporter
):
    context = {"orderId": "o1", "currency": "EUR", "grandTotalMinor": 100}
    await app.engine.create("sale", "o1", context=context, actor="ada")
    cause = {"correlation_id": "o1/1", "causation_id": "o1/1"}
    await app.engine.send("o1", Event("RELEASE"), actor="ada", **cause)
    [created, refused] = [one for one in seen(exporter) if one.name.startswith("sale ")]
    assert (refused.trace, refused.parent) == (created.trace, created.id)
    assert refused.attributes["orderwright.outcome"] == "refused"
    assert refused.attributes["orderwright.code"] == "unhandled"
    assert created.id == f"{span_id_of('o1/1'):016x}"
    assert created.trace == f"{trace_id_of('o1/1'):032x}"


async def test_attempts_at_a_job_and_at_a_delivery_hang_below_what_asked_for_them(
    app: Orderwright, exporter: InMemorySpanExporter
):
    context = {"orderId": "o1", "currency": "EUR", "grandTotalMinor": 100}
    async with receiving() as subscriber:
        await app.webhooks.subscribe(subscriber.url, ["order.created"], by="ada")
        await app.engine.create("sale", "o1", context=context, actor="ada")
        cause = {"correlation_id": "o1/1", "causation_id": "o1/1"}
        await app.jobs.enqueue("call", {}, key="k", root_id="o1", **cause)
        await app.worker.drain()
        app.clock.advance(timedelta(seconds=5))
        await app.worker.drain()
        assert await app.courier.deliver_due() == 1
    spans = seen(exporter)
    root = require_tree(spans)
    attempts = [span for span in spans if span.name == "job call"]
    assert [one.attributes["orderwright.outcome"] for one in attempts] == ["failed", "done"]
    assert {one.parent for one in attempts} == {root.id}
    [delivery] = [span for span in spans if span.name == "webhook order.created"]
    assert by_id(spans, delivery.parent).name == "order.created"
    assert delivery.attributes["http.response.status_code"] == 204


async def test_what_is_imported_is_not_traced(app: Orderwright, exporter: InMemorySpanExporter):
    context = {"orderId": "o1", "currency": "EUR", "grandTotalMinor": 100}
    await app.engine.create("sale", "o1", context=context, actor="ada", origin="import")
    await app.worker.drain()
    assert seen(exporter) == []


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    ],
)
def test_a_malformed_traceparent_counts_as_none(header: str):
    visit = arrive({"traceparent": header}, now=NOW)
    assert visit.place.parent_id is None
    assert visit.is_sampled


def test_a_caller_who_does_not_sample_is_heeded():
    header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    visit = arrive({"traceparent": header}, now=NOW)
    assert f"{visit.place.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert not visit.is_sampled


@pytest.mark.parametrize(
    ("causation_id", "expected"),
    [
        ("o1/1", True),
        ("o1/1/2", True),
        (None, False),
        ("schedule/sale.expiry/2026-03-01T12:00:00+00:00", False),
        ("o1", False),
    ],
)
def test_only_rows_are_parents(causation_id: str | None, expected: bool):
    assert is_row(causation_id) is expected


def seen(exporter: InMemorySpanExporter) -> list[Seen]:
    return [_seen(span) for span in exporter.get_finished_spans()]


def by_id(spans: list[Seen], span_id: str) -> Seen:
    return next(span for span in spans if span.id == span_id)


def _seen(span: ReadableSpan) -> Seen:
    return Seen(
        name=span.name,
        trace=f"{span.context.trace_id:032x}",
        id=f"{span.context.span_id:016x}",
        parent=f"{span.parent.span_id:016x}" if span.parent else "",
        kind=span.kind.value,
        attributes=dict(span.attributes),
    )
