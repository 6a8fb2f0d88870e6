"""The text of a policy, and what it parses to: numbers exact, no key twice, nothing that is not JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NoReturn

from orderwright.condition import Json
from orderwright.policy.problem import PolicyInvalid, Problem

MAX_TEXT: Final = 1_000_000
"""Letters of a document."""


def read_text(text: str) -> Json:
    """Parse the text of a policy; numbers with a fraction become decimals.

    Raises:
        PolicyInvalid: it is not JSON, so that nothing more can be said of it.
    """
    if len(text) > MAX_TEXT:
        raise _invalid("limit", f"{len(text)} letters; {MAX_TEXT} are allowed")
    try:
        parsed: Json = json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=Decimal
        )
    except json.JSONDecodeError as broken:
        place = f"line {broken.lineno} column {broken.colno}"
        raise _invalid("json", f"not JSON at {place}: {broken.msg}") from None
    except ValueError as unreadable:
        raise _invalid("json", f"not JSON: {unreadable}") from None
    except RecursionError:
        raise _invalid("depth", "nested too deeply") from None
    return parsed


def _object(pairs: list[tuple[str, Json]]) -> Mapping[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise _invalid("duplicate_key", f"the key {twice!r} stands twice in one object")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _invalid(code: str, message: str) -> PolicyInvalid:
    return PolicyInvalid([Problem("", code, message)])
