"""What lives here says for itself what has happened to it, whatever a host tells of that.

Where a host tells of an entity that lives here, it is decided on the facts that the entity's own domain event carries.
They follow from its context, which is locked and read anyway: in the host's own transaction, before the event is
committed, as well as long after it was let go. What only the host knows is added.

What has not happened here yet (money that has not come, documents or a wallet that nobody has handed in) is told
ahead. Its decision has a key of its own, lest it stand for what happens then: that is decided on when it comes.

A host's name for an occurrence leads to the one that the lifecycle has, lest an event be decided on and counted twice:

    once in its life: an order, a user, a wallet    the name is ignored, and flagged
    a transfer, a submission                        the one that the lifecycle knows by this name, or by its reference
    by a name that nobody knows                     decided on as the newest, flagged, and not counted: that one is
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from orderwright.app.policies.intake import take_in
from orderwright.app.policies.occurrence import (
    AHEAD,
    LATE,
    Occurrence,
    event_of,
    key_of,
)
from orderwright.domain.catalogue import CATALOGUE
from orderwright.domain.entity import ENTITY_TYPES
from orderwright.domain.event_trigger import facts_of_named, known_of_named
from orderwright.domain.reading import integer, mapping, moment, rows

if TYPE_CHECKING:
    from orderwright.app.policies.ground import Told
    from orderwright.app.policies.occurrence import Entity
    from orderwright.app.policies.scene import Home, Scene
    from orderwright.condition import Json, Schema

_RECEIVED: Final = frozenset({"amount", "receivedAmount", "senderName"})
_HANDED_IN: Final = frozenset({"country", "documentType", "provider"})
_OF_WALLET: Final = frozenset({"walletId", "address", "cryptoType", "country"})
_ONCE: Final = "occurrence: it happens once, and is told by no other name"
_UNKNOWN: Final = "occurrence: its lifecycle knows none of this name, and it is not counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """What has happened, as its lifecycle has it.

    Attributes:
        one: the occurrence, by the key, the number and the time that the lifecycle has for it.
        data: of its domain event; what is not known any more is None.
        untold: the facts that are the host's to tell, because nothing of the kind has happened here.
        flagged: what is wrong with the name that a host has given it.
    """

    one: Occurrence
    data: Mapping[str, Json]
    untold: frozenset[str] = frozenset()
    flagged: tuple[str, ...] = ()


class IdTaken(Exception):
    """Something of another type than a host tells of has its id here; the door says so to the caller."""


def require_free(scene: Scene, entity: Entity) -> None:
    """Let a host tell of an entity that lives elsewhere only by an id that nothing else has here.

    Raises:
        IdTaken: something has.
    """
    taken = scene.homes.get(entity.id)
    if taken is not None and scene.home(entity) is None:
        other = ENTITY_TYPES.get(taken.chart_id, taken.chart_id)
        raise IdTaken(f"the id of one that is a {entity.type}; here it is that of a {other}")


def at_home(told: Told, home: Home, schema: Schema, *, is_named: bool) -> Told:
    """Return what a host tells of an entity that lives here, as it is here.

    Args:
        told: what the host tells.
        home: the entity.
        schema: of the trigger's facts.
        is_named: whether the host has named the occurrence.
    """
    trigger = told.occurrence.trigger_name
    event = event_of(trigger)
    assert event is not None, "what a lifecycle tells is an event"
    own = _OWN[trigger](told.occurrence, home, is_named)
    names = known_of_named(event) - own.untold
    known = take_in(facts_of_named(event, own.data), schema).facts
    facts = {name: value for name, value in told.intake.facts.items() if name not in names}
    facts.update({name: value for name, value in known.items() if name in names})
    flagged = (*told.intake.flagged, *own.flagged)
    intake = replace(told.intake, facts=facts, flagged=flagged).without(names)
    return replace(told, occurrence=own.one, intake=intake, own=names)


def _beginning(one: Occurrence, home: Home, is_named: bool) -> _Own:  # noqa: FBT001 (of one shape)
    event = event_of(one.trigger_name)
    assert event is not None, "what a lifecycle tells is an event"
    one = replace(one, key="", occurred_at=home.created_at)
    flagged = (_ONCE,) if is_named else ()
    return _Own(one=one, data=_data(event, home.context), flagged=flagged)


def _transfer(one: Occurrence, home: Home, is_named: bool) -> _Own:  # noqa: FBT001 (of one shape)
    """Return the first transfer, or the one that the host names; else the newest, under the host's name."""
    context = home.context
    receipts = mapping(context, "receipts")
    parts = list(receipts.values())
    totals = list(accumulate(part for part in parts if isinstance(part, int)))
    first = LATE if context.get("hasLapsed") is True else ""
    keys = [first, *(f"#{total}" for total in totals[1:])] if totals else []
    data = _data("payin.received", context)
    if not keys:
        return _Own(one=_ahead(one), data=data, untold=_RECEIVED)
    one = replace(one, occurred_at=home.updated_at)
    key = one.key if is_named else first
    if key not in keys and key in receipts:
        key = keys[list(receipts).index(key)]
    flagged = () if key in keys else (_UNKNOWN,)
    if key in keys:
        number = keys.index(key) + 1
        one = replace(one, key=key, transfer=number)
    else:
        number = len(keys)
        one = replace(_twin(one, keys[-1]), transfer=None)
    sender = context.get("sender") if number == len(keys) else None
    came = {"amountMinor": parts[number - 1], "receivedMinor": totals[number - 1]}
    return _Own(one=one, data={**data, **came, "senderName": sender}, flagged=flagged)


