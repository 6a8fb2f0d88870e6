"""Schedules, and their slots.

Written by hand and frozen; a test compares the result with `orderwright.runtime.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "schedule",
        *(_words(name) for name in ("name", "cron", "zone", "missed", "action", "payload")),
        _moment("changed_at", nullable=False),
        sa.PrimaryKeyConstraint("name", name="schedule_pk"),
        schema=_SCHEMA,
    )
    op.create_table(
        "slot",
        _words("schedule"),
        _moment("slot_at", nullable=False),
        _words("status"),
        _words("mark", nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _words("last_error", nullable=True),
        _moment("retry_at"),
        _moment("settled_at"),
        sa.PrimaryKeyConstraint("schedule", "slot_at", name="slot_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "slot_armed",
        "slot",
        ["schedule"],
        unique=True,
        schema=_SCHEMA,
        postgresql_where=sa.text("status = 'armed'"),
    )


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
