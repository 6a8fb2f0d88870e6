"""New ids, by chance or derived from what they stand for. Chance comes from here alone."""

from __future__ import annotations

import uuid
from typing import Final

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "orderwright")


def derived_id(name: str) -> str:
    """Return the id that always belongs to a name, so that making the thing again finds it."""
    return str(uuid.uuid5(_NAMESPACE, name))


def fresh_id() -> str:
    """Return an id that nobody has used."""
    return str(uuid.uuid4())  # noqa: TID251 (the one place)
