"""What payment providers send us: signed, in their own words; one adapter for each provider."""

from __future__ import annotations

from orderwright.api.webhooks.router import router

__all__ = ["router"]
