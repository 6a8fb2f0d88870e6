"""Policies of the demo: some decide, some are only watched, and each other state of their life is there once.

They come into force when all else is told, so that they decide on what happens from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role
from orderwright.app.policies.policy_desk import Done, Wish
from orderwright.app.policies.shipped_policies import shipped_policies
from orderwright.app.seed.catalogue import PEOPLE
from orderwright.errors import RuntimeFault

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.policy.result import Mode

_AUTHOR, _SECOND = "compliance", "admin"
_HIGH: Final = "high-amount"
_IN_FORCE: Final[Mapping[str, Mode]] = {
    _HIGH: "enforce",
    "kyc-resubmission": "enforce",
    "new-wallet": "enforce",
    "payout-velocity": "enforce",
    "temporary-email-domain": "enforce",
    "night-time-payout": "enforce",  # and paused then
    "large-first-order": "shadow",
    "payin-amount-mismatch": "shadow",
    "sanctioned-country": "shadow",
    "third-party-sender": "shadow",
}
_PAUSED: Final = "night-time-payout"
_ASKED_FOR: Final = "low-risk-auto-approval"
_LISTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "sanctioned-countries": ("Countries that nothing is sold to", ("CU", "IR", "KP", "SY")),
    "temporary-mail-domains": (
        "Domains of mail addresses that last for minutes",
        ("10minutemail.com", "guerrillamail.com", "mailinator.com", "yopmail.com"),
    ),
}


class PolicyUnplanted(RuntimeFault):
    """A policy of the demo is refused: it does not fit the chart."""

    code = "seed.policy_refused"


async def plant_policies(app: Orderwright) -> None:
    """Plant lists and policies. May be interrupted and repeated.

    Raises:
        PolicyUnplanted: a shipped policy does not fit the chart.
    """
    await _plant_lists(app)
    office, ids = app.policy_office, dict[str, str]()
    for name, document in shipped_policies().items():
        asked = _by(_AUTHOR, f"create/{name}")
        ids[name] = _taken(await office.desk.create(document, None, asked)).policy_id
    await _narrow(app, ids[_HIGH])
    await _agree(app, _AUTHOR, {name: ids[name] for name in _IN_FORCE})
    await _agree(app, _SECOND, {name: ids[name] for name in _IN_FORCE})
    asked = _by(_AUTHOR, "pause")
    _taken(await office.desk.pause(ids[_PAUSED], "Reviewers work in the morning", asked))
    await _agree(app, _AUTHOR, {_ASKED_FOR: ids[_ASKED_FOR]})


async def _plant_lists(app: Orderwright) -> None:
    lists = app.policy_office.lists
    for name, (description, entries) in _LISTS.items():
        await lists.create(name, "text", description, _by(_AUTHOR, f"list/{name}"))
        await lists.add(name, entries, _by(_AUTHOR, f"entries/{name}"))


async def _narrow(app: Orderwright, policy_id: str) -> None:
    """Save a version of High amount for euros alone: nobody could compare another currency with its line."""
    document = dict(shipped_policies()[_HIGH])
    graph = document["graph"]
    if not isinstance(graph, dict):
        raise TypeError("a policy has a graph")
    rule = {"field": "currency", "operator": "==", "value": "EUR"}
    nodes = [
        {**node, "group": {**node["group"], "rules": [rule, *node["group"]["rules"]]}}
        if node["type"] == "condition"
        else node
        for node in graph["nodes"]
    ]
    narrowed = {**document, "graph": {**graph, "nodes": nodes}}
    asked = _by(_AUTHOR, "narrow")
    _taken(await app.policy_office.desk.save(policy_id, narrowed, "Euros alone", None, asked))


async def _agree(app: Orderwright, login: str, ids: Mapping[str, str]) -> None:
    """Have somebody say that policies are to come into force, and what follows be done."""
    for name, policy_id in ids.items():
        wish = Wish(mode=_IN_FORCE.get(name, "enforce"))
        asked = _by(login, f"publish/{name}")
        reason = "As agreed in the risk meeting"
        _taken(await app.policy_office.desk.publish(policy_id, wish, reason, asked))
    await app.worker.drain()


def _by(login: str, what: str) -> Asked:
    name, role = PEOPLE[login]
    roles = frozenset({Role.COMPLIANCE, role})
    by = Identity(id=login, login=login, name=name, roles=roles)
    return Asked(by=by, idempotency_key=f"seed/policy/{what}")


def _taken(done: Done) -> Done:
    if done.refused is not None:
        raise PolicyUnplanted(f"{done.policy_id}: {done.refused.message}")
    return done
