"""Domain events as triggers: which of them policies may wait for, what each is about, and which facts it brings.

A policy may wait for any event that is about an entity (`sale.cleared`); its data are the facts. An amount that stands
in minor units beside a currency (`amountMinor`) is a fact in money as well (`amount`). Some events are what hosts know
by another name (`order.created` is ORDER_CREATED), with the facts that hosts hand over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from orderwright.condition import FactField, FactType
from orderwright.domain.catalogue import CATALOGUE
from orderwright.domain.event import EventType
from orderwright.domain.reading import Json
from orderwright.domain.trigger import CASES, TRIGGERS, USER, VELOCITIES
from orderwright.money import CURRENCIES, Money
from orderwright.policy import TriggerType

NAMED: Final[Mapping[str, str]] = {
    "order.created": "ORDER_CREATED",
    "payin.received": "PAYIN_RECEIVED",
    "payout.requested": "PAYOUT_REQUESTED",
    "kyc.submitted": "KYC_SUBMITTED",
    "user.registered": "USER_REGISTERED",
    "wallet.added": "WALLET_ADDED",
}
"""The triggers that lifecycles fire, by the domain event that fires them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an event is about: an entity type, and the key of the data that holds its id."""

    entity: str
    key: str


_ORDER: Final = About(entity="Order", key="orderId")
_USER: Final = About(entity="User", key="userId")
_ABOUT: Final[Mapping[str, About]] = {
    "order": _ORDER,
    "sale": _ORDER,
    "payment": _ORDER,
    "fulfilment": _ORDER,
    "return": _ORDER,
    "payin": About(entity="PayIn", key="payInId"),
    "payout": About(entity="PayOut", key="payOutId"),
    "kyc": About(entity="KYC", key="kycSessionId"),
    "user": _USER,
    "wallet": _USER,
}
_OURS: Final = ("held", "hold_lifted", "held_after_shipping", "held_under_way")
"""What policies bring about themselves: to wait for it would be a circle."""
_MINOR: Final = "Minor"
SENSITIVE: Final = frozenset({"email", "sender", "senderName", "walletAddress", "address"})
"""What fields are called that say who somebody is; where a trigger does not know them they are masked all the same."""
_TYPES: Final[Mapping[str, FactType]] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
}


def about(event: str) -> About | None:
    """Return what a domain event is about; None where that is no entity that policies decide on."""
    lifecycle, _, what = event.partition(".")
    return None if what in _OURS else _ABOUT.get(lifecycle)


def facts_of_event(data: Mapping[str, Json]) -> dict[str, Json]:
    """Return the data of an event as facts: what is null is not there, and minor units are money as well."""
    found = {key: value for key, value in data.items() if value is not None}
    if "customerId" in found:
        found.setdefault("userId", found["customerId"])
    return {**found, **_amounts(found)}


def facts_of_named(event: str, data: Mapping[str, Json]) -> dict[str, Json]:
    """Return the data of an event as the facts of the trigger that hosts know it by."""
    found = facts_of_event(data)
    known = TRIGGERS[NAMED[event]].facts
    facts = {key: value for key, value in found.items() if key in known}
    for fact, sources in _OTHER_NAMES.items():
        there = [found[source] for source in sources if source in found]
        if there and fact in known:
            facts.setdefault(fact, there[0])
    return facts


def known_of_named(event: str) -> frozenset[str]:
    """Return the facts that an event brings under the name that hosts know it by, whether they are there or not."""
    keys = CATALOGUE[event].properties.keys()
    user = {"userId"} if "customerId" in keys else set()
    found = user | {name for key in keys for name in (key, key.removesuffix(_MINOR))}
    renamed = {fact for fact, sources in _OTHER_NAMES.items() if found & {*sources}}
    return frozenset((found | renamed) & TRIGGERS[NAMED[event]].facts.keys())


_OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "amount": ("grandTotal", "received"),
    "totalAmount": ("grandTotal",),
    "expectedAmount": ("expected",),
    "receivedAmount": ("received",),
    "senderName": ("sender",),
    "address": ("walletAddress",),
}
"""What a fact is called in the data of events, where that is another name; the first that is there counts."""


def _amounts(data: Mapping[str, Json]) -> dict[str, Json]:
    currency = data.get("currency")
    if not isinstance(currency, str) or currency not in CURRENCIES:
        return {}
    return {
        key.removesuffix(_MINOR): Money(value, currency)
        for key, value in data.items()
        if key.endswith(_MINOR) and isinstance(value, int)
    }


def _trigger(event: EventType) -> TriggerType:
    own: dict[str, FactField] = {}
    for key, schema in event.properties.items():
        case = CASES.get(key)
        own[key] = FactField(type=_type(schema), sensitive=key in SENSITIVE, case=case)
        if key.endswith(_MINOR) and "currency" in event.properties:
            own[key.removesuffix(_MINOR)] = FactField(type="money")
    user = USER if "userId" in own or "customerId" in own else {}
    facts = {**VELOCITIES, **user, **own} if user else own
    return TriggerType(name=event.name, label=event.description, facts=facts)


def _type(schema: Mapping[str, Json]) -> FactType:
    kinds = schema.get("type", "string")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return next(_TYPES[str(kind)] for kind in listed if kind != "null")


EVENT_TRIGGERS: Final[Mapping[str, TriggerType]] = {
    event.name: _trigger(event)
    for event in CATALOGUE.values()
    if (it := about(event.name)) is not None and it.key in event.properties
}
"""The domain events that policies may wait for."""
