"""`orderwright policy snooze|wake`: a policy has no say on one entity for a while, and has it again."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import TYPE_CHECKING

from orderwright.cli import running
from orderwright.cli.output import Output, add_json
from orderwright.domain.entity import ENTITIES
from orderwright.errors import InputInvalid
from orderwright.policy.duration import duration

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.app.orders import Asked
    from orderwright.app.policies.snooze import Snooze


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the verbs."""
    snoozing = verbs.add_parser("snooze", help="let a policy have no say on something for a while")
    waking = verbs.add_parser("wake", help="end a snooze before its time")
    for verb in (snoozing, waking):
        verb.add_argument("id", metavar="ID", help="which policy")
        verb.add_argument(
            "entity_type", metavar="TYPE", choices=ENTITIES, help=" or ".join(ENTITIES)
        )
        verb.add_argument("entity_id", metavar="ENTITY", help="the id of the order, the user ...")
        verb.add_argument("--as", dest="login", required=True, metavar="LOGIN", help="who acts")
        add_json(verb)
    how_long = snoozing.add_mutually_exclusive_group(required=True)
    how_long.add_argument("--for", dest="span", metavar="SPAN", help="such as 30m, 24h or 7d")
    how_long.add_argument("--until", metavar="TIME", help="a moment, with its zone")
    snoozing.add_argument("--reason", required=True, metavar="TEXT", help="why")


def snooze(arguments: argparse.Namespace, output: Output) -> int:
    """Let a policy have no say on an entity."""
    entity = (arguments.entity_type, arguments.entity_id)

    async def work(app: Orderwright, asked: Asked) -> Snooze:
        until = _until(arguments, app.clock.now())
        snoozes = app.policy_office.snoozes
        await snoozes.begin(arguments.id, entity, until, arguments.reason, asked)
        newest = await snoozes.of(asked.by, arguments.id)
        return next(one for one in newest if (one.entity_type, one.entity_id) == entity)

    one = running.acting(arguments.login, work)
    until = one.until.isoformat(timespec="seconds")
    told = {"policy": one.policy_id, "until": until, "reason": one.reason, "by": one.by}
    line = f"policy {one.policy_id} has no say on {' '.join(entity)} until {until}"
    output.answer(line, {"snooze": {**told, "entity": _named(entity)}})
    return 0


def wake(arguments: argparse.Namespace, output: Output) -> int:
    """Let a policy have its say again; where it has it, nothing changes."""
    entity = (arguments.entity_type, arguments.entity_id)

    async def work(app: Orderwright, asked: Asked) -> str:
        return await app.policy_office.snoozes.end(arguments.id, entity, asked)

    policy_id = running.acting(arguments.login, work)
    line = f"policy {policy_id} has its say on {' '.join(entity)}"
    output.answer(line, {"policy": policy_id, "entity": _named(entity)})
    return 0


def _until(arguments: argparse.Namespace, now: datetime) -> datetime:
    if arguments.span is not None:
        return now + duration(arguments.span)
    try:
        return datetime.fromisoformat(arguments.until)
    except ValueError:
        raise InputInvalid("--until", arguments.until, "a moment in ISO 8601") from None


def _named(entity: tuple[str, str]) -> dict[str, str]:
    entity_type, entity_id = entity
    return {"type": entity_type, "id": entity_id}
