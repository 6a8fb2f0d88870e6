"""What policies decide on: something that happened to an entity, told by a lifecycle or by a host.

An occurrence happens once, whoever tells it: a host's call and the domain event of the same order have the same key.
Most triggers can come only once for an entity; a wallet is added once; a pay-in may come in parts, or late, after it
had failed or expired, and what was decided before that does not count for it; a KYC session is submitted anew with
each submission, which has a number: where a host tells none and gives no name, each telling is another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from orderwright.app.policies.key import as_key
from orderwright.condition import Json, plain
from orderwright.domain.event_trigger import (
    NAMED,
    SENSITIVE,
    about,
    facts_of_event,
    facts_of_named,
)
from orderwright.domain.reading import mapping
from orderwright.errors import InputInvalid
from orderwright.json_text import canonical, dump, is_storable
from orderwright.policy.trigger import THRESHOLD
from orderwright.runtime.command import LONGEST_ID
from orderwright.runtime.identity import derived_id

if TYPE_CHECKING:
    from orderwright.policy.trigger import Trigger
    from orderwright.runtime.command import Origin
    from orderwright.runtime.outbox import DomainEvent

Source = Literal["relay", "host", "http"]
"""Who tells: a lifecycle here, a host in this process, or one outside."""


class Entity(NamedTuple):
    """What policies decide on, here or with a host: its type as hosts call it, and its id."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that happened to an entity.

    Attributes:
        trigger: what it sets off.
        entity: to what it happened.
        key: tells it from others of the same trigger and entity.
        context: what is told of it, as facts.
        occurred_at: when it happened.
        source: who tells.
        event_id: the domain event, where it is one.
        correlation_id: what it belongs to; by default the execution itself.
        causation_id: what brought it about.
        origin: whether it happens live.
        submission: the number of the submission of a KYC session that it is about, where that is told.
        transfer: the number of the transfer of a pay-in that it is about, where that is told.
        flagged: what is wrong with how it was told, beside its facts.
        base: of the crossing of a threshold, the event that crosses it.
        is_counted: whether velocities and thresholds count it.
        twin: the key of what its lifecycle tells and counts, where a host tells that by a name that nobody knows.
        is_anew: whether it was decided on before its entity lived here, by facts that are not the entity's.
    """

    trigger: Trigger
    entity: Entity
    key: str
    context: Mapping[str, Json]
    occurred_at: datetime
    source: Source
    event_id: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    origin: Origin = "live"
    submission: int | None = None
    transfer: int | None = None
    flagged: tuple[str, ...] = ()
    base: Occurrence | None = None
    is_counted: bool = True
    twin: str | None = None
    is_anew: bool = False

    @property
    def trigger_name(self) -> str:
        """The trigger's name, of a threshold AMOUNT_THRESHOLD."""
        return self.trigger if isinstance(self.trigger, str) else THRESHOLD

    @property
    def path(self) -> str:
        """The words that name this occurrence and no other."""
        return f"{self.trigger_name}/{self.entity.type}/{self.entity.id}/{self.key}"

    @property
    def told_id(self) -> str:
        """The id of the execution that decides on it first."""
        return derived_id(f"execution/{self.path}")

    @property
    def execution_id(self) -> str:
        """The id of the execution that decides on it."""
        return anew_id(self.told_id) if self.is_anew else self.told_id

    @property
    def twin_ids(self) -> frozenset[str]:
        """The ids of the executions one of which decides on what it tells once more."""
        if self.twin is None:
            return frozenset()
        first = replace(self, key=self.twin).told_id
        return frozenset({first, anew_id(first)})

    @property
    def kept_key(self) -> str:
        """The key as it is written down: what is sensitive in it is replaced by its hash.

        A wallet without an id is told apart by its address. Ids follow from the key itself, so that what older
        releases have decided is found again; their rows hold it as it was until they are let go of.
        """
        told = (self.base or self).context
        secrets = {value for name in SENSITIVE if isinstance(value := told.get(name), str)}
        key = self.key
        for secret in sorted(secrets, key=len, reverse=True):
            if secret == key or (len(secret) >= _SHORTEST and secret in key):
                key = key.replace(secret, _hash(secret))
        return f"{ANEW}{key}" if self.is_anew else key


