"""`POST /payments/webhooks/{provider}/{consumer|reseller}`: what providers report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Final

from fastapi import APIRouter, Request

from orderwright.api.auth import app_of
from orderwright.api.webhooks.adapter import Adapter, Json, unsigned
from orderwright.api.webhooks.paystack import Paystack
from orderwright.api.webhooks.standard import Standard
from orderwright.api.webhooks.stripe import Stripe
from orderwright.app.records import Channel
from orderwright.app.settings import Settings
from orderwright.errors import InputInvalid
from orderwright.json_text import DEEPEST, is_storable, refuse_constant, require_fit, texts

router = APIRouter()


class Provider(Enum):
    """Whose webhooks are understood."""

    STRIPE = "stripe"
    PAYSTACK = "paystack"
    STANDARD = "standard"


class Address(Enum):
    """For whose payments an address is."""

    CONSUMER = "consumer"
    RESELLER = "reseller"


_ADAPTERS: Final[Mapping[Provider, Adapter]] = {
    Provider.STRIPE: Stripe(),
    Provider.PAYSTACK: Paystack(),
    Provider.STANDARD: Standard(),
}
_CHANNELS: Final[Mapping[Address, Channel]] = {
    Address.CONSUMER: "CONSUMER",
    Address.RESELLER: "RESELLER",
}


@router.post("/payments/webhooks/{provider}/{address}", tags=["payments"])
async def receive(provider: Provider, address: Address, request: Request) -> dict[str, str]:
    """Take what a provider reports; answers with what became of it.

    Nothing of the body is read before its signature was found right.
    """
    app, body, adapter = app_of(request), await request.body(), _ADAPTERS[provider]
    secret = _secret(app.settings, provider, address)
    if secret is None:
        raise unsigned()
    adapter.verify(body, request.headers, secret, now=app.clock.now())
    report = adapter.read(_object(body), request.headers)
    if report is None:
        return {"result": "ignored"}
    return {"result": str(await app.payment_reports.receive(report, _CHANNELS[address]))}


def _secret(settings: Settings, provider: Provider, address: Address) -> str | None:
    secret: str | None = getattr(settings, f"{provider.value}_{address.value}_secret")
    return secret


def _object(body: bytes) -> Json:
    try:
        event = json.loads(body, parse_constant=refuse_constant)
        require_fit(event)
    except (ValueError, RecursionError):
        raise InputInvalid("body", "...", f"JSON of at most {DEEPEST} levels") from None
    if not all(map(is_storable, texts(event))):
        raise InputInvalid("body", "...", "text without NUL or half surrogate pairs")
    if not isinstance(event, Mapping):
        raise InputInvalid("body", type(event).__name__, "an object")
    return event
