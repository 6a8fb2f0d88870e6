"""The lines that a process logs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from orderwright.app.log import configure_log
from orderwright.app.settings import Settings
from orderwright.app.telemetry.lineage import shown, trace_id_of
from orderwright.runtime.work import Work, work_at_hand


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, config = list(root.handlers), root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_lines_carry_the_work_and_the_work_around_it(capsys: pytest.CaptureFixture[str]):
    configure_log(Settings(log_format="json"))
    with (
        Work(correlation_id="o1/1", causation_id=None, event="sale.cleared"),
        Work(instance_id="o1"),
    ):
        structlog.get_logger().warning("it_failed", attempt=2)
    structlog.get_logger().warning("later")
    [line, later] = logged(capsys)
    assert {**line, "timestamp": ""} == {
        "event": "it_failed",
        "attempt": 2,
        "correlation_id": "o1/1",
        "event_type": "sale.cleared",
        "instance_id": "o1",
        "level": "warning",
        "timestamp": "",
    }
    assert set(later) == {"event", "level", "timestamp"}


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, form: str
):
    configure_log(Settings.model_validate({"log_format": form}))
    with suppress(OSError), Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stderr", full)
        structlog.get_logger().warning("no_room")
        logging.getLogger("library").warning("no room")
    assert full.closed
    structlog.get_logger().warning("closed")


def test_the_trace_is_named_where_traces_are_made(capsys: pytest.CaptureFixture[str]):
    settings = Settings(log_format="json", otlp_endpoint="http://127.0.0.1:4318")
    configure_log(settings)
    with Work(correlation_id="o1/1"):
        structlog.get_logger().warning("it_failed")
    [line] = logged(capsys)
    assert line["trace_id"] == shown(trace_id_of("o1/1"))


def test_libraries_take_the_same_way(capsys: pytest.CaptureFixture[str]):
    configure_log(Settings(log_format="json"))
    configure_log(Settings(log_format="json"))
    logging.getLogger("some.library").warning("the %s is full", "queue")
    logging.getLogger("some.library").info("nothing of interest")
    [line] = logged(capsys)
    assert line["event"] == "the queue is full"
    assert (line["level"], line["logger"]) == ("warning", "some.library")


def test_work_ends_also_with_an_error():
    with pytest.raises(ZeroDivisionError), Work(instance_id="o1"):
        raise ZeroDivisionError
    assert work_at_hand() == {}
