"""How a process logs: structured, to stderr, so that stdout belongs to the command's answer.

Each line carries the names of the work that it is about (`runtime.work`) and of the request, if there is one. What
libraries log by Python's own means takes the same way. A line that stderr has no room for, or that nobody reads any
more, is lost, and nothing else: no work ends because it could not be told of.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from orderwright.app.telemetry.lineage import shown, trace_id_of
from orderwright.runtime.work import work_at_hand

if TYPE_CHECKING:
    from orderwright.app.settings import Settings
_EVENT: Final = "event"


def configure_log(settings: Settings) -> None:
    """Set level and form for the whole process."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(default=str)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_work,
        *([_add_trace] if settings.otlp_endpoint is not None else []),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(),
    )
    _route_libraries(shared, renderer, max(level, logging.WARNING))


def _route_libraries(
    shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor, level: int
) -> None:
    """Give Python's own loggers the same form; of libraries only warnings are wanted."""
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for earlier in [one for one in root.handlers if isinstance(one, _Stderr)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(level)


class _Lines:
    """Writes the lines of structlog to whatever stderr is by then."""

    def msg(self, line: str) -> None:
        """Write a line, if that can be done."""
        with suppress(OSError, ValueError):  # a full disk, a reader that has gone, a closed stream
            _write(line)

    debug = info = warning = error = critical = exception = msg


class _Stderr(logging.Handler):
    """Writes to whatever stderr is by then."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        try:
            _write(self.format(record))
        except Exception:  # noqa: BLE001 (as every handler of Python's does)
            self.handleError(record)


def _write(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _add_work(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Add the names of the work at hand; `event` is the line's own word, so the chart's is `event_type`."""
    for name, value in work_at_hand().items():
        key = "event_type" if name == _EVENT else name
        if line.get(key) is None:
            line[key] = value
    return line


def _add_trace(
    _logger: object, _method: str, line: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Add the trace that the work belongs to, if it is not that of the request."""
    correlation_id = line.get("correlation_id")
    if isinstance(correlation_id, str):
        line["trace_id"] = shown(trace_id_of(correlation_id))
    return line
