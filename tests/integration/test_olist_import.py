from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fuse import Fuse
from goods_books import conserved
from olist_files import APPROVED, BOUGHT, CARRIED, DELIVERED, Files

from orderwright import Event, Orderwright
from orderwright.app.olist import settling
from orderwright.app.olist.dataset import (
    ITEMS,
    ORDERS,
    PAYMENTS,
    ColumnsMissing,
    Dataset,
    FileMissing,
)
from orderwright.app.olist.order import sale_id_of
from orderwright.app.olist.plan import NOT_CREATED
from orderwright.app.olist.run import import_olist
from orderwright.app.olist.settling import ImportStalled
from orderwright.app.settings import Settings
from orderwright.runtime.replay import Replay

if TYPE_CHECKING:
    from orderwright.app.olist.report import Report

NO_SETTINGS = Settings()
TABLES = """
select table_name from information_schema.tables where table_schema = 'orderwright' order by 1
"""
ENDS = """
select l.instance_id, l.version, l.event_type, l.actor_id, l.origin, l.correlation_id, l.causation_id, l.occurred_at,
       l.from_state, l.to_state, i.state, i.version
from orderwright.log l join orderwright.instance i using (instance_id)
where i.chart_id in ('sale', 'fulfilment') order by 1, 2
"""
SHELVES = """
select ledger, account, amount from orderwright.balance where ledger like 'stock.%' and amount <> 0 order by 1, 2
"""
FINISHED = ("COMPLETED", set())


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[Orderwright]:
    async with Orderwright.connect(database_url, settings=NO_SETTINGS) as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def outcomes(report: Report) -> dict[str, tuple[str, set[str]]]:
    return {one.order_id: (one.state, {r.kind for r in one.reasons}) for one in report.misfits}


async def contents(app: Orderwright) -> dict[str, tuple[int, str]]:
    """Count and hash of every table of ours."""
    names = [row["table_name"] for row in await app.pool.fetch(TABLES)]
    query = "select count(*), md5(string_agg(t::text, '|' order by t::text)) from orderwright.{} t"
    return {name: tuple(await app.pool.fetchrow(query.format(name))) for name in names}


async def ends(app: Orderwright) -> list[tuple[object, ...]]:
    """What an import leaves behind of orders and stock, but for numbers and the time of recording."""
    rows = [*await app.pool.fetch(ENDS), *await app.pool.fetch(SHELVES)]
    return [tuple(row) for row in rows]


async def verify(app: Orderwright) -> None:
    replay = Replay(app.pool)
    for row in await app.pool.fetch("select instance_id from orderwright.instance"):
        assert await replay.verify(row["instance_id"]) == ()
    assert await conserved(app) == []


def assorted(files: Files) -> None:
    """Orders of different lengths, enough for several at a time."""
    for n in range(6):
        files.order(f"whole-{n}")
        files.order(f"split-{n}", payments=("voucher 20.00", "credit_card 30.00", "boleto 10.00"))
        files.order(f"waiting-{n}", "processing", (BOUGHT, APPROVED, "", ""))
    files.order("called-off", "canceled", (BOUGHT, APPROVED, "", ""))
    files.order("too-late", "canceled", (BOUGHT, APPROVED, CARRIED, ""))
    files.order("short", payments=("credit_card 59.98",))


async def test_an_order_goes_from_purchase_to_completion_at_the_times_of_the_file(
    app: Orderwright, files: Files
):
    files.order("o1", items=("20.00+3.00", "20.00+7.00"), payments=("voucher 10.00", "boleto 40"))

    report = await import_olist(app, Dataset.open(files.write()))

    assert outcomes(report) == {}
    assert report.cells == {("delivered", "COMPLETED"): 1}
    rows = await app.pool.fetch(
        "select event_type, occurred_at, actor_kind, actor_id, origin, correlation_id"
        " from orderwright.log where instance_id = $1 order by version",
        sale_id_of("o1"),
    )
    assert [(row["event_type"], f"{row['occurred_at']:%F %T}") for row in rows] == [
        ("create", BOUGHT),
        ("DECISION_RECORDED", BOUGHT),
        ("SET_PAYMENT_METHOD", BOUGHT),
        ("PAYMENT_CAPTURED", APPROVED),
        ("PAYMENT_CAPTURED", APPROVED),
        ("FULFILMENT_SHIPPED", CARRIED),
        ("FULFILMENT_COMPLETED", "2018-01-19 10:00:00"),
    ]
    assert {row["actor_id"] for row in rows} == {"import:olist", "phases"}
    assert {row["actor_kind"] for row in rows} == {"system"}
    origins = await app.pool.fetch("select distinct origin, correlation_id from orderwright.log")
    assert [tuple(row) for row in origins] == [("import", "olist/o1")]
    order = await app.pool.fetchrow("select * from orderwright.sale_order")
    assert (order["shipping_minor"], order["grand_total_minor"], order["currency"]) == (
        1000,
        5000,
        "BRL",
    )
    lines = await app.pool.fetch("select sku, quantity from orderwright.sale_order_line")
    assert [tuple(line) for line in lines] == [("p-1", 1), ("p-2", 1)]
    captures = await app.pool.fetch(
        "select data from orderwright.ledger_entry where ledger = 'captures' order by version"
    )
    assert [(json.loads(row["data"])["paymentId"]) for row in captures] == ["o1/1", "o1/2"]
    assert [(json.loads(row["data"])["method"]) for row in captures] == ["voucher", "boleto"]
    assert await app.pool.fetch(SHELVES) == []  # received, reserved and issued
    await verify(app)