_EVENTS: Final[Mapping[str, str]] = {trigger: event for event, trigger in NAMED.items()}
_IDS: Final[Mapping[str, Entity]] = {
    "ORDER_CREATED": Entity("Order", "orderId"),
    "PAYIN_RECEIVED": Entity("PayIn", "payInId"),
    "PAYOUT_REQUESTED": Entity("PayOut", "payOutId"),
    "KYC_SUBMITTED": Entity("KYC", "kycSessionId"),
    "USER_REGISTERED": Entity("User", "userId"),
    "WALLET_ADDED": Entity("User", "userId"),
}
"""The entity type of each trigger, and the fact that holds the id."""
LATE: Final = "late"
"""The key of the first transfer of a pay-in that had failed or expired before it."""
_SHORTEST: Final = 3
"""Characters of what is sensitive below which it is within many keys by chance."""
TOLD: Final = "told/"
"""What keys begin with of submissions that a host tells without a number; one that it gets follows."""
AHEAD: Final = "ahead/"
"""What keys begin with of what a host tells of an entity that lives here, and its lifecycle has not told."""
ANEW: Final = "anew/"
"""What kept keys begin with of what is decided on anew; what comes from outside never does."""
_MOST: Final = 2**31 - 1
"""What a number of submissions or transfers may be, to be kept."""
BEGINNINGS: Final[Mapping[str, str]] = {
    entity.type: trigger for trigger, entity in _IDS.items() if trigger != "WALLET_ADDED"
}
"""The trigger whose decision an entity of a type waits for."""


