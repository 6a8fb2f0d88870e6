"""New ids. Chance comes from here, so that what must be repeatable can be handed its ids."""

from __future__ import annotations

import uuid


def fresh_id() -> str:
    """Return an id that nobody has used."""
    return str(uuid.uuid4())  # noqa: TID251 (the one place)
