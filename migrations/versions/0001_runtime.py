"""The runtime's tables and its one write path.

Written by hand and frozen: it imports nothing of the application, whose tables go on changing. A test compares the
result with `orderwright.runtime.tables`.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


class _Xid8(UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


def upgrade() -> None:
    """Create the tables, then the function that writes them."""
    _create_chart()
    _create_instance()
    _create_log()
    _create_outbox()
    _create_consumer()
    _create_timer()
    _create_idempotency_key()
    _create_ledger_entry()
    source = Path(__file__).with_name("0001_runtime.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(source)


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_chart() -> None:
    op.create_table(
        "chart",
        _words("chart_id"),
        _number("version"),
        _words("hash"),
        _words("definition"),
        _moment("published_at"),
        sa.PrimaryKeyConstraint("chart_id", "version", name="chart_pk"),
        schema=_SCHEMA,
    )


def _create_instance() -> None:
    op.create_table(
        "instance",
        _words("instance_id"),
        _words("chart_id"),
        _number("chart_version"),
        _words("root_id"),
        _number("version"),
        _words("status"),
        _words("state"),
        _words("snapshot"),
        sa.Column("log_hash", sa.LargeBinary, nullable=False),
        sa.Column("ord", _Xid8, nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("instance_id", name="instance_pk"),
        schema=_SCHEMA,
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("instance_root_id", "instance", ["root_id"], schema=_SCHEMA)


def _create_log() -> None:
    op.create_table(
        "log",
        _words("instance_id"),
        _number("version"),
        _words("event_type"),
        _words("event_data"),
        _words("facts"),
        _words("actor_kind"),
        _words("actor_id"),
        _words("reason", nullable=True),
        _words("origin"),
        _words("correlation_id"),
        _words("causation_id", nullable=True),
        _moment("occurred_at"),
        _moment("recorded_at"),
        _words("from_state", nullable=True),
        _words("to_state"),
        _words("changes"),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "version", name="log_pk"),
        schema=_SCHEMA,
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("ord", _Xid8, nullable=False),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        _words("event_id"),
        _words("instance_id"),
        _words("root_id"),
        _number("version"),
        _words("name"),
        _words("payload"),
        _words("correlation_id"),
        _words("causation_id"),
        _moment("occurred_at"),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("ord", "id", name="outbox_pk"),
        sa.UniqueConstraint("event_id", name="outbox_event_id"),
        schema=_SCHEMA,
    )


def _create_consumer() -> None:
    op.create_table(
        "consumer",
        _words("name"),
        sa.Column("ord", _Xid8, nullable=False),
        sa.Column("id", sa.BigInteger, nullable=False),
        _number("attempts"),
        _words("last_error", nullable=True),
        _moment("next_attempt_at", nullable=True),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("name", name="consumer_pk"),
        schema=_SCHEMA,
    )


def _create_timer() -> None:
    op.create_table(
        "timer",
        _words("instance_id"),
        _words("timer_id"),
        _moment("due_at"),
        _words("event_type"),
        _words("event_data"),
        _number("instance_version"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _words("last_error", nullable=True),
        _moment("retry_at", nullable=True),
        sa.PrimaryKeyConstraint("instance_id", "timer_id", name="timer_pk"),
        schema=_SCHEMA,
    )
    op.create_index("timer_due_at", "timer", ["due_at"], schema=_SCHEMA)


def _create_idempotency_key() -> None:
    op.create_table(
        "idempotency_key",
        _words("key"),
        sa.Column("request_hash", sa.LargeBinary, nullable=False),
        _words("instance_id"),
        _number("version"),
        _moment("created_at"),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("key", name="idempotency_key_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "idempotency_key_expires_at", "idempotency_key", ["expires_at"], schema=_SCHEMA
    )


def _create_ledger_entry() -> None:
    op.create_table(
        "ledger_entry",
        _words("ledger"),
        _words("instance_id"),
        _number("version"),
        _number("n"),
        _words("data"),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("instance_id", "version", "n", name="ledger_entry_pk"),
        schema=_SCHEMA,
    )
