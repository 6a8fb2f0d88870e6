"""Moves between versions of a chart, incidents, and daily anchors of the log.

Written by hand and frozen; a test compares the result with `orderwright.runtime.tables`. The write path is replaced:
it now writes the chart's version with each step, which moves are made of. Code of the release before hands that
version over already, so it runs on this schema as well.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create the tables and replace the function that writes steps."""
    _create_chart_migration()
    _create_chart_migration_stuck()
    _create_incident()
    _create_anchor()
    source = Path(__file__).with_name("0003_versions.sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(source)


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_chart_migration() -> None:
    op.create_table(
        "chart_migration",
        _words("migration_id"),
        _words("chart_id"),
        _number("from_version"),
        _number("to_version"),
        _words("mapping"),
        _words("status"),
        _words("passed"),
        _number("moved"),
        _moment("started_at"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("migration_id", name="chart_migration_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "chart_migration_running",
        "chart_migration",
        ["chart_id", "from_version"],
        unique=True,
        schema=_SCHEMA,
        postgresql_where=sa.text("status = 'running'"),
    )


def _create_chart_migration_stuck() -> None:
    op.create_table(
        "chart_migration_stuck",
        _words("migration_id"),
        _words("instance_id"),
        _number("version"),
        _words("state"),
        _words("reasons"),
        sa.PrimaryKeyConstraint("migration_id", "instance_id", name="chart_migration_stuck_pk"),
        schema=_SCHEMA,
    )


def _create_incident() -> None:
    op.create_table(
        "incident",
        _words("incident_id"),
        _words("kind"),
        _words("subject"),
        _words("owner"),
        _words("status"),
        _words("code"),
        _words("cause"),
        _words("details"),
        _words("retry"),
        sa.Column("count", sa.BigInteger, nullable=False),
        _moment("first_seen_at"),
        _moment("last_seen_at"),
        _moment("resolved_at", nullable=True),
        _words("resolved_by", nullable=True),
        _words("resolution", nullable=True),
        sa.PrimaryKeyConstraint("incident_id", name="incident_pk"),
        schema=_SCHEMA,
    )
    op.create_index(
        "incident_open",
        "incident",
        ["kind", "subject", "code"],
        unique=True,
        schema=_SCHEMA,
        postgresql_where=sa.text("status = 'open'"),
    )


def _create_anchor() -> None:
    op.create_table(
        "anchor",
        sa.Column("anchored_on", sa.Date, nullable=False),
        _moment("taken_at"),
        sa.Column("instances", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("previous", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("anchored_on", name="anchor_pk"),
        schema=_SCHEMA,
    )
