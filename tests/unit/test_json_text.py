from __future__ import annotations

import pytest

from orderwright.json_text import dump, load

OBJECT = {"id": "o1", "lines": [{"n": 1}, {"n": 2.5}], "note": None}


@pytest.mark.parametrize("around", ["{}", " {}", "{}\n", "\n\t{} "])
def test_an_object_is_read_whatever_blanks_stand_around_it(around: str):
    assert load(around.replace("{}", dump(OBJECT))) == OBJECT


@pytest.mark.parametrize(
    "text",
    ["", " ", "{", '{"n":1', "nul", "NaN", '{"n":NaN}', '{"n":1e999}', "{} {}", "{}x", "[" * 9999],
)
def test_what_is_no_json_or_more_than_one_value_is_not_read(text: str):
    with pytest.raises(ValueError, match=r"."):
        load(text)
