"""What XState documents say that charts do not: v4 spellings with the fix, and v5 keys that have no meaning here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from orderwright.json_text import Json
from orderwright.statechart.interchange.note import Notes, at

NODE_KEYS: Final = frozenset(
    "id initial type history target states on always after entry exit invoke onDone output tags meta "
    "description".split()
)
ROOT_KEYS: Final = NODE_KEYS | {"version", "context", "schemas"}
TRANSITION_KEYS: Final = frozenset(
    {"target", "guard", "actions", "reenter", "description", "meta"}
)
INVOKE_KEYS: Final = frozenset({"id", "src", "input", "onDone", "onError"})
INITIAL_KEYS: Final = frozenset({"target", "actions"})

OLD_NODE: Final = {
    "onEntry": "write `entry`",
    "onExit": "write `exit`",
    "activities": "write `invoke` with the activity's name as `src`",
    "services": "write `invoke`; implementations belong to the behaviour",
    "data": "write `output`",
    "parallel": 'write `type: "parallel"`',
    "delimiter": "leave it out and write targets with dots",
    "strict": "leave it out; an event that nobody handles is refused",
    "schema": "write `schemas`",
    "tsTypes": "leave it out",
    "predictableActionArguments": "leave it out; it is so always",
    "preserveActionOrder": "leave it out; it is so always",
    "guards": "leave it out; implementations belong to the behaviour",
    "actions": "write `entry` or `exit`; implementations belong to the behaviour",
}
OLD_TRANSITION: Final = {
    "cond": "write `guard`",
    "in": 'write `guard: {"type": "xstate.stateIn", "params": {"stateValue": "#id"}}`',
    "internal": "leave out `internal: true`; for `internal: false` write `reenter: true`",
    "delay": "write the transition under `after`, with the delay as its key",
    "event": "write the transition under `on`, with the event as its key",
}
OLD_INVOKE: Final = {
    "data": "write `input`",
    "autoForward": "leave it out and send what the work needs",
    "forward": "leave it out and send what the work needs",
}
OLD_ACTIONS: Final = {
    "xstate.send": "write `xstate.raise` for this machine, or name an action",
    "xstate.start": "write `invoke`",
    "xstate.stop": "write `invoke`; it stops when its state is left",
    "xstate.choose": "write guarded transitions, or name an action",
    "xstate.pure": "name an action",
    "xstate.update": "name an action",
    "xstate.respond": "name an action",
    "xstate.escalate": "name an action",
    "xstate.invoke": "write `invoke`",
}
UNUSED: Final = {  # v5 keys that may go
    "types": "types belong to TypeScript",
    "options": "a macrostep here has a bound of its own",
    "key": "it is the key under `states`",
    "order": "it is the order of the text",
    "route": "routes have no form here",
    "systemId": "work is known by its id",
    "onSnapshot": "work here reports its end only",
    "syncSnapshot": "work here reports its end only",
}
_FUNCTION: Final = re.compile(r"\s*(async\s+)?(function\b|\([^()]*\)\s*=>|\w+\s*=>)")


def keep(
    source: Mapping[str, Json],
    path: str,
    allowed: frozenset[str],
    old: Mapping[str, str],
    notes: Notes,
) -> dict[str, Json]:
    """Return the keys that a chart has, and note the others with what to do about them."""
    for key in source:
        if key in allowed:
            continue
        if key in old:
            notes.mistake(at(path, key), "v4", f"`{key}` is XState v4: {old[key]}")
        elif key in UNUSED:
            notes.loss(at(path, key), f"`{key}` is left out: {UNUSED[key]}")
        else:
            notes.unknown(path, key, allowed)
    return {key: member for key, member in source.items() if key in allowed}


def note_functions(value: Json, path: str, notes: Notes) -> None:
    """Note every value in which the text of a function stands."""
    if isinstance(value, str) and is_function(value):
        notes.mistake(
            path,
            "function",
            "a function cannot be data: name an action and put it in the behaviour",
        )
    elif isinstance(value, Mapping):
        for key, member in value.items():
            note_functions(member, at(path, key), notes)
    elif isinstance(value, list):
        for i, member in enumerate(value):
            note_functions(member, f"{path}[{i}]", notes)


def is_function(text: str) -> bool:
    """Tell whether a text is JavaScript's for a function."""
    return _FUNCTION.match(text) is not None
