"""`/documents`: a page by which documents are handed in with a link, and the files for who may see them."""

from __future__ import annotations

from html import escape
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from orderwright.api.auth import app_of, identity_of
from orderwright.api.document_page import PRIVATE, page
from orderwright.app.people import LoginRequired
from orderwright.app.policies.documents.intake import DocumentIntake, Wanted
from orderwright.app.policies.documents.link import PATH, DocumentLink
from orderwright.errors import InputInvalid

FILES: Final = "/api/v1/documents"
"""Where the files are."""

Expires = Annotated[int, Query(ge=0, le=2**40)]
Signature = Annotated[str, Query(max_length=100)]

router = APIRouter()


@router.get(f"{PATH}/{{request_id}}", tags=["documents"])
async def show(
    request_id: str, expires: Expires, signature: Signature, request: Request
) -> Response:
    """Show what is asked for, to whoever has the link."""
    link = DocumentLink(request_id=request_id, expires=expires, signature=signature)
    return _shown(request, link, await _intake(request).wanted(link), 200, "")


@router.post(f"{PATH}/{{request_id}}", tags=["documents"])
async def hand_in(
    request_id: str, expires: Expires, signature: Signature, request: Request
) -> Response:
    """Take a form with `type` and `file`; nothing of it is read without a link."""
    link = DocumentLink(request_id=request_id, expires=expires, signature=signature)
    intake = _intake(request)
    await intake.admit(link)
    async with request.form(max_files=1, max_fields=1) as form:
        kind, file = form.get("type"), form.get("file")
        if not isinstance(kind, str) or not kind:
            raise InputInvalid("type", None, "one of the types that are asked for")
        if not isinstance(file, UploadFile):
            raise InputInvalid("file", None, "a PDF, a PNG or a JPEG")
        result = await intake.take(link, kind, await file.read())
    refused = result.refused
    status, said = (201, "") if refused is None else (409, refused.message)
    return _shown(request, link, await intake.wanted(link), status, said)


@router.get(f"{FILES}/{{document_id}}", tags=["documents"])
async def download(document_id: str, request: Request) -> Response:
    """Give a document to somebody who is signed in and may see it."""
    by = await identity_of(request)
    if by is None:
        raise LoginRequired("sign in to go on")
    file = await app_of(request).acts.document_desk.file(document_id, by)
    headers = {
        **PRIVATE,
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(file.content, media_type=file.media_type, headers=headers)


def _intake(request: Request) -> DocumentIntake:
    return app_of(request).acts.document_intake


def _shown(
    request: Request, link: DocumentLink, wanted: Wanted, status: int, refused: str
) -> Response:
    """Answer with a page to browsers, with JSON to programs."""
    if "text/html" in request.headers.get("accept", ""):
        return page(escape(link.path), wanted, status, refused)
    told = {
        "requestId": wanted.request_id,
        "types": list(wanted.types),
        "missing": list(wanted.missing),
        "message": wanted.message,
        "dueAt": wanted.due_at,
        "isOpen": wanted.is_open,
        **({"refused": refused} if refused else {}),
    }
    return JSONResponse(told, status_code=status, headers=dict(PRIVATE))
