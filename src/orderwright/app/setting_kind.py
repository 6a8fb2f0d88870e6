"""The kinds of value that a setting may take, each with its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.app.settings import cron_text
from orderwright.errors import InputInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

Value: TypeAlias = int | str
"""A whole number, or the words of a choice or of a cron expression."""

_FIELD: Final = "value"
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeNumber:
    """A number within bounds, both of them included."""

    low: int
    high: int

    def read(self, given: object) -> Value:
        """Return what was given.

        Raises:
            InputInvalid: it is no whole number, or out of bounds.
        """
        if type(given) is int and self.low <= given <= self.high:  # true and false are no numbers
            return given
        raise InputInvalid(_FIELD, given, f"a number from {self.low} to {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of several words, each with a label."""

    labels: Mapping[StrEnum, str]

    def read(self, given: object) -> Value:
        """Return the word as a member of its enumeration.

        Raises:
            InputInvalid: it is none of them.
        """
        found = next((one for one in self.labels if one.value == given), None)
        if found is None:
            raise InputInvalid(_FIELD, given, f"one of {', '.join(self.labels)}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CronExpression:
    """Five fields: minute, hour, day, month, weekday; in UTC."""

    def read(self, given: object) -> Value:
        """Return the expression with one space between its fields.

        Raises:
            InputInvalid: it has no meaning.
        """
        if not isinstance(given, str) or len(given) > _LONGEST:
            raise InputInvalid(_FIELD, given, f"text of at most {_LONGEST} characters")
        try:
            return cron_text(" ".join(given.split()))
        except ValueError as error:
            expected = str(error).removeprefix("expected ")
            raise InputInvalid(_FIELD, given, f"a cron expression: {expected}") from error


Kind: TypeAlias = WholeNumber | Choice | CronExpression
"""What a value is read by."""
