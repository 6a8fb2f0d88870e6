"""What kind of file somebody has uploaded: told by its content, never by its name."""

from __future__ import annotations

from typing import Final

from orderwright.errors import InputInvalid

LARGEST_FILE: Final = 10 * 2**20
"""Bytes of a file."""

_KINDS: Final = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
)


def kind_of(content: bytes) -> tuple[str, str]:
    """Return the media type of a file, and the ending that such files have.

    Raises:
        InputInvalid: it is too large, or none of the kinds that are taken.
    """
    if len(content) > LARGEST_FILE:
        raise InputInvalid("file", f"{len(content)} bytes", f"at most {LARGEST_FILE} bytes")
    for beginning, media_type, ending in _KINDS:
        if content.startswith(beginning):
            return media_type, ending
    raise InputInvalid("file", "its content", "a PDF, a PNG or a JPEG")
