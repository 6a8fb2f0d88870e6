"""The files that ship beside the code: inside the package in a wheel, at the root in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from orderwright.errors import RuntimeFault

_PACKAGE = Path(__file__).parent.parent
_CHECKOUT = {
    "charts": "charts",
    "migrations": "migrations",
    "policies": "policies",
    "console": "web/dist",
}


class ShippedFilesMissing(RuntimeFault):
    """Files that ship with the code are not where they should be."""

    code = "shipped.missing"


def folder(name: Literal["charts", "migrations", "policies", "console"]) -> Path:
    """Return the folder of shipped files of one kind.

    Raises:
        ShippedFilesMissing: there is none; in a checkout the console must be built first (`make console`).
    """
    in_wheel = _PACKAGE / "shipped" / name
    in_checkout = _PACKAGE.parent.parent / _CHECKOUT[name]
    for candidate in (in_wheel, in_checkout):
        if candidate.is_dir():
            return candidate
    hint = "; build it with: make console" if name == "console" else ""
    raise ShippedFilesMissing(f"the {name} folder is missing at {in_checkout}{hint}")
