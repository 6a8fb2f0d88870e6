"""What a host told, and had decided, before its entity lived here: it counts only where it agrees with the entity.

    told as it is here               what was decided stands
    told otherwise than it is here   the trigger is decided on anew, by what the entity says of itself
    not told                         the same, where a policy in force reads it, or what follows from it
    told, and kept as a mask         the same, unless it is known by something else: a wallet by what it was counted
                                     under, a mail address by its domain where policies read no more of it

The second execution has an id of its own, which follows from the first, and to which no host's name for an occurrence
leads. It names the first, and what was told otherwise. The first stays on record, and so does all that it restricts
the entity with; what it approves is not done here (`approving`), and velocities count what is so instead of it.

What a lifecycle has told is never looked at again: it is what the entity says of itself.

What happens once in the life of an entity (it begins, or gets a wallet) is counted once, as the entity has it: what a
host has told of it by a name of its own, or ahead, is counted no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.asking import Answers
from orderwright.app.policies.derived import counted, derived, sources
from orderwright.app.policies.intake import take_in
from orderwright.app.policies.occurrence import AHEAD, ONCE, key_of
from orderwright.app.policies.scene import look
from orderwright.domain.event_trigger import NAMED
from orderwright.json_text import load
from orderwright.policy.masking import MASK
from orderwright.policy.trigger import KEY_FACTS

if TYPE_CHECKING:
    from asyncpg import Record

    from orderwright.app.policies.ground import Ground, Told
    from orderwright.condition import Json
    from orderwright.policy.trigger import Triggers
    from orderwright.runtime.pool import Connection

_NAMED: Final = frozenset(NAMED.values())


async def anew(
    connection: Connection, ground: Ground, told: Sequence[Told], triggers: Triggers
) -> list[Told]:
    """Return what is told, with that marked on which the decision of before does not count.

    Args:
        connection: in the transaction of the ground.
        ground: the entities are locked, so that nobody decides on them meanwhile.
        told: what is to be decided, in the words of the entities that live here.
        triggers: with the facts of each.
    """
    here = {one.occurrence.told_id: one for one in told if _is_of_home(ground, one)}
    if not here:
        return list(told)
    anew_ids = [replace(one.occurrence, is_anew=True).execution_id for one in here.values()]
    once = [one.occurrence for one in here.values() if one.occurrence.trigger_name in ONCE]
    ahead = [name for one in here.values() for name in _ahead(one)]
    rows = await connection.fetch(
        _TOLD_BEFORE,
        list(here),
        anew_ids,
        [one.entity.type for one in once],
        [one.entity.id for one in once],
        [one.trigger_name for one in once],
        ahead,
    )
    found = {
        row["id"]: await _settled(connection, ground, here[row["id"]], row, triggers)
        for row in rows
    }
    return [found.get(one.occurrence.told_id, one) for one in told]


def _ahead(told: Told) -> list[str]:
    """Return the ids of the executions of a wallet that was told ahead of its being added, by id or by address."""
    one, facts = told.occurrence, told.intake.facts
    if one.trigger_name != "WALLET_ADDED" or one.key.startswith(AHEAD):
        return []
    keys = {key_of(one.trigger_name, {key: facts.get(key)}) for key in ("walletId", "address")}
    return [replace(one, key=f"{AHEAD}{key}").told_id for key in sorted(keys)]


def _is_of_home(ground: Ground, told: Told) -> bool:
    one = told.occurrence
    return one.trigger in _NAMED and ground.home(one) is not None


async def _settled(
    connection: Connection, ground: Ground, told: Told, row: Record, triggers: Triggers
) -> Told:
    """Return an occurrence as one to be decided on anew, unless what was decided on it stands."""
    schema = triggers[told.occurrence.trigger_name].facts
    before = take_in(load(row["facts"]), schema).facts
    otherwise = _otherwise(ground, told, before, row["wallet"])
    if "userId" in otherwise and await _is_same_user(connection, told, before):
        otherwise -= {"userId"}
    if not otherwise and not row["is_anew"]:
        return told
    if not row["is_anew"]:
        await connection.execute(_UNCOUNTED, row["id"])
    said = {name: before[name] for name in otherwise if name in before}
    one = told.occurrence
    flag = f"decided anew: execution {one.told_id} was decided on other facts"
    return replace(
        told,
        occurrence=replace(one, is_anew=True),
        intake=replace(told.intake, flagged=(*told.intake.flagged, flag)),
        said={**told.said, **said},
    )


def _otherwise(
    ground: Ground, told: Told, before: Mapping[str, Json], wallet: str | None
) -> frozenset[str]:
    """Return the facts of an entity that were told otherwise, or not told and are asked for."""
    one, facts = told.occurrence, told.intake.facts
    asked = _asked(ground, one.trigger_name)
    read = asked.union(*map(sources, asked))
    user = ground.scene.user(facts.get("userId"))
    follows = derived(facts, user, Answers(), one.occurred_at)
    own_wallet = counted(one.trigger_name, facts, user, one.occurred_at).wallet

    def is_otherwise(name: str) -> bool:
        if name not in before:
            return name in read
        if before[name] != MASK:
            return before[name] != facts[name]
        if name in KEY_FACTS["wallet"] and wallet is not None:
            return own_wallet != wallet
        more = (path for path in asked if name in sources(path))
        return name in asked or any(before.get(path) != follows.get(path) for path in more)

    own = facts.keys() if told.own is None else facts.keys() & told.own
    return frozenset(name for name in own if facts[name] is not None and is_otherwise(name))


def _asked(ground: Ground, trigger: str) -> frozenset[str]:
    """Return the facts that policies read when an event or a threshold of it is told, or that it is counted by."""
    in_force = ground.in_force
    asked = in_force.asks(trigger).union(*map(in_force.asks, in_force.thresholds(trigger)))
    counting = in_force.counted.get(trigger, ())
    by = {name for one in counting for name in KEY_FACTS[one.key]}
    return asked | by | ({"amount"} if by else set())


async def _is_same_user(connection: Connection, told: Told, before: Mapping[str, Json]) -> bool:
    """Whether a user was told by another of their ids."""
    ids = [told.intake.facts["userId"], before.get("userId")]
    if not all(isinstance(one, str) for one in ids):
        return False
    users = (await look(connection, (), [str(one) for one in ids])).users
    found = {user.id for user in users.values()}
    return len(found) == 1 and None not in found


# The first statement counts no more what is told by another name; an entity's beginning has none.
_TOLD_BEFORE: Final = """
with uncounted as (
    delete from orderwright.policy_event where execution_id in (
        select x.id from unnest($3::text[], $4::text[], $5::text[]) as once (entity_type, entity_id, trigger)
        join orderwright.policy_execution as x using (entity_type, entity_id, trigger)
        where x.source <> 'relay' and x.occurrence not in ('', 'anew/')
        union all
        select id from orderwright.policy_execution where id = any($6::text[]) and source <> 'relay'))
select x.id, x.facts, e.wallet, second.id is not null as is_anew
from unnest($1::text[], $2::text[]) as asked (id, anew)
join orderwright.policy_execution as x on x.id = asked.id and x.source <> 'relay'
left join orderwright.policy_event as e on e.execution_id = x.id
left join orderwright.policy_execution as second on second.id = asked.anew
"""
_UNCOUNTED: Final = "delete from orderwright.policy_event where execution_id = $1"