async def test_what_does_not_fit_is_listed_with_its_reason(  # noqa: PLR0915 (a list)
    app: Orderwright, files: Files
):
    now = app.clock.now()
    soon, lately = (f"{now + timedelta(days=n):%F %T}" for n in (9, -9))
    cleared, pending = "CLEARED_FOR_FULFILMENT", "PAYMENT_PENDING_CONFIRMATION"
    shipped = (BOUGHT, APPROVED, CARRIED, "")
    expected: dict[str, tuple[str, set[str]]] = {}

    def order(kinds: str, state: str, *rest: object, **more: object) -> None:
        name = f"{len(expected)}-{kinds.split(maxsplit=1)[0]}"
        expected[name] = (state, set(kinds.split()))
        files.order(name, *rest, **more)

    order("underpaid not_cleared", pending, payments=("credit_card 59.98",))
    order("underpaid", pending, "approved", (BOUGHT, APPROVED, "", ""), payments=("boleto 1",))
    order("overpaid", "COMPLETED", payments=("credit_card 60.01",))
    order("no_payments not_cleared", "AWAITING_PAYMENT_METHOD", payments=())
    order("no_items", NOT_CREATED, items=())
    order("approved_too_early", "COMPLETED", dates=(APPROVED, BOUGHT, CARRIED, DELIVERED))
    order("shipped_too_early", "COMPLETED", dates=(BOUGHT, CARRIED, APPROVED, DELIVERED))
    order("delivered_too_early", "COMPLETED", dates=(BOUGHT, APPROVED, DELIVERED, CARRIED))
    order("approved_without_date", "COMPLETED", dates=(BOUGHT, "", CARRIED, DELIVERED))
    order("shipped_without_date", "COMPLETED", dates=(BOUGHT, APPROVED, "", DELIVERED))
    order("delivered_without_date", "COMPLETED", dates=shipped)
    order("cancelled_after_shipping", cleared, "canceled", shipped)
    order("cancelled_after_delivery", "COMPLETED", "canceled")
    order("status_behind_dates", "COMPLETED", "shipped")
    order("status_behind_dates", cleared, "invoiced", shipped)
    order("unavailable", cleared, "unavailable", (BOUGHT, APPROVED, "", ""))
    order("unknown_payment_type", "COMPLETED", payments=("barter 60.00",))
    order("return_window_open", cleared, dates=(BOUGHT, APPROVED, CARRIED, lately))
    order("in_future", NOT_CREATED, dates=(BOUGHT, APPROVED, CARRIED, soon))
    files.order("created", "created", (BOUGHT, "", "", ""))
    files.order("cancelled", "canceled", (BOUGHT, "", "", ""))
    files.order("cancelled-paid", "canceled", (BOUGHT, APPROVED, "", ""))
    files.order("free", items=("0.00+0.00",), payments=("voucher 0.00",))

    report = await import_olist(app, Dataset.open(files.write()))

    await never_backwards(app)
    await verify(app)
    assert outcomes(report) == expected
    assert report.cells["created", "PAYMENT_INITIATED"] == 1
    assert report.cells["canceled", "CANCELLED"] == 2
    assert report.orders == len(expected) + 4
    assert report.bad_rows == []
    [short] = [one for one in report.misfits if one.order_id.startswith("0-")]
    assert short.reasons[0].message == "underpaid by 0.02 BRL (59.98 of 60.00)"


async def never_backwards(app: Orderwright) -> None:
    steps = await app.pool.fetch(
        "select occurred_at < lag(occurred_at) over (partition by instance_id order by log.version) as back"
        " from orderwright.log join orderwright.instance using (instance_id) where chart_id <> 'stock'"
    )
    assert not any(row["back"] for row in steps)


