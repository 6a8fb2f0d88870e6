"""A house for tests of acting: entities of every type, and actions planned on them as deciding would."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from acceptance.harness import PASSWORD
from orderwright import Event, Orderwright
from orderwright.app.orders import Asked, NewTerms, id_for
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.action_record import ActionRow, find
from orderwright.app.policies.telling import POLICIES
from orderwright.clock import DrivenClock
from orderwright.domain.entity import ENTITIES
from orderwright.runtime.command import Actor
from orderwright.runtime.instance import Instance

BOSS = Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN}))
ADMIN = Asked(by=BOSS)
POLICY = "big"
REASON = "large first order"
HOLDING = frozenset(
    {
        "FREEZE_ORDER",
        "REJECT_TRANSACTION",
        "REQUEST_DOCUMENT",
        "REQUIRE_APPROVAL",
        "ESCALATE_TO_COMPLIANCE",
    }
)
CONFIGS: Mapping[str, Mapping[str, object]] = {
    "FREEZE_ORDER": {"reason": REASON},
    "REJECT_TRANSACTION": {"category": "FRAUD", "reason": REASON},
    "REQUEST_DOCUMENT": {
        "types": ["passport"],
        "due_days": 4,
        "reminders": 1,
        "message": "Show us",
    },
    "REQUIRE_APPROVAL": {"role": "COMPLIANCE", "minimum": 2},
    "SEND_NOTIFICATION": {"to": {"role": "COMPLIANCE"}, "template": "Look\nat this"},
    "FLAG_FOR_REVIEW": {"type": "LARGE", "priority": "LOW", "role": "SUPPORT", "sla": "4h"},
    "AUTO_APPROVE": {"reason": "small"},
    "ESCALATE_TO_COMPLIANCE": {"reason": REASON},
}
_numbers = itertools.count(1)
_SYSTEM = Actor("test", "system")


def as_(login: str, *roles: Role) -> Asked:
    return Asked(by=Identity(id=login, login=login, name=login, roles=frozenset(roles)))


async def staff(app: Orderwright, *logins: str, role: Role = Role.COMPLIANCE) -> None:
    """Let people in who have a role."""
    for login in logins:
        await app.people.enrol(
            login, login.title(), PASSWORD, [role], email=f"{login}@house.example"
        )


async def entity(app: Orderwright, kind: str, **context: object) -> str:
    """Begin an entity of a type on which the policies have decided; a pay-in has received what is expected."""
    entity_id = await begin(app, kind, **context)
    await arrive(app, kind, entity_id)
    of = {"KYC": {"submission": 1}, "PayIn": {"transfer": 1}}.get(kind, {})
    await tell(app, entity_id, "DECISION_RECORDED", **of)
    return entity_id


async def arrive(app: Orderwright, kind: str, entity_id: str) -> None:
    """Have happen what the decision on an entity is about, where that is not its beginning."""
    if kind == "KYC":
        await tell(app, entity_id, "DOCUMENTS_SUBMITTED", documentType="passport")
    if kind == "PayIn":
        await tell(app, entity_id, "PAYIN_RECEIVED", amount="100.00", reference="t1")


def id_of(kind: str, name: str) -> str:
    """Return the id of an entity that is begun under a name."""
    return id_for("order", replace(ADMIN, idempotency_key=name).key) if kind == "Order" else name


async def begin(app: Orderwright, kind: str, name: str = "", **context: object) -> str:
    """Begin an entity of a type, under a name or another one each time; of a pay-in 100.00 EUR are expected."""
    name = name or f"{kind.lower()}-{next(_numbers)}"
    entity_id = id_of(kind, name)
    if kind == "Order":
        lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "100.00"}]
        terms = NewTerms(customer_id="bob", channel="CONSUMER", currency="EUR", lines=lines)
        await app.orders.create_order(terms, replace(ADMIN, idempotency_key=name))
        return entity_id
    given = {**_begun(kind, entity_id), **context}
    result = await app.engine.create(ENTITIES[kind], entity_id, context=given, actor=_SYSTEM)
    assert result.refused is None, result.refused
    return entity_id


def _begun(kind: str, entity_id: str) -> dict[str, object]:
    match kind:
        case "PayIn":
            return {"payInId": entity_id, "expectedMinor": 10_000, "currency": "EUR"}
        case "PayOut":
            money = {"amountMinor": 10_000, "currency": "EUR"}
            return {"payOutId": entity_id, "requestedBy": "clerk", "customerId": "bob", **money}
        case "KYC":
            return {"kycSessionId": entity_id, "userId": "nobody"}
        case _:
            return {"userId": entity_id, "email": f"{entity_id}@home.example", "country": "NG"}


async def tell(app: Orderwright, entity_id: str, event: str, **data: object) -> None:
    """Send an event that must be taken."""
    result = await app.engine.send(entity_id, Event(event, data), actor=_SYSTEM)
    assert result.refused is None, result.refused


async def look(app: Orderwright, instance_id: str) -> Instance:
    found = await app.engine.read(instance_id)
    assert found is not None, instance_id
    return found


async def holds(app: Orderwright, entity_id: str) -> list[str]:
    """The holds that are on an entity."""
    return sorted(dict((await look(app, entity_id)).snapshot.context.get("holds", {})))


async def plan(
    app: Orderwright,
    kind: str,
    entity_id: str,
    *actions: tuple[str, Mapping[str, object]],
    source: str = "relay",
) -> tuple[str, list[str]]:
    """Store an execution with actions on an entity and hold it; return the ids of both."""
    number, now = next(_numbers), app.clock.now()
    execution, ids = f"x-{number}", [f"a-{number}-{rank}" for rank, _ in enumerate(actions)]
    event_id = f"{entity_id}/1/1" if source == "relay" else None
    of = (1 if kind == "KYC" else None, 1 if kind == "PayIn" else None)
    async with app.pool.acquire() as connection, connection.transaction():
        await connection.execute(
            _EXECUTION, execution, kind, entity_id, event_id, source, now, str(number), *of
        )
        for rank, (action, config) in enumerate(actions):
            row = (ids[rank], execution, POLICY, action, json.dumps(config), kind, entity_id, rank)
            await connection.execute(_ACTION, *row, now)
            if action in HOLDING and await app.engine.read(entity_id):
                hold = {"holdId": ids[rank], "kind": "action", "reason": REASON, "policy": POLICY}
                await app.engine.send(
                    entity_id, Event("HOLD_PLACED", hold), actor=POLICIES, connection=connection
                )
    return execution, ids


async def do(
    app: Orderwright, kind: str, entity_id: str, action: str, **config: object
) -> ActionRow:
    """Plan an action, with the usual config unless another is given, do it at once and return what became of it."""
    execution, [action_id] = await plan(
        app, kind, entity_id, (action, {**CONFIGS[action], **config})
    )
    await app.execute(execution)
    return await stored(app, action_id)


async def stored(app: Orderwright, action_id: str) -> ActionRow:
    async with app.pool.acquire() as connection:
        found = await find(connection, action_id)
    assert found is not None
    return found


async def later(app: Orderwright, **span: float) -> None:
    """Let time pass, and timers, relay and jobs do their work."""
    assert isinstance(app.clock, DrivenClock)
    app.clock.advance(timedelta(**span))
    await app.worker.drain()


async def row(app: Orderwright, query: str, *values: object) -> dict[str, Any]:
    found = await app.pool.fetchrow(query, *values)
    assert found is not None
    return dict(found)


_EXECUTION = """
insert into orderwright.policy_execution
    (id, trigger, entity_type, entity_id, occurrence, root_id, event_id, source, facts, flagged, set_revision,
     decision, status, occurred_at, started_at, duration_us, correlation_id, submission, transfer)
values ($1, 'ORDER_CREATED', $2, $3, $7, $3, $4, $5, '{}', '{}', 0, '{}', 'decided', $6, $6, 1, $3, $8, $9)
"""
_ACTION = """
insert into orderwright.policy_action
    (id, execution_id, policy_id, version, node, action, config, entity_type, entity_id, root_id, rank, status,
     planned_at)
values ($1, $2, $3, 1, 'n', $4, $5, $6, $7, $7, $8, 'planned', $9)
"""
