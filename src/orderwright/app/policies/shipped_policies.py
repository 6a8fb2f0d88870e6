"""The policies that ship beside the code, each with facts on which it hits, misses, or does not know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

from orderwright.app.shipped import folder

CASES: Final = ".cases.json"
"""What the name of a file ends with that holds facts for the policy of that name."""


def shipped_policies() -> Mapping[str, Mapping[str, object]]:
    """Return the documents by their names, sorted."""
    return {file.stem: read_json(file) for file in policy_files(folder("policies"))}


def policy_files(within: Path) -> list[Path]:
    """Return the files of a folder that hold policies, sorted."""
    return sorted(file for file in within.glob("*.json") if not file.name.endswith(CASES))


def read_json(file: Path) -> Mapping[str, object]:
    """Read a JSON object; numbers with a fraction become decimals.

    Raises:
        ValueError: it is none.
    """
    read = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    if not isinstance(read, dict):
        raise ValueError(f"{file} holds no object")  # noqa: TRY004 (the text is wrong, not the caller)
    return read