async def test_bad_rows_are_named_and_stop_nothing_else(app: Orderwright, files: Files):
    for name in ("good", "time", "money", "twice", "status"):
        files.order(name)
    folder = files.write()

    def change(name: str, old: str, new: str) -> None:
        path = folder / f"olist_{name}_dataset.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    change("orders", f"time,c-time,delivered,{BOUGHT}", "time,c-time,delivered,yesterday")
    change("orders", "status,c-status,delivered", "status,c-status,lost")
    change("order_payments", "money,1,credit_card,1,60.00", "money,1,credit_card,1,6e1")
    change("order_items", "\ntwice", "\ntwice,1,p-1,s-1,2018-01-04 00:00:00,1.00,1.00\ntwice")
    with (folder / "olist_order_items_dataset.csv").open("ab") as items:
        items.write(b'"half,1\n\nnobody,1,p,s,t,1.00,1.00\ngood,9\n,,\n\xff,1,p,s,t,1,1\n')
    change_bytes = folder / "olist_customers_dataset.csv"
    change_bytes.write_bytes(change_bytes.read_bytes().replace(b"c-good", b"c-else"))

    report = await import_olist(app, Dataset.open(folder))

    reasons = {(row.file, row.line): row.reason for row in report.bad_rows}
    expected = {
        (ITEMS.name, 4): "another row has the same order_id and order_item_id",
        (ITEMS.name, 8): "not CSV: unexpected end of data",
        (ITEMS.name, 10): "no order has the order_id nobody",
        (ITEMS.name, 11): "row: '2 columns' is not acceptable; expected 7 columns",
        (ITEMS.name, 12): "row: '3 columns' is not acceptable; expected 7 columns",
        (ITEMS.name, 13): "order_id: \"'\\\\udcff'\" is not acceptable; expected a word",
        (PAYMENTS.name, 4): "payment_value: '6e1' is not acceptable; expected a decimal",
        (ORDERS.name, 2): "order_status: 'lost' is not acceptable; expected one of created",
        (ORDERS.name, 5): "order_purchase_timestamp: 'yesterday' is not acceptable",
        (ORDERS.name, 6): "no customer has the customer_id c-good",
    }
    assert {place: reasons[place][: len(text)] for place, text in expected.items()} == expected
    assert list(reasons) == list(expected)
    bad = (NOT_CREATED, {"bad_rows"})
    assert outcomes(report) == {"money": bad, "twice": bad}


async def test_a_corrected_file_goes_on_where_it_stopped(app: Orderwright, files: Files):
    files.order("o1", "shipped", (BOUGHT, APPROVED, CARRIED, ""))
    first = await import_olist(app, Dataset.open(files.write()))
    files.lines["orders"] = [
        line.replace(",shipped,", ",delivered,").replace(
            f"{CARRIED},", f"{CARRIED},{DELIVERED}", 1
        )
        for line in files.lines["orders"]
    ]

    then = await import_olist(app, Dataset.open(files.write()))

    assert first.cells == {("shipped", "CLEARED_FOR_FULFILMENT"): 1}
    assert (then.cells, then.events) == ({("delivered", "COMPLETED"): 1}, 1)


async def test_a_second_run_changes_no_row(app: Orderwright, files: Files):
    assorted(files)
    dataset = Dataset.open(files.write())
    first = await import_olist(app, dataset)
    before = await contents(app)

    again = await import_olist(app, dataset)

    assert await contents(app) == before
    assert again.events == 0
    assert again.to_json() == first.to_json() | {"events": 0}
    await app.pool.execute("delete from orderwright.idempotency_key")  # as after a month
    before = await contents(app)
    await import_olist(app, dataset)
    assert await contents(app) == before


@dataclass(frozen=True)
class Whole:
    """What comes of the assorted orders when nothing happens on the way."""

    report: dict[str, Any]
    ends: list[tuple[object, ...]]


@pytest.fixture(scope="module")
def shared_source(charted: str) -> str:
    """The import brings its own."""
    return charted


