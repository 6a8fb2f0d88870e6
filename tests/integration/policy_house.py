"""A house for tests of policies: what they say is short, and they come into force at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orderwright import Orderwright
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.terms import (
    WHOLE,
    NewTerm,
    put_in_force,
    raise_revision,
    take_out_of_force,
)
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock
from orderwright.json_text import dump
from orderwright.policy import load
from orderwright.runtime.outbox import EVENT_COLUMNS, placed
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.policy.result import Mode
    from orderwright.runtime.pool import Connection

BOSS = Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN}))
ADMIN = Asked(by=BOSS)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
BIG = {"field": "amount", "operator": ">", "value": {"money": "1000.00", "currency": "EUR"}}
FREEZE = {"action": "FREEZE_ORDER", "config": {"reason": "{{amount}} is much"}}
APPROVE = {"action": "AUTO_APPROVE", "config": {"reason": "small"}}
NOTIFY = {"action": "SEND_NOTIFICATION", "config": {"to": {"role": "ADMIN"}, "template": "seen"}}
FLAG = {"action": "FLAG_FOR_REVIEW", "config": {"type": "look"}}


@asynccontextmanager
async def open_house(url: str, **more: Any) -> AsyncIterator[Orderwright]:
    """Open it; at the end the logs agree, and nothing is parked."""
    clock = DrivenClock(START)
    async with Orderwright.connect(url, settings=Settings(), clock=clock, **more) as app:
        yield app
        assert [one async for one in app.replay.verify_all()] == []
        assert await app.pool.fetchval("select count(*) from orderwright.parked_root") == 0


def document(
    *rules: Mapping[str, object],
    does: Sequence[Mapping[str, object]] = (FREEZE,),
    trigger: object = "ORDER_CREATED",
    **more: object,
) -> dict[str, Any]:
    """Write a policy that does something where all rules hold."""
    condition = {"id": "c", "type": "condition", "group": {"combinator": "and", "rules": [*rules]}}
    actions = [{"id": f"a{n}", "type": "action", **one} for n, one in enumerate(does)]
    edges = [{"from": "c", "exit": "true", "to": one["id"]} for one in actions]
    nodes = [{"id": "t", "type": "trigger"}, condition, *actions]
    graph = {"nodes": nodes, "edges": [{"from": "t", "to": "c"}, *edges]}
    return {"schema": 1, "name": "A policy", "trigger": trigger, "graph": graph, **more}


async def publish(
    app: Orderwright,
    name: str,
    source: Mapping[str, Any],
    *,
    mode: Mode = "enforce",
    rollout: int = WHOLE,
) -> int:
    """Save another version of a policy and put it in force; return the version."""
    policy = load(source, triggers=app.policies.types)
    trigger = policy.trigger if isinstance(policy.trigger, str) else "AMOUNT_THRESHOLD"
    now = app.clock.now()
    async with app.pool.acquire() as connection, connection.transaction():
        await connection.execute(_POLICY, name, policy.name, trigger, now)
        saved = (name, dump(policy.to_json()), policy.fingerprint, now)
        version: int = await connection.fetchval(_VERSION, *saved)
        term = NewTerm(
            policy_id=name,
            version=version,
            trigger=trigger,
            mode=mode,
            rollout=rollout,
            published_by="ann",
        )
        await put_in_force(connection, term, now)
    return version


async def pause(app: Orderwright, *names: str) -> None:
    """Take policies out of force."""
    async with app.pool.acquire() as connection, connection.transaction():
        for name in names:
            await take_out_of_force(connection, name, app.clock.now())


async def clear(app: Orderwright) -> None:
    """Take everything out of force."""
    rows = await app.pool.fetch("select policy_id from orderwright.policy_deployment")
    await pause(app, *(row["policy_id"] for row in rows))


async def damage(app: Orderwright, name: str, document: object = None) -> None:
    """Make the document of a policy one that this code cannot read."""
    await app.pool.execute(
        "update orderwright.policy_version set document = $2 where policy_id = $1",
        name,
        dump(document or {}),
    )
    async with app.pool.acquire() as connection, connection.transaction():
        await raise_revision(connection)


def order(amount: str = "1500.00", **more: object) -> dict[str, object]:
    """Write what a host tells of an order."""
    return {"amount": amount, "currency": "EUR", "userId": "u1", **more}


async def place(
    app: Orderwright, price: str = "1500.00", *, paid: bool = False, customer: str = "ada"
) -> str:
    """Place an order here."""
    lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": price}]
    terms = NewTerms(customer_id=customer, channel="CONSUMER", currency="EUR", lines=lines)
    sale = (await app.orders.create_order(terms, ADMIN)).instance_id
    if paid:
        money = Event("PAYMENT_CAPTURED", {"amount": price, "paymentId": f"p-{sale}"})
        assert (await app.orders.send_sale_event(sale, money, ADMIN)).refused is None
    return sale


async def sale_of(app: Orderwright, sale: str) -> tuple[str, Mapping[str, Any]]:
    """Return the state and the context of an order."""
    instance = await app.engine.read(sale)
    assert instance is not None
    return instance.state, instance.snapshot.context


async def evaluations(app: Orderwright, execution_id: str) -> dict[str, Any]:
    """Return what policies came to, by policy."""
    rows = await app.pool.fetch(
        "select * from orderwright.policy_evaluation where execution_id = $1", execution_id
    )
    return {row["policy_id"]: row for row in rows}


async def relay_only(app: Orderwright, sale: str) -> None:
    """Have the policies decide on the order alone: what follows from that is not done yet."""
    async with app.pool.acquire() as connection, connection.transaction():
        await relay_in(connection, app, sale)


async def relay_in(connection: Connection, app: Orderwright, sale: str) -> None:
    """Have the policies decide on the order alone, in a transaction of the caller's."""
    row = await connection.fetchrow(_CREATED, sale)
    await app.policies.relayed.consumer().handle(connection, placed(row).event)


_CREATED = f"""
select ord, id, {EVENT_COLUMNS}, false as is_parked from orderwright.outbox
where instance_id = $1 and name = 'order.created'
"""
_POLICY = """
insert into orderwright.policy values ($1, $2, $3, $4, 'ann') on conflict (id) do nothing
"""
_VERSION = """
insert into orderwright.policy_version (policy_id, version, document, fingerprint, saved_by, saved_at)
select $1, coalesce(max(version), 0) + 1, $2, $3, 'ann', $4
from orderwright.policy_version where policy_id = $1 returning version
"""
