"""New ids, by chance or derived from what they stand for. Chance comes from here alone."""

from __future__ import annotations

import secrets
import uuid
from base64 import b64encode
from typing import Final

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_DNS, "orderwright")


def derived_id(name: str) -> str:
    """Return the id that always belongs to a name, so that making the thing again finds it."""
    return str(uuid.uuid5(_NAMESPACE, name))


def fresh_id() -> str:
    """Return an id that nobody has used."""
    return str(uuid.uuid4())  # noqa: TID251 (the one place)


def fresh_secret() -> str:
    """Return a signing secret as Standard Webhooks writes it: `whsec_` and 32 bytes in base64."""
    return f"whsec_{b64encode(fresh_key()).decode('ascii')}"


def fresh_key() -> bytes:
    """Return a key to sign with: 32 bytes that nobody can guess."""
    return secrets.token_bytes(32)
