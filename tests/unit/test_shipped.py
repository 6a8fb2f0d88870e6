"""Shipped files are found beside the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from orderwright.app import shipped
from orderwright.app.shipped import ShippedFilesMissing, folder


def test_a_checkout_has_its_charts_and_migrations():
    assert list(folder("charts").glob("*.json"))
    assert (folder("migrations") / "env.py").exists()


def test_files_inside_the_package_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "src" / "orderwright"
    (package / "shipped" / "charts").mkdir(parents=True)
    (tmp_path / "charts").mkdir()
    monkeypatch.setattr(shipped, "_PACKAGE", package)
    assert folder("charts") == package / "shipped" / "charts"


def test_a_console_that_is_not_built_is_named_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "src" / "orderwright")
    with pytest.raises(ShippedFilesMissing, match="make console"):
        folder("console")
