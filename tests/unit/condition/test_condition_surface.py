from __future__ import annotations

import subprocess
import sys

import orderwright.condition as surface


def test_the_public_surface_is_sorted_and_there():
    assert surface.__all__ == sorted(surface.__all__, key=_isort)
    assert all(hasattr(surface, name) for name in surface.__all__)


def _isort(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_importing_conditions_pulls_in_nothing_but_the_standard_library():
    program = (
        "import sys, orderwright; before = set(sys.modules); import orderwright.condition; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() in ("[]", "['orderwright']")