ONCE: Final = frozenset({"ORDER_CREATED", "PAYOUT_REQUESTED", "USER_REGISTERED"})
"""The triggers that happen once in the life of an entity that lives here: their key is empty, whoever tells."""
SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours the clock of whoever tells may be."""
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def dated(one: Occurrence, now: datetime) -> Occurrence:
    """Return an occurrence that happened when it may have: a time ahead of now, or before 1970, is taken as now.

    It is flagged, and not refused: a wrong clock, or a time that was left at zero, would otherwise keep an event from
    being decided at all, and a host that goes on without an answer would let through what a policy holds.
    """
    if one.occurred_at > now + SKEW:
        wrong = "ahead of now"
    elif one.occurred_at < _FIRST:
        wrong = "before 1970"
    else:
        return one
    flagged = (*one.flagged, f"occurred_at: {wrong}, taken as now")
    return replace(one, occurred_at=now, flagged=flagged)


def anew_id(execution_id: str) -> str:
    """Return the id of the execution that decides anew on what one has decided on, where there is such."""
    return derived_id(f"anew/{execution_id}")


def event_of(trigger: str) -> str | None:
    """Return the domain event that fires a trigger which hosts know by another name."""
    return _EVENTS.get(trigger)


def of_event(event: DomainEvent) -> list[Occurrence]:
    """Return what a domain event may set off: the trigger that hosts know it by, and the event under its own name."""
    what = about(event.name)
    entity_id = event.data.get(what.key) if what else None
    if what is None or not isinstance(entity_id, str) or not entity_id:
        return []
    entity = Entity(what.entity, entity_id)
    found = [_told(event, event.name, entity, event.event_id, facts_of_event(event.data))]
    named = NAMED.get(event.name)
    if named is not None:
        context = facts_of_named(event.name, event.data)
        key = _part(event.data) or key_of(named, context)
        found.append(_told(event, named, entity, key, context))
    return found


def _part(data: Mapping[str, Json]) -> str:
    """Return what tells a part of a pay-in that is not its first from the others; hosts know the first alone."""
    now, in_all = data.get("amountMinor"), data.get("receivedMinor")
    if in_all is not None and now != in_all:
        return f"#{in_all}"
    return LATE if data.get("isLate") is True else ""


def _told(
    event: DomainEvent, trigger: str, entity: Entity, key: str, context: Mapping[str, Json]
) -> Occurrence:
    return Occurrence(
        trigger=trigger,
        entity=entity,
        key=key,
        context=context,
        occurred_at=event.occurred_at,
        source="relay",
        event_id=event.event_id,
        correlation_id=event.correlation_id,
        causation_id=event.event_id,
        origin=event.origin,
        submission=submission_in(entity, context),
        transfer=_transfer_in(event),
    )


def entity_of(trigger: str, context: Mapping[str, Json], given: tuple[str, str] | None) -> Entity:
    """Return the entity that a host names, or that its context does.

    Raises:
        InputInvalid: there is no such trigger, it is about another type, or neither names an entity.
    """
    if trigger not in _IDS:
        raise InputInvalid("trigger", trigger, f"one of {', '.join(sorted(_IDS))}")
    entity_type, field = _IDS[trigger]
    told_type, entity_id = given or (entity_type, context.get(field))
    if told_type != entity_type:
        raise InputInvalid("entity.type", told_type, f"{entity_type}, which {trigger} is about")
    if not isinstance(entity_id, str) or not _is_id(entity_id):
        name = id_field(trigger, given)
        raise InputInvalid(
            name, _shown(entity_id), f"the id of the entity that {trigger} is about"
        )
    return Entity(entity_type, entity_id)


def id_field(trigger: str, given: tuple[str, str] | None) -> str:
    """Return the field in which a host has told the id of an entity."""
    return "entity.id" if given else f"context.{_IDS[trigger].id}"


def _is_id(text: str) -> bool:
    return 0 < len(text) <= LONGEST_ID and is_storable(text)


def _shown(told: Json) -> Json:
    """Return what was told as an answer can say it."""
    if not isinstance(told, str):
        return plain(told) if _is_writable(told) else "..."
    return told[:LONGEST_ID] if is_storable(told) else ascii(told[:LONGEST_ID])


def key_of(trigger: str, context: Mapping[str, Json], given: str | None = None) -> str:
    """Return what tells an occurrence from others of its trigger and entity, as an index can hold it.

    Raises:
        InputInvalid: the name that is given cannot be one.
    """
    if given is not None:
        if not _is_id(given):
            raise InputInvalid("occurrence", _shown(given), f"1 to {LONGEST_ID} characters")
        return _from_outside(given)
    if trigger == "WALLET_ADDED":
        written = _written(context.get("walletId") or context.get("address") or "")
        return _from_outside(as_key(written))
    if trigger == "KYC_SUBMITTED":
        number = number_in(context)
        return TOLD if number is None else f"#{number}"
    return "" if trigger in _IDS else _digest(context)


def _from_outside(key: str) -> str:
    """Return a key that somebody else has made up, as one that is none of ours."""
    return _hash(key) if key.startswith(ANEW) else key


def submission_in(entity: Entity, context: Mapping[str, Json]) -> int | None:
    """Return the number of the submission that a context tells of a KYC session."""
    return number_in(context) if entity.type == "KYC" else None


def number_in(context: Mapping[str, Json]) -> int | None:
    """Return the number that a context gives a submission."""
    return _number(context.get("submissions"))


def transfer_of(trigger: str, key: str) -> int | None:
    """Return the number of the transfer that a host tells of: hosts know the first alone, under no name."""
    return 1 if trigger == "PAYIN_RECEIVED" and key in {"", LATE} else None


def _transfer_in(event: DomainEvent) -> int | None:
    """Return the number of the transfer that an event tells of; one without a number may be the first."""
    if event.name != "payin.received":
        return None
    return _number(event.data.get("transfer")) or transfer_of(NAMED[event.name], _part(event.data))


def _number(told: Json) -> int | None:
    if not isinstance(told, int) or isinstance(told, bool):
        return None
    return told if 0 < told <= _MOST else None


def newest_key(entity_type: str, context: Mapping[str, Json]) -> str | None:
    """Return the key of the occurrence whose decision an entity waits for; None where it is told of only one.

    A KYC session waits for its newest submission, a pay-in for its newest transfer, or for what may come late.
    """
    if entity_type == "KYC":
        return key_of("KYC_SUBMITTED", context)
    if entity_type == "PayIn":
        first = LATE if context.get("hasLapsed") is True else ""
        return f"#{context['receivedMinor']}" if len(mapping(context, "receipts")) > 1 else first
    return None


def has_late_money(payin: Mapping[str, Json]) -> bool:
    """Whether money has come for a pay-in that had failed or expired before."""
    return payin.get("hasLapsed") is True and bool(mapping(payin, "receipts"))


def _digest(context: Mapping[str, Json]) -> str:
    forms = {str(name): plain(told) for name, told in context.items() if _is_writable(told)}
    return _hash(canonical(forms))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _written(told: Json) -> str:
    return str(plain(told)) if _is_writable(told) else ""


def _is_writable(told: Json) -> bool:
    """Tell whether a value can be written at all: a number of thousands of digits cannot, and is as if not told."""
    try:
        dump(plain(told))
    except ValueError:
        return False
    return True
