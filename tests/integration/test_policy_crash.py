"""A process is killed at each step from the event to the last action; the next one finishes, and nothing is twice."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from acting_house import plan, staff
from policy_house import BIG, FREEZE, document, open_house, place, publish, sale_of

from orderwright import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright import Orderwright

HERE = Path(__file__).parent
BEGUN = {
    "REQUIRE_APPROVAL": ("approval", {"role": "COMPLIANCE"}),
    "REQUEST_DOCUMENT": ("document_request", {"types": ["passport"], "due_days": 7}),
    "ESCALATE_TO_COMPLIANCE": ("policy_case", {"reason": "much"}),
}
"""Actions that begin something, with the table that lists it."""
LEAVING = ("insert", "update policy", "update consumer", "commit", "apply_steps")
"""Steps that leave something behind; the runner of jobs has a suite of its own."""


class Host:
    """A process that forks children for us."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process = process
        self._url = url

    async def walk(
        self,
        *,
        step: int | None = None,
        side: str = "before",
        finish: bool = False,
        **more: object,
    ) -> Any:
        order = {"url": self._url, "step": step, "side": side, "finish": finish, **more}
        self._process.stdin.write(f"{json.dumps(order)}\n".encode())
        async with asyncio.timeout(30):
            answer = json.loads(await self._process.stdout.readline())
        return answer["code"], answer["said"]


@pytest.fixture
async def host(shared_database_url: str) -> AsyncIterator[Host]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "policy_crash_host"),
        cwd=HERE / "runtime",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    yield Host(process, shared_database_url)
    await process.communicate(b"")
    assert process.returncode == 0


async def test_killed_anywhere_between_event_and_last_action_everything_is_there_once(
    host: Host, shared_database_url: str
):
    async with open_house(shared_database_url) as app:
        await publish(app, "all", document(BIG, does=[FREEZE]))
        sale = await place(app, paid=True)
        code, steps = await host.walk()
        assert code == 0, steps
        await _assert_done_once(app, sale)
        deaths = [
            (number, side)
            for number, name in enumerate(steps)
            if name.startswith(LEAVING)
            for side in (("before", "sent") if name == "commit" else ("before",))
        ]
        for number, side in deaths:
            sale = await place(app, paid=True)
            code, said = await host.walk(step=number, side=side)
            assert code == -signal.SIGKILL, (steps[number], said)
            code, said = await host.walk(finish=True)
            assert code == 0, (steps[number], side, said)
            await _assert_done_once(app, sale)


async def test_killed_while_an_action_begins_something_that_is_begun_once(
    host: Host, shared_database_url: str
):
    async with open_house(shared_database_url) as app:
        for name, (table, config) in BEGUN.items():
            await publish(app, "all", document(BIG, does=[{"action": name, "config": config}]))
            await place(app, paid=True)
            code, steps = await host.walk()
            assert code == 0, steps
            # Its transaction dies when all is written, or is committed and nobody hears of it.
            written = steps.index("commit", steps.index(f"insert {table}"))
            for side in ("before", "sent"):
                sale = await place(app, paid=True)
                code, said = await host.walk(step=written, side=side)
                assert code == -signal.SIGKILL, (name, said)
                assert len(await _begun(app, sale, table)) == (side == "sent")
                code, said = await host.walk(finish=True)
                assert code == 0, (name, side, said)
                [[action, status, jobs]] = await _begun(app, sale, table)
                assert (status, jobs) == ("applied", 1)
                assert [*(await sale_of(app, sale))[1]["holds"]] == [action]


@pytest.mark.parametrize("is_handled", [True, False], ids=["handler", "webhook"])
async def test_killed_anywhere_between_an_answer_and_its_host_the_host_is_asked_under_one_key(
    host: Host, shared_database_url: str, tmp_path: Path, *, is_handled: bool
):
    asked = tmp_path / "asked"
    more = {"answers": True, **({"asked": str(asked)} if is_handled else {})}
    async with open_house(shared_database_url) as app:
        if not is_handled:
            await app.webhooks.subscribe("https://host.example/", ["policy.*"], by="admin")
        await staff(app, "carla")
        await _deny(app)
        code, steps = await host.walk(**more)
        assert code == 0, steps
        deaths = [
            (number, side)
            for number, name in enumerate(steps)
            if name.startswith((*LEAVING, "ask the host"))
            for side in ("before", "sent" if name == "commit" else "after")
        ]
        assert len(deaths) > 8
        for number, side in deaths:
            asked.unlink(missing_ok=True)
            action = await _deny(app)
            code, said = await host.walk(step=number, side=side, **more)
            assert code == -signal.SIGKILL, (steps[number], said)
            code, said = await host.walk(finish=True, **more)
            assert code == 0, (steps[number], side, said)
            [follows] = await app.pool.fetch(_FOLLOWS, action)
            assert tuple(follows)[1:] == ("REJECT_TRANSACTION", "applied", 1), (
                steps[number],
                side,
            )
            if is_handled:
                assert {*asked.read_text().split()} == {follows["id"]}
            else:
                assert await app.pool.fetchval(_TOLD, follows["id"]) == 1


async def _deny(app: Orderwright) -> str:
    """Have people deny their consent to something that lives with its host, of which nobody has heard yet."""
    asking = ("REQUIRE_APPROVAL", {"role": "COMPLIANCE", "minimum": 1})
    execution, [action] = await plan(app, "PayOut", "theirs", asking, source="host")
    await app.execute(execution)
    denied = await app.engine.send(action, Event("DENY", {"reason": "no"}), actor="carla")
    assert denied.refused is None
    return action


async def _begun(app: Orderwright, sale: str, table: str) -> list[tuple[Any, ...]]:
    """What an action on a sale has begun, each with what became of the action."""
    key = "action_id" if table == "policy_case" else "id"
    found = await app.pool.fetch(_BEGUN.format(table=table, key=key), sale)
    return [tuple(row) for row in found]


async def _assert_done_once(app: Orderwright, sale: str) -> None:
    state, context = await sale_of(app, sale)
    assert state == "FROZEN"
    rows = await app.pool.fetch(_ACTIONS, sale)
    assert [tuple(row)[1:] for row in rows] == [
        ("FREEZE_ORDER", "applied", 1),
    ]
    assert context["holds"] == {}
    assert tuple(await app.pool.fetchrow(_COUNTS, sale)) == (1, 1, 1, 1)


_ACTIONS = """
select a.id, action, a.status, (select count(*) from orderwright.job as j where j.key = a.id)
from orderwright.policy_action as a where entity_id = $1 order by rank
"""
_COUNTS = """
select (select count(*) from orderwright.policy_execution where entity_id = $1),
       (select count(*) from orderwright.policy_event where entity_id = $1),
       (select count(*) from orderwright.log where instance_id = $1 and event_type = 'DECISION_RECORDED'),
       (select count(*) from orderwright.log where instance_id = $1 and event_type = 'FREEZE')
"""
_FOLLOWS = """
select a.id, a.action, a.status, (select count(*) from orderwright.job as j where j.key = a.id)
from orderwright.policy_action as a where follows_from = $1
"""
_TOLD = """
select count(*) from orderwright.outbox where name = 'policy.action_requested' and payload::jsonb ->> 'actionId' = $1
"""
_BEGUN = """
select a.id, a.status, (select count(*) from orderwright.job as j where j.key = a.id)
from orderwright.policy_action as a join orderwright.{table} as b on b.{key} = a.id where a.entity_id = $1
"""
