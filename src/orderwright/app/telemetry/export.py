"""Spans on their way out: in batches, from a thread of their own, over OTLP and HTTP.

The queue is bounded. What a collector does not take in time is dropped; nothing else ever waits for it.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from threading import Thread
from typing import TYPE_CHECKING, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from orderwright import __version__
from orderwright.app.telemetry.tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.clock import Clock

_PATH: Final = "/v1/traces"
_TIMEOUT_SECONDS: Final = 5.0
_FAREWELL_SECONDS: Final = 5.0
"""How long the end of a process waits for what is left."""


@asynccontextmanager
async def exporting(endpoint: str, clock: Clock) -> AsyncIterator[Tracer]:
    """Give a tracer whose spans go to a collector, such as `http://127.0.0.1:4318`; at the end send what is left."""
    url = endpoint if endpoint.endswith(_PATH) else endpoint.rstrip("/") + _PATH
    processor = BatchSpanProcessor(OTLPSpanExporter(url, timeout=_TIMEOUT_SECONDS))
    names = {"service.name": "orderwright", "service.version": __version__}
    try:
        yield Tracer(processor, Resource.create(names), clock)
    finally:
        await _shut(processor)


async def _shut(processor: BatchSpanProcessor) -> None:
    """Shut down in a thread that may be left behind: a collector that hangs does not keep the process."""
    ending = Thread(target=processor.shutdown, daemon=True)
    ending.start()
    await asyncio.to_thread(ending.join, _FAREWELL_SECONDS)
