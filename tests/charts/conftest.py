"""Adds `--golden-update`, which writes the golden tables anew instead of comparing with them."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden-update",
        action="store_true",
        default=False,
        help="write tests/charts/golden anew",
    )


@pytest.fixture
def golden_update(request: pytest.FixtureRequest) -> bool:
    """Whether to write the tables; only where this folder is named on the command line is the flag known."""
    return bool(request.config.getoption("golden_update", default=False))
