"""Heads of cases, what people were told and want to be told, and the settings that change while the house runs.

Written by hand and frozen; a test compares the result with `orderwright.app.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create tables, which are empty, and two columns of people that need no rewrite."""
    _create_cases()
    _create_notifications()
    _create_settings()


def _create_cases() -> None:
    op.execute(f"create sequence {_SCHEMA}.case_number")
    op.create_table(
        "case_record",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, nullable=False, unique=True),
        sa.Column("case_type", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("root_id", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        schema=_SCHEMA,
    )
    op.create_index("case_record_opened", "case_record", ["opened_at", "id"], schema=_SCHEMA)
    op.create_index("case_record_root", "case_record", ["root_id"], schema=_SCHEMA)


def _create_notifications() -> None:
    person = f"{_SCHEMA}.person.id"
    op.add_column("person", sa.Column("email", sa.Text), schema=_SCHEMA)
    language = sa.Column("language", sa.Text, nullable=False, server_default="en")
    op.add_column("person", language, schema=_SCHEMA)
    op.create_table(
        "notification",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("person_id", sa.Text, sa.ForeignKey(person), nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("in_app", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("person_id", "event_id", name="notification_once"),
        schema=_SCHEMA,
    )
    op.create_index(
        "notification_created", "notification", ["person_id", "created_at", "id"], schema=_SCHEMA
    )
    op.create_index(
        "notification_unread",
        "notification",
        ["person_id"],
        schema=_SCHEMA,
        postgresql_where=sa.text("in_app and read_at is null"),
    )
    op.create_table(
        "notification_preference",
        sa.Column("person_id", sa.Text, sa.ForeignKey(person), nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column(
            "channel", sa.Text, sa.CheckConstraint("channel in ('APP', 'MAIL')"), nullable=False
        ),
        sa.Column("is_wanted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("person_id", "event", "channel"),
        schema=_SCHEMA,
    )


def _create_settings() -> None:
    op.create_table(
        "live_setting",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
        schema=_SCHEMA,
    )
    op.create_table(
        "live_setting_change",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        schema=_SCHEMA,
    )
    op.create_index(
        "live_setting_change_name", "live_setting_change", ["name", "id"], schema=_SCHEMA
    )
