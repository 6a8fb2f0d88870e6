"""Read charts from files."""

from __future__ import annotations

from pathlib import Path

from orderwright.domain.orders import BEHAVIOURS
from orderwright.errors import InputInvalid
from orderwright.statechart import Behaviour, Chart, load


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        InputInvalid: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        reason = getattr(unreadable, "strerror", None) or "not UTF-8"
        raise InputInvalid("FILE", str(path), f"a file that can be read ({reason})") from None


def read_chart(path: Path) -> Chart:
    """Return the chart in a file.

    Raises:
        InputInvalid: the file cannot be read.
        ChartInvalid: the definition has no meaning; `chart check` tells where.
    """
    return load(read_text(path))


def behaviour_of(chart: Chart) -> Behaviour | None:
    """Return the behaviour that ships for a chart of this id; None for a chart of one's own."""
    return BEHAVIOURS.get(chart.id)
