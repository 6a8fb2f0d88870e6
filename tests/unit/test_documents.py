"""Texts of requests are validated once, against the schema and the limits."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from graphql.validation import validate as really_validate
from strawberry.schema import schema as strawberrys

from orderwright.api.graphql.document import ALIASES, DEPTH, TOKENS
from orderwright.api.graphql.schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEP = "{ order" * (DEPTH + 2) + " }" * (DEPTH + 2)
MANY_ALIASES = "{ " + " ".join(f"a{n}: __typename" for n in range(ALIASES + 1)) + " }"
MANY_TOKENS = "{ " + "__typename " * TOKENS + "}"


async def messages(text: str) -> list[str]:
    answer = await schema.execute(text)
    return [error.message for error in answer.errors or ()]


@contextmanager
def validations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Count what is really validated."""
    done: list[object] = []

    def counted(*arguments: object) -> object:
        done.append(arguments)
        return really_validate(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(strawberrys, "validate", counted)
        yield done


async def test_a_text_that_comes_again_is_not_validated_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "query OfThisTestAlone { __typename }"
    with validations(monkeypatch) as done:
        answers = [await schema.execute(text) for _ in range(3)]
    assert [answer.data for answer in answers] == [{"__typename": "Query"}] * 3
    assert len(done) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DEEP, f"exceeds maximum operation depth of {DEPTH}"),
        (MANY_ALIASES, f"{ALIASES + 1} aliases found. Allowed: {ALIASES}"),
        (MANY_TOKENS, f"Document contains more than {TOKENS} tokens"),
        ("{ nonsense }", "Cannot query field 'nonsense'"),
        ("{ orders ", "Syntax Error"),
    ],
    ids=["depth", "aliases", "tokens", "unknown", "syntax"],
)
async def test_what_is_refused_is_refused_each_time(text: str, told: str) -> None:
    for _ in range(2):
        assert any(told in message for message in await messages(text))


async def test_a_text_too_long_to_be_remembered_is_answered_and_limited_all_the_same() -> None:
    padding = " " * 20_000
    answer = await schema.execute("{ __typename }" + padding)
    assert answer.data == {"__typename": "Query"}
    [message] = await messages(MANY_ALIASES + padding)
    assert "aliases" in message
