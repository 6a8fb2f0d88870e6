"""Settings that change while the house runs may be words as well as numbers.

Numbers stay where they were, so that code which knows them only works on: a setting of words is one that it does not
know. Written by hand and frozen; a test compares the result with the tables of the application.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_SCHEMA: Final = "orderwright"


def upgrade() -> None:
    """Add a column of words beside each of numbers; each row has one of the two."""
    _beside("live_setting", "value", "words")
    _beside("live_setting_change", "before", "before_words")
    _beside("live_setting_change", "after", "after_words")
    _check("live_setting", "num_nonnulls(value, words) = 1")
    _check(
        "live_setting_change",
        "num_nonnulls(before, before_words) = 1 and num_nonnulls(after, after_words) = 1",
    )


def _beside(table: str, number: str, words: str) -> None:
    op.alter_column(table, number, nullable=True, schema=_SCHEMA)
    op.add_column(table, sa.Column(words, sa.Text, nullable=True), schema=_SCHEMA)


def _check(table: str, rule: str) -> None:
    op.create_check_constraint(f"{table}_one", table, rule, schema=_SCHEMA)
