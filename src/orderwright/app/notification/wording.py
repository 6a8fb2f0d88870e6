"""The words of notifications: a file for each language and event, its first line the subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Final

LANGUAGES: Final = ("en", "de")
"""What people can be written in; the first is for everybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A notification in words."""

    subject: str
    body: str


def worded(event: str, language: str, values: Mapping[str, object]) -> Wording:
    """Put an event into words.

    Raises:
        KeyError: the text names a value that is not there.
    """
    subject, body = template(event, language if language in LANGUAGES else LANGUAGES[0])
    return Wording(
        subject=" ".join(subject.substitute(values).split()), body=body.substitute(values)
    )


@cache
def template(event: str, language: str) -> tuple[Template, Template]:
    """Return the texts of subject and body."""
    text = (files(__package__) / "text" / language / f"{event}.txt").read_text(encoding="utf-8")
    subject, _, body = text.strip().partition("\n")
    return Template(subject), Template(body.strip())
