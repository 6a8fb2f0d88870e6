"""Links by which documents are handed in without signing in: signed, for one request, until a time."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from orderwright.app.signing import signing_key
from orderwright.errors import AccessDenied

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection

PATH: Final = "/documents"
"""Where links lead, within this server."""
GRACE: Final = timedelta(days=14)
"""For how long after the term a link still opens."""
_PURPOSE: Final = "document"


class DocumentLinkInvalid(AccessDenied):
    """The link has ended, or was not made here."""

    code = "documents.link_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLink:
    """What lets anybody who has it hand documents in."""

    request_id: str
    expires: int
    signature: str

    @property
    def ends_at(self) -> datetime:
        """Return when it ends."""
        return datetime.fromtimestamp(self.expires, UTC)

    @property
    def path(self) -> str:
        """Return its address within this server."""
        query = {"expires": self.expires, "signature": self.signature}
        return f"{PATH}/{self.request_id}?{urlencode(query)}"


async def link_for(
    connection: Connection, request_id: str, due_at: datetime, now: datetime
) -> DocumentLink:
    """Return a link to a request that is due at a time."""
    expires = int((max(due_at, now) + GRACE).timestamp())
    key = await signing_key(connection, _PURPOSE, now)
    return DocumentLink(
        request_id=request_id, expires=expires, signature=_sign(key, request_id, expires)
    )


async def require_link(connection: Connection, link: DocumentLink, now: datetime) -> None:
    """Let the call go on only with a link that was made here and has not ended.

    Raises:
        DocumentLinkInvalid: else.
    """
    key = await signing_key(connection, _PURPOSE, now)
    expected = _sign(key, link.request_id, link.expires)
    is_ours = hmac.compare_digest(link.signature.encode(), expected.encode())
    if not is_ours or now.timestamp() > link.expires:
        raise DocumentLinkInvalid("this link does not open anything any more; ask for a new one")


def _sign(key: bytes, request_id: str, expires: int) -> str:
    return hmac.new(key, f"{request_id}\n{expires}".encode(), hashlib.sha256).hexdigest()
