"""Tokens on the wire: `Authorization: Bearer ...`."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from orderwright.api.auth import app_of
from orderwright.app.api_tokens import ApiToken, TokenRefused

_SCHEME: Final = HTTPBearer(auto_error=False, description="An API token of a host.")


async def _token(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_SCHEME)],
) -> ApiToken:
    """Return the token of a request.

    Raises:
        TokenRefused: there is none, or it opens nothing.
    """
    if given is None:
        raise TokenRefused("this takes an API token: Authorization: Bearer ow_...")
    return await app_of(request).api_tokens.whose(given.credentials)


Token = Annotated[ApiToken, Depends(_token)]
"""The token of a request; a request without one is a 401."""
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same request under the same key is done once, and answered the same for 30 days.",
    ),
]
"""The idempotency key of a request."""
