"""Every error that Orderwright raises, as one tree.

The branches say whose move it is:

    OrderwrightError
    ├── DefinitionInvalid   the author of a chart, policy or setting must change it
    ├── RefusedError        the world says no; nothing changed; the reasons say who can lift it
    │   └── InputInvalid    a field of the caller's input is wrong; names field, value and what would be right
    ├── NotFound            the thing that the caller names does not exist
    ├── Conflict            somebody else was first; trying again may succeed
    ├── AccessDenied        the caller may not do this
    ├── Gateway             a system outside did not answer as it should
    └── RuntimeFault        our own machinery is not in order

A refusal by a lifecycle is not an error but a value (`statechart.Refused`); it becomes a `RefusedError` only
where a caller must stop. Each concrete class owns a stable `code`, and each code owns a page in
`docs/reference/errors.md`.
"""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EXITS: Final = (KeyboardInterrupt, SystemExit, GeneratorExit)
"""What ends more than the code that raises it; whatever else a host's code raises is an error of that code."""


class OrderwrightError(Exception):
    """The base of every error raised on purpose.

    Attributes:
        code: stable, dotted lower case; what programs compare.
        retryable: whether the same call may succeed later without a change by the caller.
        message: one sentence for a person.
        values: the numbers and names behind the message, JSON-ready.
    """

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, values: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.values: dict[str, object] = dict(values or {})


class DefinitionInvalid(OrderwrightError):
    """A chart, policy or setting has no meaning as written."""

    code = "definition.invalid"


class RefusedError(OrderwrightError):
    """The world says no; nothing changed."""

    code = "refused"


class InputInvalid(RefusedError):
    """A field of the input is wrong.

    Attributes:
        field: the path of the field, as the caller wrote it.
    """

    code = "input.invalid"

    def __init__(self, field: str, value: object, expected: str) -> None:
        shown = value if isinstance(value, str | int | float | bool | None) else _text(value)
        super().__init__(
            f"{field}: {shown!r} is not acceptable; expected {expected}",
            values={"field": field, "value": shown, "expected": expected},
        )
        self.field = field


class _Short(reprlib.Repr):
    """Shows what is near the outside of a value, and how its texts begin."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 200


def shown(value: object) -> str:
    """Return a few words of ASCII for any value, however large, deep or odd it is, to stand in a message."""
    try:
        words = _Short().repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, or a stack at its end
        words = f"<{type(value).__name__}>"
    return words.encode("ascii", "backslashreplace").decode()


def _text(value: object) -> str:
    try:
        return str(value)
    except RecursionError:
        return shown(value)


class NotFound(OrderwrightError):
    """The thing that the caller names does not exist."""

    code = "not_found"


class Conflict(OrderwrightError):
    """Somebody else was first."""

    code = "conflict"
    retryable = True


class AccessDenied(OrderwrightError):
    """The caller may not do this."""

    code = "access"


class Gateway(OrderwrightError):
    """A system outside did not answer as it should."""

    code = "gateway"
    retryable = True


class RuntimeFault(OrderwrightError):
    """Our own machinery is not in order."""

    code = "runtime.fault"
