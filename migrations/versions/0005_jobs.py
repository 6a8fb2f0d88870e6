"""Jobs, their history, and the write path of charts that invoke.

Written by hand and frozen; a test compares the result with `orderwright.runtime.tables`.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create the tables, then the function that writes invocations beside steps."""
    _create_job()
    _create_job_history()
    source = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(source)


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _index(name: str, *columns: str, where: str | None = None) -> None:
    only = sa.text(where) if where else None
    op.create_index(f"job_{name}", "job", columns, schema=_SCHEMA, postgresql_where=only)


def _create_job() -> None:
    op.create_table(
        "job",
        _words("job_id"),
        _words("kind"),
        _words("key"),
        _words("payload"),
        _words("root_id"),
        _words("instance_id", nullable=True),
        _words("invoke_id", nullable=True),
        _words("correlation_id"),
        _words("causation_id", nullable=True),
        _words("status"),
        _number("attempts"),
        _number("attempt_limit"),
        _number("fence"),
        _moment("next_attempt_at"),
        _words("host", nullable=True),
        _moment("started_at", nullable=True),
        _moment("leased_until", nullable=True),
        _words("result", nullable=True),
        _words("last_error", nullable=True),
        _moment("created_at"),
        _moment("finished_at", nullable=True),
        sa.PrimaryKeyConstraint("job_id", name="job_pk"),
        sa.UniqueConstraint("key", name="job_key"),
        schema=_SCHEMA,
    )
    _index("waiting", "next_attempt_at", "job_id", where="status = 'waiting'")
    _index("running", "leased_until", where="status = 'running'")
    _index("dead", "finished_at", "job_id", where="status = 'dead'")
    _index("invocation", "instance_id", "invoke_id", where="instance_id is not null")
    _index("created_at", "created_at")


def _create_job_history() -> None:
    op.create_table(
        "job_history",
        _words("job_id"),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        _moment("at"),
        _words("what"),
        _number("fence"),
        _words("host", nullable=True),
        _words("actor_id", nullable=True),
        _words("detail", nullable=True),
        _words("payload", nullable=True),
        sa.PrimaryKeyConstraint("job_id", "id", name="job_history_pk"),
        schema=_SCHEMA,
    )
