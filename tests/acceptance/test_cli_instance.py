"""`orderwright instance`, as people and scripts call it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from acceptance.calling import begin
from orderwright import Event, Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.settings import Settings
from orderwright.app.shipped import folder

ADMIN = Asked(by=Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN})))
LINES = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "10.00"}]
TERMS = NewTerms(customer_id="ada", channel="CONSUMER", currency="EUR", lines=LINES)


@pytest.fixture
async def app(furnished_url: str, tmp_path: Path) -> AsyncIterator[Orderwright]:
    settings = Settings(anchors=tmp_path / "anchors")
    async with Orderwright.connect(furnished_url, settings=settings) as opened:
        yield opened


@pytest.fixture
async def sale(app: Orderwright) -> str:
    """A sale that was placed and frozen."""
    placed = await app.orders.create_order(TERMS, ADMIN)
    frozen = await app.engine.send(
        placed.instance_id, Event("FREEZE", {"reason": "looked at"}), actor="ann", reason="odd"
    )
    assert frozen.refused is None
    return placed.instance_id


@pytest.fixture
def call(database_url: str, tmp_path: Path) -> Any:
    """A function that runs the command and returns status, stdout and stderr."""

    async def run(*words: str) -> tuple[int, str, str]:
        process = await begin(
            *("instance", *words),
            ORDERWRIGHT_DATABASE_URL=database_url,
            ORDERWRIGHT_ANCHORS=str(tmp_path / "anchors"),
        )
        return await process.said()

    return run


async def test_an_instance_is_shown_with_its_log_and_what_it_takes(sale: str, call: Any):
    status, said, _ = await call("show", sale)
    assert (status, said.splitlines()[0]) == (0, f"{sale}: FROZEN (active)")
    status, said, _ = await call("show", sale, "--json")
    assert json.loads(said)["snapshot"]["version"] == 1

    status, said, _ = await call("log", sale)
    assert status == 0
    assert "FREEZE: " in said
    assert said.rstrip().endswith('-> FROZEN by user ann "odd"')
    status, said, _ = await call("log", sale, "--json")
    assert [row["event_type"] for row in json.loads(said)["rows"]] == ["create", "FREEZE"]

    status, said, _ = await call("explain", sale, "--json")
    events = json.loads(said)["events"]
    assert (status, events["RELEASE"]["status"], events["FREEZE"]["status"]) == (
        0,
        "allowed",
        "blocked",
    )
    assert "allowed  RELEASE" in (await call("explain", sale))[1]


async def test_the_past_is_read_back_by_version_and_by_time(
    app: Orderwright, sale: str, call: Any
):
    instance = await app.engine.read(sale)
    assert instance is not None
    status, said, _ = await call("replay", sale, "--json")
    steps = json.loads(said)["steps"]
    assert (status, len(steps)) == (0, 2)
    assert steps[1]["snapshot"] == instance.snapshot.to_json()
    assert "FREEZE" in (await call("replay", sale))[1]

    for when in (("--version", "1"), ("--at", steps[0]["occurred_at"])):
        status, said, _ = await call("replay", sale, *when, "--json")
        assert (status, json.loads(said)["snapshot"]) == (0, steps[0]["snapshot"])
    assert (await call("replay", sale, "--version", "1"))[1].startswith(f"{sale} at version 1: ")
    status, _, said = await call("replay", sale, "--at", "2020-01-01")
    assert (status, "instance.version_not_found" in said) == (1, True)
    status, _, said = await call("replay", sale, "--version", "3")
    assert (status, "1 to 2" in said) == (1, True)


async def test_verify_is_silent_about_what_is_well_and_tells_what_is_not(
    app: Orderwright, sale: str, call: Any
):
    await app.anchors.take()
    status, said, _ = await call("verify")
    assert (status, said.rstrip()[-11:]) == (0, " 0 problems")
    assert "anchor-" in said

    await app.pool.execute(
        "update orderwright.log set reason = 'fine' where version = 2 and instance_id = $1", sale
    )
    for words in ((), (sale,)):
        status, said, _ = await call("verify", *words)
        assert (status, "hash_differs" in said) == (1, True)
    for table in ("instance", "log"):
        await app.pool.execute(f"delete from orderwright.{table} where instance_id = $1", sale)
    status, said, _ = await call("verify", "--json")
    found = json.loads(said)
    assert (status, found["problems"]) == (1, 1)
    assert (found["findings"][0]["instance"], found["findings"][0]["code"]) == (
        sale,
        "instance_deleted",
    )


async def test_running_instances_are_migrated_after_a_rehearsal(
    app: Orderwright, sale: str, call: Any, tmp_path: Path
):
    second = json.loads((folder("charts") / "sale.v1.json").read_text(encoding="utf-8"))
    text = json.dumps({**second, "version": 2})
    async with app.pool.acquire() as connection:
        await app.engine.registry.publish(connection, text, at=app.clock.now())
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"context": {"note": {"from": "context.nothing"}}}', encoding="utf-8")
    way = ("migrate", "sale", "--from", "1", "--to", "2")

    status, said, _ = await call(*way, "--mapping", str(mapping), "--dry-run")
    assert (status, "context_invalid" in said) == (1, True)
    status, said, _ = await call(*way, "--dry-run", "--json")
    assert (status, json.loads(said)["moved"]) == (0, 1)
    status, said, _ = await call(*way, "--reason", "newer")
    assert (status, said.startswith("1 instances moved from sale v1 to v2")) == (0, True)
    instance = await app.engine.read(sale)
    assert instance is not None
    assert (instance.chart_version, instance.version, instance.state) == (2, 3, "FROZEN")
    mapping.write_text("no", encoding="utf-8")
    status, _, said = await call(*way, "--mapping", str(mapping))
    assert (status, "--mapping" in said) == (1, True)


@pytest.mark.parametrize("verb", ["show", "log", "explain", "replay", "verify"])
async def test_an_unknown_instance_is_refused(verb: str, call: Any):
    status, said, _ = await call(verb, "nobody", "--json")
    assert (status, json.loads(said)["error"]["code"]) == (1, "instance.not_found")


async def test_wrong_usage_is_told_apart(call: Any):
    assert (await call("replay", "x", "--version", "1", "--at", "2020-01-01"))[0] == 2
    assert (await call("replay", "x", "--at", "noon"))[0] == 2
    assert (await call("look"))[0] == 2


async def test_events_are_supposed_and_nothing_is_written(
    app: Orderwright, sale: str, call: Any, rows: Any
):
    await app.worker.drain()
    before = await rows()
    release, strange = ("--event", "RELEASE"), ("--event", "NONSENSE={}")
    status, said, _ = await call("simulate", sale, *release, *strange)
    assert status == 0
    assert said.splitlines()[0] == f'{sale} at "FROZEN" of sale v1'
    assert 'RELEASE: {"ACTIVE": {"OPEN": "AWAITING_PAYMENT_METHOD"}}' in said
    assert "NONSENSE: sale has no event NONSENSE" in said

    status, said, _ = await call(
        "simulate", sale, "--version", "1", "--event", 'FREEZE={"reason": "x"}', "--json"
    )
    answer = json.loads(said)
    assert [one["refused"] for one in answer["steps"]] == [None]
    assert answer["steps"][0]["snapshot"]["value"] == "FROZEN"
    assert await rows() == before

    status, _, err = await call("simulate", sale, "--version", "9")
    assert (status, "instance.version_not_found" in err) == (1, True)
    status, _, err = await call("simulate", sale, *release, "--chart-version", "9")
    assert (status, "chart.not_found" in err) == (1, True)
    status, _, err = await call("simulate", sale, "--event", "RELEASE=[]")
    assert status == 2


async def test_a_damaged_snapshot_is_folded_from_the_log_verified_and_repaired(
    app: Orderwright, sale: str, call: Any
):
    write = "update orderwright.instance set snapshot = $2 where instance_id = $1"
    await app.pool.execute(write, sale, '{"chart":"sale"')
    assert (await call("show", sale))[0] == 1
    status, said, _ = await call("verify", sale)
    assert (status, "fold_differs" in said) == (1, True)
    assert (await call("log", sale))[0] == 0

    status, said, _ = await call("replay", sale, "--version", "2", "--json")
    assert status == 0
    await app.pool.execute(write, sale, json.dumps(json.loads(said)["snapshot"]))

    assert (await call("verify", sale))[0] == 0
    status, said, _ = await call("show", sale)
    assert (status, said.splitlines()[0]) == (0, f"{sale}: FROZEN (active)")
