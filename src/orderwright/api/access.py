"""Every HTTP request: its id, how it is counted and logged, and its span.

The id comes from the caller's `X-Request-ID`, or is made here; the response and every log line of the request carry
it. A request is logged when it has ended, without its query string, which may hold what should not be kept.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orderwright.app.bootstrap import Orderwright
from orderwright.app.telemetry.lineage import shown
from orderwright.app.telemetry.visit import Visit, arrive
from orderwright.runtime.identity import fresh_id
from orderwright.runtime.observation import following

if TYPE_CHECKING:
    from orderwright.runtime.command import Command
    from orderwright.runtime.ticket import Result

REQUEST_ID: Final = "X-Request-ID"
_ACCEPTED: Final = re.compile(r"[\w.:/+=-]{1,128}", re.ASCII)
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Routes that are asked all the time; they are logged when they fail."""
_FAILED: Final = 500

_logger = structlog.get_logger(__name__)


class Access:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, *, orderwright: Orderwright) -> None:
        self._app = app
        self._orderwright = orderwright

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and take note of its end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(scope=scope, given=Headers(scope=scope).get(REQUEST_ID, ""))
        scope.setdefault("state", {})["request_id"] = request.id

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request.id
            await send(message)

        names = {"request_id": request.id}
        if self._orderwright.tracer is not None:
            now = self._orderwright.clock.now()
            request.visit = arrive(Headers(scope=scope), now=now)
            names["trace_id"] = shown(request.visit.place.trace_id)
        with structlog.contextvars.bound_contextvars(**names), following() as request.followed:
            try:
                await self._app(scope, receive, answer)
            finally:
                self._note(request)

    def _note(self, request: _Request) -> None:
        route, method, seconds = request.route, request.method, request.seconds
        self._orderwright.metrics.requested(route, method, request.status, seconds)
        self._trace(request)
        if route in _QUIET and request.status < _FAILED:
            return
        _logger.info(
            "request",
            method=method,
            path=request.scope["path"],
            route=route,
            status=request.status,
            milliseconds=round(seconds * 1000, 1),
        )

    def _trace(self, request: _Request) -> None:
        tracer = self._orderwright.tracer
        if tracer is None or request.visit is None or request.route in _QUIET:
            return
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "http.route": request.route,
            "http.response.status_code": request.status,
            "orderwright.request_id": request.id,
        }
        tracer.requested(request.visit, attributes, request.followed)


@dataclass(slots=True, kw_only=True)
class _Request:
    """A request under way; its status is 500 unless something else is answered."""

    scope: Scope
    given: str
    status: int = _FAILED
    visit: Visit | None = None
    followed: list[tuple[Command, Result]] = field(default_factory=list)
    id: str = field(init=False)
    _began: float = field(init=False, default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self.id = self.given if _ACCEPTED.fullmatch(self.given) else fresh_id()

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    @property
    def route(self) -> str:
        """The pattern that matched, never the path itself: callers choose that."""
        route = self.scope.get("route")
        if route is not None:
            return str(route.path)
        return str(self.scope.get("root_path")) or "(none)"
