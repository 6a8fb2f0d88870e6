"""Roots that a consumer has set aside, the events that wait behind them, and when each event was acknowledged.

Written by hand and frozen; a test compares the result with `orderwright.runtime.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


class _Xid8(UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    """Create the tables; what consumers have read so far is acknowledged at an unknown time."""
    _create_acknowledgement()
    _create_parked_root()
    _create_waiting_event()
    op.execute(
        "insert into orderwright.acknowledgement (consumer, ord, id)"
        " select name, ord, id from orderwright.consumer"
    )


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_acknowledgement() -> None:
    op.create_table(
        "acknowledgement",
        _words("consumer"),
        sa.Column("ord", _Xid8, nullable=False),
        sa.Column("id", sa.BigInteger, nullable=False),
        _moment("acknowledged_at", nullable=True),
        sa.PrimaryKeyConstraint("consumer", "ord", "id", name="acknowledgement_pk"),
        schema=_SCHEMA,
    )


def _create_parked_root() -> None:
    op.create_table(
        "parked_root",
        _words("consumer"),
        _words("root_id"),
        _words("event_id"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _words("last_error"),
        _moment("parked_at"),
        _moment("next_attempt_at"),
        _moment("dead_at", nullable=True),
        sa.PrimaryKeyConstraint("consumer", "root_id", name="parked_root_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "parked_root_due",
        "parked_root",
        ["consumer", "next_attempt_at"],
        schema=_SCHEMA,
        postgresql_where=sa.text("dead_at is null"),
    )


def _create_waiting_event() -> None:
    op.create_table(
        "waiting_event",
        _words("consumer"),
        _words("event_id"),
        _words("root_id"),
        _moment("acknowledged_at", nullable=True),
        sa.PrimaryKeyConstraint("consumer", "event_id", name="waiting_event_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "waiting_event_root",
        "waiting_event",
        ["consumer", "root_id"],
        schema=_SCHEMA,
        postgresql_where=sa.text("acknowledged_at is null"),
    )
