from __future__ import annotations

import pytest

from orderwright.errors import (
    AccessDenied,
    Conflict,
    DefinitionInvalid,
    Gateway,
    InputInvalid,
    NotFound,
    OrderwrightError,
    RefusedError,
    RuntimeFault,
)

BRANCHES = [
    DefinitionInvalid,
    RefusedError,
    NotFound,
    Conflict,
    AccessDenied,
    Gateway,
    RuntimeFault,
]


@pytest.mark.parametrize("branch", BRANCHES)
def test_every_branch_hangs_on_the_base_with_a_code_of_its_own(branch: type[OrderwrightError]):
    assert branch.__bases__ == (OrderwrightError,)
    assert [other.code for other in BRANCHES].count(branch.code) == 1


def test_only_what_somebody_else_may_change_is_retryable():
    assert {branch for branch in BRANCHES if branch.retryable} == {Conflict, Gateway}


def test_an_error_carries_its_message_and_a_copy_of_its_values():
    values = {"n": 1}
    error = NotFound("no such order", values=values)
    values["n"] = 2
    assert (str(error), error.message, error.values) == (
        "no such order",
        "no such order",
        {"n": 1},
    )


@pytest.mark.parametrize("value", ["x", 5, 1.5, True, None])
def test_wrong_input_names_field_value_and_what_would_be_right(value: object):
    error = InputInvalid("lines[0].sku", value, "a SKU")
    assert isinstance(error, RefusedError)
    assert error.values == {"field": "lines[0].sku", "value": value, "expected": "a SKU"}
    assert error.message.startswith("lines[0].sku: ")


def test_a_wrong_value_that_is_no_scalar_is_shown_as_text():
    assert InputInvalid("f", [1], "a number").values["value"] == "[1]"