def _submission(one: Occurrence, home: Home, is_named: bool) -> _Own:  # noqa: FBT001 (of one shape)
    """Return the submission whose number is told or named; else the newest, without a number where it is named."""
    context = home.context
    newest = integer(context, "submissions")
    named = (
        next((n for n in range(1, newest + 1) if f"#{n}" == one.key), None) if is_named else None
    )
    told = named or one.submission
    number = told or newest
    data = {**_data("kyc.submitted", context), "submissions": number}
    if not 0 < number <= newest:
        one = replace(one, submission=None)
        return _Own(one=_ahead(one), data={**data, "submissions": newest + 1}, untold=_HANDED_IN)
    key = key_of("KYC_SUBMITTED", data)
    is_unknown = is_named and named is None
    one = _twin(one, key) if is_unknown else replace(one, key=key)
    one = replace(one, submission=told if is_unknown else number)
    documents = rows(context, "documents")
    place = number - newest + len(documents) - 1
    document = documents[place] if 0 <= place < len(documents) else {}
    if number < newest:
        data.update({name: document.get(name) for name in _HANDED_IN})
    at = moment(document, "at") or home.updated_at
    flagged = (_UNKNOWN,) if is_unknown else ()
    return _Own(one=replace(one, occurred_at=at), data=data, flagged=flagged)


def _wallet(one: Occurrence, home: Home, is_named: bool) -> _Own:  # noqa: FBT001 (of one shape)
    """Return the wallet of this id, else of this address; one that the user does not have here is the host's."""
    wallets = mapping(home.context, "wallets")
    told = one.context.get("walletId") or _by_address(wallets, one.context)
    data = {"userId": home.context["userId"]}
    is_here = isinstance(told, str) and told in wallets
    key = key_of("WALLET_ADDED", {"walletId": told} if is_here else one.context) or one.key
    flagged = (_ONCE,) if is_named and key != one.key else ()
    one = replace(one, key=key)
    if not is_here:
        ahead = _ahead(one, is_counted=True)
        return _Own(one=ahead, data=data, untold=_OF_WALLET, flagged=flagged)
    wallet = mapping(wallets, str(told))
    one = replace(one, occurred_at=moment(wallet, "addedAt") or home.updated_at)
    return _Own(one=one, data={**data, "walletId": told, **wallet}, flagged=flagged)


def _by_address(wallets: Mapping[str, Json], told: Mapping[str, Json]) -> str | None:
    """Return the id of the wallet of an address; of a currency, where that is told too."""
    place = {key: told[key] for key in ("address", "cryptoType") if told.get(key)}
    known = {key: mapping(wallets, key) for key in wallets if "address" in place}
    return next((key for key, one in known.items() if place.items() <= one.items()), None)


_OWN: Final[Mapping[str, Callable[[Occurrence, Home, bool], _Own]]] = {
    "ORDER_CREATED": _beginning,
    "PAYIN_RECEIVED": _transfer,
    "PAYOUT_REQUESTED": _beginning,
    "KYC_SUBMITTED": _submission,
    "USER_REGISTERED": _beginning,
    "WALLET_ADDED": _wallet,
}


def _data(event: str, context: Mapping[str, Json]) -> dict[str, Json]:
    """Return the data of an event, as far as the context has them by the same names."""
    return {key: context.get(key) for key in CATALOGUE[event].properties}


def _twin(one: Occurrence, own: str) -> Occurrence:
    """Return an occurrence under a host's name to which no lifecycle comes later; the one of its own key counts."""
    is_of_lifecycles = one.key == LATE or one.key.startswith("#")
    key = f"{AHEAD}{one.key}" if is_of_lifecycles else one.key
    return replace(one, key=key, is_counted=False, twin=own)


def _ahead(one: Occurrence, *, is_counted: bool = False) -> Occurrence:
    """Return what is told ahead under a key that no lifecycle has; it counts when it happens."""
    return replace(one, key=f"{AHEAD}{one.key}", transfer=None, is_counted=is_counted)
