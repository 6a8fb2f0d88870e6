"""Every durable path, by name."""

from __future__ import annotations

from crashing import asked, relayed, timed, wholesale, worked
from crashing.path import Path

PATHS: dict[str, Path] = {
    **asked.PATHS,
    **timed.PATHS,
    **relayed.PATHS,
    **worked.PATHS,
    **wholesale.PATHS,
}
