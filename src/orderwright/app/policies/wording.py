"""Words of decisions that are stored: configs with their templates filled in, and why something is held.

Nothing sensitive gets into them: a template shows a mask where the schema says so, and what a failing policy quoted of
a sensitive fact is taken out. Filled-in texts are plain: one line, no markup meant; who shows them escapes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Role
from orderwright.condition import Json, plain
from orderwright.policy import reading, render
from orderwright.policy.masking import MASK, masked_facts

if TYPE_CHECKING:
    from orderwright.condition import Schema
    from orderwright.policy import Doubt

TEMPLATES: Final = ("reason", "message", "template")
"""The keys of configs that may name facts."""
_SHORTEST: Final = 3
"""Characters of a sensitive fact below which it is in many words by chance."""


class Words:
    """Fills in what is stored of one event, from its facts without the sensitive ones."""

    def __init__(self, facts: Mapping[str, Json], schema: Schema) -> None:
        self._lookup = reading(masked_facts(facts, schema))
        self._secrets = [
            value
            for name, value in facts.items()
            if isinstance(value, str) and len(value) >= _SHORTEST and _is_sensitive(name, schema)
        ]

    def config(self, config: Mapping[str, Json]) -> dict[str, Json]:
        """Return a config with its templates filled in."""
        found = {key: plain(value) for key, value in config.items()}
        for key in TEMPLATES:
            value = found.get(key)
            if isinstance(value, str):
                found[key] = render(value, self._lookup, escape=_one_line)
        return found

    def clean(self, text: str) -> str:
        """Return a text without what it quotes of sensitive facts."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _is_sensitive(name: str, schema: Schema) -> bool:
    known = schema.get(name)
    return known is not None and known.sensitive


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def doubt_action(doubt: Doubt, words: Words) -> tuple[str, dict[str, Json]]:
    """Return the action that a doubt comes to, with its config: people look into it, or have to approve first."""
    reason = words.clean(_doubted(doubt))
    if doubt.consequence == "flag":
        flag = {"type": f"policy-{doubt.outcome}", "priority": "NORMAL", "role": _COMPLIANCE}
        return "FLAG_FOR_REVIEW", {**flag, "reason": reason}
    return "REQUIRE_APPROVAL", {
        "role": _COMPLIANCE,
        "minimum": 1,
        "on_deny": "reject",
        "reason": reason,
    }


_COMPLIANCE: Final = str(Role.COMPLIANCE)


def _doubted(doubt: Doubt) -> str:
    name = doubt.deployment.policy.name
    if doubt.outcome == "unknown":
        return f"{name} cannot tell: {doubt.reason or 'values of other types or currencies'}"
    return f"{name} has failed: {doubt.reason}"


def hold_reason(action: str, config: Mapping[str, Json]) -> str:
    """Return why an action holds its entity, in words that people understand."""
    said = next((str(config[key]) for key in ("reason", "message") if config.get(key)), "")
    if said.strip():
        return said
    if action == "REQUIRE_APPROVAL":
        return f"{config.get('minimum', 1)} of {config.get('role')} must approve"
    if action == "REQUEST_DOCUMENT":
        types = config.get("types")
        return f"asks for {', '.join(map(str, types)) if isinstance(types, list) else 'documents'}"
    return action.replace("_", " ").lower()
