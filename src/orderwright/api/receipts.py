"""`/payments/receipts`: upload a receipt, and open it by a link."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from orderwright.api.auth import app_of, identity_of
from orderwright.api.bearer import Key
from orderwright.app.orders import Asked
from orderwright.app.people import LoginRequired
from orderwright.app.permissions import Identity
from orderwright.app.receipts import Link
from orderwright.errors import InputInvalid

PATH: Final = "/payments/receipts"

router = APIRouter()


def url_of(link: Link) -> str:
    """Return the address of a link, within this server."""
    query = {"expires": int(link.expires_at.timestamp()), "signature": link.signature}
    return f"{PATH}/{link.payment_id}?{urlencode(query)}"


@router.post(PATH, status_code=201, tags=["payments"])
async def upload(request: Request, key: Key = None) -> dict[str, str]:
    """Take a form with `paymentId` and `file`; nothing of it is read for those who may not upload."""
    by, receipts = await _signed_in(request), app_of(request).receipts
    receipts.admit(by)
    async with request.form(max_files=1, max_fields=1) as form:
        payment_id, file = form.get("paymentId"), form.get("file")
        if not isinstance(payment_id, str) or not payment_id:
            raise InputInvalid("paymentId", None, "the id of a payment")
        if not isinstance(file, UploadFile):
            raise InputInvalid("file", None, "a PDF, a PNG or a JPEG")
        media_type = await receipts.upload(
            payment_id, await file.read(), Asked(by=by, idempotency_key=key)
        )
    return {"paymentId": payment_id, "type": media_type}


@router.get(f"{PATH}/{{payment_id}}", tags=["payments"])
async def download(payment_id: str, expires: int, signature: str, request: Request) -> Response:
    """Give back a receipt to the person for whom the link was made."""
    by, receipts = await _signed_in(request), app_of(request).receipts
    receipt = await receipts.open(payment_id, expires, signature, by)
    headers = {
        "Content-Disposition": f'attachment; filename="{receipt.name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(receipt.content, media_type=receipt.media_type, headers=headers)


async def _signed_in(request: Request) -> Identity:
    by = await identity_of(request)
    if by is None:
        raise LoginRequired("sign in to go on")
    return by
