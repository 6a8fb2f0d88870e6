"""What watches the process: whether it answers, whether it can do its work, and its figures.

Nobody signs in here, as is usual: the answers hold figures and names of charts and routes, and nothing of an order.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Final, Literal

import asyncpg
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from orderwright import __version__
from orderwright.api.auth import app_of
from orderwright.app import release
from orderwright.app.bootstrap import Orderwright
from orderwright.app.telemetry.scrape import CONTENT_TYPE
from orderwright.runtime.lag import RelayStatus, read_status

router = APIRouter()

_LONG_HELD: Final = 60.0
"""Seconds after which an open transaction counts as forgotten."""


def create_health_server(app: Orderwright) -> FastAPI:
    """Return the ASGI application of a process that serves nothing else; `state.worker` is its worker's task."""
    server = FastAPI(
        title="Orderwright", version=__version__, openapi_url=None, docs_url=None, redoc_url=None
    )
    server.state.orderwright = app
    server.state.worker = None
    server.include_router(router)
    return server


class Healthy(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


@router.get("/healthz", tags=["health"])
async def healthz() -> Healthy:
    """Tell that the process answers; asks nobody else."""
    return Healthy()


@router.get("/metrics", tags=["health"], response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Give the figures of the process in Prometheus' text format; 200 also while the database is away."""
    return Response(await app_of(request).scrape.page(), media_type=CONTENT_TYPE)


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
        row = await app_of(request).pool.fetchrow(release.READ, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return "unreachable"
    assert row is not None
    state = release.SchemaState(**row)
    return "ok" if state.serves(app_of(request).revision) else f"at revision {state.revision}"


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
