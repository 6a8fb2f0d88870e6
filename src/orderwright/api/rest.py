"""REST: the session, and what watches the process."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final, Literal

import asyncpg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from orderwright.api.auth import COOKIE, app_of, forget, identity_of, remember
from orderwright.app.people import LoginRequired
from orderwright.app.permissions import Identity
from orderwright.runtime.lag import RelayStatus, read_status

router = APIRouter()

_LONG_HELD: Final = 60.0
"""Seconds after which an open transaction counts as forgotten."""


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


class Healthy(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


@router.get("/healthz", tags=["health"])
async def healthz() -> Healthy:
    """Tell that the process answers; asks nobody else."""
    return Healthy()


@router.get("/readyz", tags=["health"])
async def readyz(request: Request) -> JSONResponse:
    """Tell whether the process can do its work: 200, or 503 with the part that cannot.

    A parked root or a horizon that is held makes it `degraded`, which is 200: taking this process away would not help.
    """
    checks = {"database": await _database(request), "worker": _worker(request)}
    ready = all(state in ("ok", "elsewhere") for state in checks.values())
    relay = await _relay(request) if checks["database"] == "ok" else None
    status = "unavailable" if not ready else "degraded" if relay and _is_troubled(relay) else "ok"
    body = {"status": status, **checks, "relay": _shown(relay) if relay else None}
    return JSONResponse(body, 200 if ready else 503)


async def _database(request: Request) -> str:
    try:
        revision = await app_of(request).pool.fetchval(
            "select version_num from orderwright.alembic_version", timeout=5
        )
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return "unreachable"
    return "ok" if revision == app_of(request).revision else f"at revision {revision}"


async def _relay(request: Request) -> RelayStatus:
    app = app_of(request)
    async with app.pool.acquire() as connection:
        return await read_status(connection, now=app.clock.now())


def _shown(relay: RelayStatus) -> dict[str, object]:
    """Show figures, but no names of the server's users: anybody may ask."""
    return {
        "consumers": [asdict(consumer) for consumer in relay.consumers],
        "horizon_seconds": relay.horizon_seconds,
    }


def _is_troubled(relay: RelayStatus) -> bool:
    """Tell whether somebody should look at the relay."""
    is_held = relay.horizon_seconds > _LONG_HELD
    return is_held or any(consumer.parked_roots for consumer in relay.consumers)


def _worker(request: Request) -> str:
    task = request.app.state.worker
    if task is None:
        return "elsewhere"
    return "stopped" if task.done() else "ok"
