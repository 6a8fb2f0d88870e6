"""What is wrong with a condition, each mistake with its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from orderwright.errors import DefinitionInvalid


class Problem(NamedTuple):
    """A mistake: its JSON path, a stable code, and what would be right."""

    path: str
    code: str
    message: str


class ConditionInvalid(DefinitionInvalid):
    """A condition has no meaning as written; `problems` holds (path, code, message) for each mistake."""

    code = "condition.invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, _, message in problems))
        self.problems = tuple(problems)


def at(path: str, key: str) -> str:
    """Return the path of a key below a path."""
    return f"{path}.{key}" if path else key