@pytest.fixture(scope="module")
async def whole(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    files = Files(tmp_path_factory.mktemp("whole"))
    assorted(files)
    async with Orderwright.connect(shared_database_url, settings=NO_SETTINGS) as app:
        report = await import_olist(app, Dataset.open(files.write()))
        return Whole(report.to_json(), await ends(app))


@pytest.mark.parametrize("looks", [5, 40, 90, 160, 230])
async def test_an_interrupted_import_comes_to_the_same_end(
    database_url: str, whole: Whole, files: Files, looks: int
):
    # Six wait and are reserved, one is not paid in full, and what was called off is free.
    assert whole.ends[-2:] == [
        ("stock.available", "olist/p-1", 1),
        ("stock.reserved", "olist/p-1", 7),
    ]
    assorted(files)
    dataset = Dataset.open(files.write())
    fuse = Fuse(looks)
    async with Orderwright.connect(database_url, settings=NO_SETTINGS, clock=fuse) as app:
        await fuse.interrupt(import_olist(app, dataset))
        assert (
            await app.pool.fetchval("select count(*) from pg_class where relname like 'olist%'")
            == 0
        )
    async with Orderwright.connect(database_url, settings=NO_SETTINGS) as app:
        report = await import_olist(app, dataset)

        assert await ends(app) == whole.ends
        assert report.to_json() == whole.report | {"events": report.events}
        await verify(app)


async def test_two_imports_and_a_worker_at_once_come_to_the_same_end(
    database_url: str, whole: Whole, files: Files
):
    assorted(files)
    dataset = Dataset.open(files.write())

    async with (
        Orderwright.connect(database_url, settings=NO_SETTINGS) as one,
        Orderwright.connect(database_url, settings=NO_SETTINGS) as two,
    ):
        stop = asyncio.Event()
        working = asyncio.create_task(two.worker.run(stop))
        reports = await asyncio.gather(import_olist(one, dataset), import_olist(two, dataset))
        stop.set()
        await working

        assert await ends(one) == whole.ends
        assert reports[0].cells == reports[1].cells
        assert sum(report.events for report in reports) == len(
            [row for row in whole.ends if "import:olist" in row]
        )
        await verify(one)


async def test_an_import_that_stalls_says_why_and_goes_on_later(
    app: Orderwright, files: Files, monkeypatch: pytest.MonkeyPatch
):
    files.order("o1")
    dataset = Dataset.open(files.write())
    await app.pool.execute(
        "alter table orderwright.fulfilment_line add constraint never check (quantity < 0)"
    )
    with monkeypatch.context() as impatient:
        impatient.setattr(settling, "_PATIENCE", 0.0)
        with pytest.raises(ImportStalled, match=r"phases: .*never"):
            await import_olist(app, dataset)
    await app.pool.execute("alter table orderwright.fulfilment_line drop constraint never")

    report = await import_olist(app, dataset)

    assert report.cells == {("delivered", "COMPLETED"): 1}


async def test_an_order_that_somebody_has_gone_on_with_is_left_alone(
    app: Orderwright, files: Files
):
    files.order("short", payments=("credit_card 59.98",))
    dataset = Dataset.open(files.write())
    await import_olist(app, dataset)
    paid = Event("PAYMENT_CAPTURED", {"amount": "0.02", "paymentId": "rest"})
    await app.engine.send(sale_id_of("short"), paid, actor="ann")
    await app.worker.drain()
    before = await contents(app)

    report = await import_olist(app, dataset)

    assert await contents(app) == before
    [(state, kinds)] = outcomes(report).values()
    assert state == "CLEARED_FOR_FULFILMENT"
    assert "taken_over" in kinds


def test_a_missing_file_or_column_is_told_before_anything_is_done(files: Files):
    files.order("o1")
    folder = files.write()
    orders = folder / "olist_orders_dataset.csv"
    orders.write_text(orders.read_text("utf-8").replace("order_status", "status"), "utf-8")
    with pytest.raises(ColumnsMissing, match="has no column order_status"):
        Dataset.open(folder)
    orders.write_text("", "utf-8")
    with pytest.raises(ColumnsMissing):
        Dataset.open(folder)
    orders.unlink()
    with pytest.raises(FileMissing, match="is not there"):
        Dataset.open(folder)


def command(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ORDERWRIGHT_")}  # noqa: TID251
    return subprocess.run(
        [sys.executable, "-m", "orderwright.cli", "import", "olist", *words],
        env={**kept, "ORDERWRIGHT_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_reports_for_people_and_for_programs(files: Files, database_url: str):
    files.order("o1")
    files.order("short", payments=("credit_card 59.98",))
    folder = str(files.write())

    told = command(database_url, folder)
    assert (told.returncode, told.stderr) == (0, "2 of 2 orders\n")
    assert "short  delivered -> PAYMENT_PENDING_CONFIRMATION: underpaid by 0.02 BRL" in told.stdout
    with Path(folder, "olist_order_items_dataset.csv").open("a") as items:
        items.write("nobody,1,p,s,t,1.00,1.00\n")
    again = command(database_url, folder, "--json")
    assert again.returncode == 1
    document = json.loads(again.stdout)
    assert document["badRows"][0]["line"] == 4
    assert document["matrix"]["delivered"] == {"PAYMENT_PENDING_CONFIRMATION": 1, "COMPLETED": 1}
    lost = command(database_url, f"{folder}/nowhere")
    assert lost.returncode == 1
    assert lost.stderr.startswith("error [import.file_missing]: ")
