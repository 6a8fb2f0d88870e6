"""A collector of traces on the loopback, and spans as a reader of traces sees them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True)
class Seen:
    """A span; ids in hexadecimal, `parent` empty where there is none."""

    name: str
    trace: str
    id: str
    parent: str
    kind: int
    attributes: dict[str, Any]
    links: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Collector:
    """Keeps what is exported to it; while it `holds`, it answers nobody."""

    url: str = ""
    spans: list[Seen] = field(default_factory=list)
    asked: Event = field(default_factory=Event)
    free: Event = field(default_factory=Event)

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        self.spans += [
            _seen(span)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]


@contextmanager
def collecting(*, holds: bool = False) -> Iterator[Collector]:
    """Run a collector for the length of the block."""
    collector = Collector()
    if not holds:
        collector.free.set()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.asked.set()
            collector.free.wait()
            collector.take(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        collector.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            collector.free.set()
            server.shutdown()
            thread.join()


def require_tree(spans: Iterable[Seen]) -> Seen:
    """Assert that spans are one trace whose parents form a tree, and return its root."""
    by_id = {span.id: span for span in spans}
    assert len({span.trace for span in by_id.values()}) == 1
    roots = [span for span in by_id.values() if not span.parent]
    assert len(roots) == 1, roots
    orphans = [span for span in by_id.values() if span.parent and span.parent not in by_id]
    assert orphans == []
    for span in by_id.values():
        way, at = {span.id}, span
        while at.parent:
            at = by_id[at.parent]
            assert at.id not in way, "a circle"
            way.add(at.id)
    return roots[0]


def _seen(span: Any) -> Seen:
    return Seen(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=span.kind,
        attributes={
            one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes
        },
        links=frozenset((one.trace_id.hex(), one.span_id.hex()) for one in span.links),
    )
