"""The web server: the API, the console's files, and the worker beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from orderwright import __version__
from orderwright.api import (
    documents,
    graphql,
    health,
    policies,
    problems,
    receipts,
    rest,
    webhooks,
)
from orderwright.api.access import Access
from orderwright.api.limits import BodyLimit
from orderwright.app.bootstrap import Orderwright

_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_RESERVED: Final = ("api/", "documents/", "graphql", "payments/", "healthz", "readyz", "metrics")
_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_server(app: Orderwright, *, console: Path | None, with_worker: bool) -> FastAPI:
    """Return the ASGI application.

    Args:
        app: the application; the caller opens and closes it.
        console: the folder of the built console; None serves the API alone.
        with_worker: whether timers and domain events are worked on in this process.
    """

    @asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        server.state.worker = asyncio.create_task(app.worker.run(stop)) if with_worker else None
        try:
            yield
        finally:
            stop.set()
            if server.state.worker is not None:
                await server.state.worker

    server = FastAPI(
        title="Orderwright", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    server.state.orderwright = app
    server.state.worker = None
    server.add_middleware(GZipMiddleware, minimum_size=1000)
    server.add_middleware(BodyLimit)
    server.add_middleware(Access, orderwright=app)
    problems.install(server)
    server.include_router(rest.router)
    server.include_router(health.router)
    server.include_router(webhooks.router)
    server.include_router(policies.router)
    server.include_router(receipts.router)
    server.include_router(documents.router)
    server.include_router(graphql.router())
    if console is not None:
        _serve_console(server, console)
    return server


def _serve_console(server: FastAPI, folder: Path) -> None:
    server.mount("/assets", _Immutable(directory=folder / "assets"))
    files = {file.name: file for file in folder.iterdir() if file.is_file()}

    @server.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def console(path: str, request: Request) -> Response:
        """Serve a file of the console, or the console itself for its own paths."""
        if path.startswith(_RESERVED):
            return problems.transport_problem(404, f"nothing is served at {request.url.path}")
        headers = {**_POLICY, "Cache-Control": "no-cache"}
        return FileResponse(files.get(path, files["index.html"]), headers=headers)


class _Immutable(StaticFiles):
    """Files whose names hold a hash of their content may be kept for ever."""

    def file_response(self, *arguments: Any, **options: Any) -> Response:
        """Add how long the file holds."""
        response = super().file_response(*arguments, **options)
        response.headers.update(_FOR_EVER)
        return response
