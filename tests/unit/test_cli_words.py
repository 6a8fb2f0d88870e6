"""Arguments that mean nothing are refused; of bytes that are not UTF-8 Python makes half surrogate pairs."""

from __future__ import annotations

import pytest

from orderwright.cli import main


@pytest.mark.parametrize(
    ("words", "argument"),
    [
        (("incident", "retry", "a\udcff"), "id"),
        (("incident", "resolve", "a", "--resolution", "\udcff"), "resolution"),
        (("deadletter", "list", "--name", "\udcff"), "name"),
        (("deadletter", "retry", "a", "b\udcff"), "ids"),
        (("webhook", "pause", "a\x00", "--reason", "moving"), "id"),
    ],
)
def test_an_argument_that_is_no_text_is_refused_by_its_name(
    words: tuple[str, ...], argument: str, capsys: pytest.CaptureFixture[str]
):
    assert main(words) == 1
    assert capsys.readouterr().err.startswith(f"error [input.invalid]: {argument}: ")


def test_a_file_may_have_any_name(capsys: pytest.CaptureFixture[str]):
    assert main(("chart", "check", "no such file \udcff")) == 1
    assert "No such file" in capsys.readouterr().err


def test_a_name_that_would_choose_nothing_is_wrong_usage(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(("deadletter", "retry", "a", "--name", "post"))
    assert ended.value.code == 2
    assert "--name goes with --all" in capsys.readouterr().err
