"""Types of the events that a machine sends itself: `xstate.done.actor.x` there is `done.invoke.x` here."""

from __future__ import annotations

import re
from typing import Final

_STEMS: Final = (
    # XState's, ours
    ("xstate.done.actor.", "done.invoke."),
    ("xstate.done.state.", "done.state."),
    ("xstate.error.actor.", "error.invoke."),
    ("xstate.after.", "after."),
)
_WILDCARDS: Final = (
    ("xstate.done.*", "done.*"),
    ("xstate.error.*", "error.*"),
)
_OLD: Final = (
    (re.compile(r"done\.invoke\.(.+)"), r"xstate.done.actor.\1"),
    (re.compile(r"done\.state\.(.+)"), r"xstate.done.state.\1"),
    (re.compile(r"error\.(?:platform|invoke)\.(.+)"), r"xstate.error.actor.\1"),
    (re.compile(r"xstate\.after\((.+?)\)#(.+)"), r"xstate.after.\1.\2"),
)


def from_xstate(name: str) -> str | None:
    """Return our type for XState's; None when there is none (`xstate.init`, `xstate.snapshot.x`)."""
    for theirs, ours in (*_STEMS, *_WILDCARDS):
        if name.startswith(theirs):
            return ours + name[len(theirs) :]
    return None if name.startswith("xstate.") else name


def to_xstate(name: str) -> str:
    """Return XState's type for ours."""
    for theirs, ours in (*_STEMS, *_WILDCARDS):
        if name.startswith(ours):
            return theirs + name[len(ours) :]
    return name


def modernise(name: str) -> str | None:
    """Return the v5 type for one that is spelled as in XState v4; None when it is not."""
    for pattern, replacement in _OLD:
        if pattern.fullmatch(name):
            return pattern.sub(replacement, name)
    return None
