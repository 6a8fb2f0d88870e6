"""Sessions on the wire: an HttpOnly cookie that other sites cannot send along."""

from __future__ import annotations

from typing import Final

from fastapi import Response
from starlette.requests import HTTPConnection

from orderwright.app.bootstrap import Orderwright
from orderwright.app.people import LoginRequired, Session
from orderwright.app.permissions import Identity

COOKIE: Final = "orderwright_session"


def app_of(connection: HTTPConnection) -> Orderwright:
    """Return the application behind a request or a websocket."""
    app = connection.app.state.orderwright
    if not isinstance(app, Orderwright):
        raise TypeError("the server was not started with an application")
    return app


async def identity_of(connection: HTTPConnection) -> Identity | None:
    """Return who is signed in, or None."""
    token = connection.cookies.get(COOKIE)
    if not token:
        return None
    try:
        return await app_of(connection).people.whoever_holds(token)
    except LoginRequired:
        return None


def remember(response: Response, session: Session, app: Orderwright) -> None:
    """Give the browser the session's cookie."""
    response.set_cookie(
        COOKIE,
        session.token,
        max_age=int(app.people.session_lifetime.total_seconds()),
        httponly=True,
        secure=app.settings.session_cookie_secure,
        samesite="strict",
    )


def forget(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
