"""REST: the session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from orderwright.api.auth import COOKIE, app_of, forget, identity_of, remember
from orderwright.app.people import LoginRequired
from orderwright.app.permissions import Identity

router = APIRouter()


class Credentials(BaseModel):
    """What a person types to sign in."""

    login: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=1000)]


class SignedIn(BaseModel):
    """Who is signed in."""

    id: str
    login: str
    name: str
    roles: list[str]

    @classmethod
    def of(cls, identity: Identity) -> SignedIn:
        """Show an identity."""
        roles = sorted(str(role) for role in identity.roles)
        return cls(id=identity.id, login=identity.login, name=identity.name, roles=roles)


@router.post("/api/v1/session", tags=["session"])
async def sign_in(credentials: Credentials, request: Request, response: Response) -> SignedIn:
    """Sign in; answers with a session cookie."""
    app = app_of(request)
    session = await app.people.sign_in(credentials.login, credentials.password)
    remember(response, session, app)
    return SignedIn.of(session.identity)


@router.get("/api/v1/session", tags=["session"])
async def who_am_i(request: Request) -> SignedIn:
    """Tell who is signed in."""
    identity = await identity_of(request)
    if identity is None:
        raise LoginRequired("sign in to go on")
    return SignedIn.of(identity)


@router.delete("/api/v1/session", status_code=204, tags=["session"])
async def sign_out(request: Request, response: Response) -> None:
    """End the session, if there is one."""
    token = request.cookies.get(COOKIE)
    if token:
        await app_of(request).people.sign_out(token)
    forget(response)
