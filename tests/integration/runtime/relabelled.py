"""The second version of the parcel, in which OPEN is called READY and REMIND is called NUDGE; and the way there."""

from __future__ import annotations

import json
from typing import Any, Final

from parcel import PARCEL

_NAMES: Final = {"OPEN": "READY", "REMIND": "NUDGE"}


def _renamed(source: Any) -> Any:
    if isinstance(source, dict):
        return {_NAMES.get(key, key): _renamed(member) for key, member in source.items()}
    if isinstance(source, list):
        return [_renamed(member) for member in source]
    return _NAMES.get(source, source) if isinstance(source, str) else source


SECOND: Final = {**_renamed(PARCEL), "version": 2, "context": {"count": 0, "grade": "B"}}
SECOND_TEXT: Final = json.dumps(SECOND)
MAPPING: Final[dict[str, Any]] = {
    "states": {"parcel.OPEN": "parcel.READY"},
    "context": {"pieces": {"from": "context.count"}},
    "timers": {"REMIND": "NUDGE"},
}
