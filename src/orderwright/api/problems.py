"""Errors on the wire: RFC 9457 problem documents, with the error's own stable code.

The status follows from the branch of the error tree, so that a new error needs no line here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from orderwright.app.api_tokens import TokenRefused
from orderwright.app.database import AWAY, DatabaseUnreachable
from orderwright.app.payment_reports import ReportUnsigned
from orderwright.app.people import LoginRefused, LoginRequired
from orderwright.errors import (
    AccessDenied,
    Conflict,
    DefinitionInvalid,
    Gateway,
    InputInvalid,
    NotFound,
    OrderwrightError,
    RefusedError,
    RuntimeFault,
)

STATUS: Final[Mapping[type[OrderwrightError], int]] = {
    LoginRequired: 401,
    LoginRefused: 401,
    ReportUnsigned: 401,
    TokenRefused: 401,
    AccessDenied: 403,
    NotFound: 404,
    Conflict: 409,
    InputInvalid: 422,
    DefinitionInvalid: 422,
    RefusedError: 409,
    Gateway: 502,
    RuntimeFault: 503,
    OrderwrightError: 500,
}
"""The status of each branch; the nearest class of an error decides."""

TRANSPORT_CODES: Final[Mapping[int, str]] = {
    400: "request.malformed",
    404: "http.not_found",
    405: "http.method_not_allowed",
    413: "http.too_large",
    415: "http.unsupported_media_type",
    422: "request.invalid",
    500: "internal",
}
"""The codes of what goes wrong before or beside the application."""

_UNSTORABLE: Final = (
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
    UnicodeError,
)
_UNREACHABLE: Final = (
    *AWAY,
    FileNotFoundError,  # the socket of a server that is not there
)
_logger = structlog.get_logger(__name__)


def status_of(error: OrderwrightError) -> int:
    """Return the HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(
    status: int, code: str, detail: str, values: Mapping[str, object] | None = None
) -> JSONResponse:
    """Return a problem document."""
    body = {"type": "about:blank", "title": code, "status": status, "code": code, "detail": detail}
    if values:
        body["values"] = json.loads(json.dumps(values, default=str))
    return JSONResponse(body, status, media_type="application/problem+json")


def transport_problem(status: int, detail: str) -> JSONResponse:
    """Return the problem document of an error of transport."""
    return problem(status, TRANSPORT_CODES.get(status, f"http.{status}"), detail)


def translated(error: BaseException | None) -> OrderwrightError | None:
    """Return what an error of the database means for a caller; None for one that is our own fault."""
    cause = getattr(error, "orig", None) or error
    chain = (cause, cause.__cause__ if cause else None)
    if any(isinstance(one, _UNSTORABLE) for one in chain):
        return InputInvalid("text", "...", "text without NUL or half surrogate pairs")
    if any(isinstance(one, _UNREACHABLE) for one in chain):
        return DatabaseUnreachable("the database does not answer; try again soon")
    return None


def install(api: FastAPI) -> None:
    """Make every error of an application answer as a problem document."""
    api.add_exception_handler(OrderwrightError, _on_error)
    api.add_exception_handler(RequestValidationError, _on_invalid)
    api.add_exception_handler(HTTPException, _on_http)
    for kind in (*_UNSTORABLE, *_UNREACHABLE):
        api.add_exception_handler(kind, _on_database)
    api.add_exception_handler(ClientDisconnect, _on_disconnect)
    api.add_exception_handler(Exception, _on_crash)


async def _on_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, OrderwrightError):
        raise error
    return problem(status_of(error), error.code, error.message, error.values)


async def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return transport_problem(400, f"the body is not JSON: {first['ctx']['error']}")
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    values = {"field": field, "expected": first["msg"]}
    return problem(422, "request.invalid", f"{field}: {first['msg']}", values)


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return transport_problem(error.status_code, str(error.detail))


async def _on_database(request: Request, error: Exception) -> JSONResponse:
    return await _on_error(request, translated(error) or error)


async def _on_disconnect(_: Request, _error: Exception) -> Response:
    """Answer nobody: the client has gone before it had sent its request."""
    return Response(status_code=400)


async def _on_crash(request: Request, error: Exception) -> JSONResponse:
    _logger.error("request_failed", path=request.url.path, exc_info=error)
    answer = transport_problem(500, "something went wrong on our side; it is in the log")
    request_id = getattr(request.state, "request_id", None)
    if request_id is not None:  # the middleware that adds it is passed by here
        answer.headers["X-Request-ID"] = request_id
    return answer
