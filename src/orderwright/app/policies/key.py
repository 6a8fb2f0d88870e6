"""Keys of what hosts and users name at will: whatever the name, an index holds it and the database can keep it."""

from __future__ import annotations

import hashlib
from typing import Final

from orderwright.json_text import is_storable
from orderwright.runtime.command import LONGEST_ID

_DIGEST: Final = "sha256:"


def as_key(text: str) -> str:
    """Return what names a thing in an index: the text, or a digest where it is too long or cannot be kept."""
    if len(text) <= LONGEST_ID and is_storable(text):
        return text
    return f"{_DIGEST}{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def stands_in(key: str) -> bool:
    """Tell whether a key is the digest of a text."""
    return key.startswith(_DIGEST)
