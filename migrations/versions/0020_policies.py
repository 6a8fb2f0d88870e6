"""Policies: what they say, what is in force, what was decided on what, and what is to be done about it.

Written by hand and frozen; a test compares the result with `orderwright.app.policy_tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create tables, which are empty, and the row that says which set is in force."""
    _create_policies()
    _create_set()
    _create_lists()
    _create_executions()
    _create_actions()
    _create_events()
    _create_tokens()


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _texts(name: str) -> sa.Column[object]:
    return sa.Column(name, ARRAY(sa.Text), nullable=False)


def _link(name: str, to: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(f"{_SCHEMA}.{to}"), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _one_of(table: str, column: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} in ({listed})", name=f"{table}_{column}")


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(name, *parts, schema=_SCHEMA)


def _index(table: str, suffix: str, columns: list[str], **more: object) -> None:
    op.create_index(f"{table}_{suffix}", table, columns, schema=_SCHEMA, **more)


def _version_of_policy(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["policy_id", "version"],
        [f"{_SCHEMA}.policy_version.policy_id", f"{_SCHEMA}.policy_version.version"],
        name=f"{table}_version",
    )


def _create_policies() -> None:
    _table(
        "policy",
        _id(),
        _words("name"),
        _words("trigger"),
        _moment("created_at"),
        _words("created_by"),
    )
    _index("policy", "created", ["created_at", "id"])
    _table(
        "policy_version",
        _link("policy_id", "policy.id"),
        _number("version"),
        _words("document"),
        _words("fingerprint"),
        _words("saved_by"),
        _moment("saved_at"),
        _words("note", nullable=True),
        sa.PrimaryKeyConstraint("policy_id", "version", name="policy_version_pk"),
    )


def _create_set() -> None:
    _table(
        "policy_set",
        sa.Column("is_only", sa.Boolean, primary_key=True, autoincrement=False),
        _big("revision"),
        sa.CheckConstraint("is_only"),
    )
    op.execute("insert into orderwright.policy_set values (true, 0)")
    op.execute(f"create sequence {_SCHEMA}.policy_revision")
    _table(
        "policy_deployment",
        _id("policy_id"),
        _number("version"),
        _words("mode"),
        sa.Column("rollout", sa.Integer, nullable=False, server_default="10000"),
        _words("published_by"),
        _words("approved_by", nullable=True),
        _moment("published_at"),
        _version_of_policy("policy_deployment"),
        _one_of("policy_deployment", "mode", "enforce", "shadow"),
        sa.CheckConstraint("rollout between 0 and 10000", name="policy_deployment_rollout"),
    )
    _table(
        "policy_term",
        _words("policy_id"),
        _big("from_revision"),
        _big("until_revision", nullable=True),
        _number("version"),
        _words("trigger"),
        _words("mode"),
        _number("rollout"),
        _moment("from_at"),
        _moment("until_at", nullable=True),
        sa.PrimaryKeyConstraint("policy_id", "from_revision", name="policy_term_pk"),
        _version_of_policy("policy_term"),
    )
    _index(
        "policy_term",
        "open",
        ["policy_id"],
        unique=True,
        postgresql_where=sa.text("until_revision is null"),
    )


def _create_lists() -> None:
    _table(
        "policy_list",
        _id("name"),
        _words("kind"),
        _words("description"),
        _moment("created_at"),
        _words("created_by"),
        _one_of("policy_list", "kind", "text", "number"),
    )
    _table(
        "policy_list_entry",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _link("list", "policy_list.name"),
        _words("value"),
        _words("note", nullable=True),
        _words("added_by"),
        _moment("added_at"),
        _big("added_in"),
        _moment("expires_at", nullable=True),
        _words("removed_by", nullable=True),
        _moment("removed_at", nullable=True),
        _big("removed_in", nullable=True),
    )
    _index(
        "policy_list_entry",
        "current",
        ["list", "value"],
        unique=True,
        postgresql_where=sa.text("removed_at is null"),
    )
    _index("policy_list_entry", "list", ["list", "id"])
    _table(
        "policy_snooze",
        _link("policy_id", "policy.id"),
        _words("entity_type"),
        _words("entity_id"),
        _moment("at"),
        _moment("until"),
        _words("reason"),
        _words("by"),
        _words("ended_by", nullable=True),
        _moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint(
            "entity_type", "entity_id", "policy_id", "at", name="policy_snooze_pk"
        ),
    )
    _index("policy_snooze", "policy", ["policy_id", "at"])


def _create_executions() -> None:
    _table(
        "policy_execution",
        _id(),
        _words("trigger"),
        _words("entity_type"),
        _words("entity_id"),
        _words("occurrence"),
        _words("root_id"),
        _words("event_id", nullable=True),
        _words("source"),
        _words("facts"),
        _texts("flagged"),
        _big("set_revision"),
        _words("decision"),
        _words("status"),
        _moment("occurred_at"),
        _moment("started_at"),
        _big("duration_us"),
        _words("correlation_id"),
        _words("causation_id", nullable=True),
        _words("error", nullable=True),
        _one_of("policy_execution", "source", "relay", "host", "http"),
        _one_of("policy_execution", "status", "decided", "failed"),
    )
    _index(
        "policy_execution",
        "once",
        ["entity_type", "entity_id", "trigger", "occurrence"],
        unique=True,
        postgresql_where=sa.text("status <> 'failed'"),
    )
    _index("policy_execution", "started", ["started_at", "id"])
    _index("policy_execution", "trigger", ["trigger", "started_at", "id"])
    _index("policy_execution", "entity", ["entity_type", "entity_id", "started_at", "id"])
    _index("policy_execution", "root", ["root_id"])
    _index(
        "policy_execution",
        "failed",
        ["started_at", "id"],
        postgresql_where=sa.text("status = 'failed'"),
    )
    _table(
        "policy_evaluation",
        _words("execution_id"),
        _words("policy_id"),
        _number("version"),
        _words("outcome"),
        _words("mode"),
        _words("path"),
        _words("tree"),
        _words("actions"),
        _words("error", nullable=True),
        _big("duration_ns", nullable=True),
        _moment("decided_at"),
        sa.PrimaryKeyConstraint("execution_id", "policy_id", name="policy_evaluation_pk"),
        _one_of("policy_evaluation", "outcome", "hit", "unknown", "error", "snoozed"),
        _one_of("policy_evaluation", "mode", "enforce", "shadow"),
    )
    _index("policy_evaluation", "policy", ["policy_id", "decided_at", "execution_id"])


def _create_actions() -> None:
    _table(
        "policy_action",
        _id(),
        _words("execution_id"),
        _words("policy_id"),
        _number("version"),
        _words("node"),
        _words("action"),
        _words("config"),
        _words("entity_type"),
        _words("entity_id"),
        _words("root_id"),
        _number("rank"),
        _words("status"),
        _words("code", nullable=True),
        _words("message", nullable=True),
        _moment("planned_at"),
        _moment("done_at", nullable=True),
        _words("result", nullable=True),
        _one_of(
            "policy_action",
            "status",
            *("planned", "queued", "applied", "skipped", "failed", "dropped"),
        ),
    )
    _index("policy_action", "execution", ["execution_id", "rank"])
    _index("policy_action", "entity", ["entity_type", "entity_id", "planned_at", "id"])
    _index("policy_action", "status", ["status", "planned_at", "id"])
    _index("policy_action", "policy", ["policy_id", "planned_at", "id"])


def _create_events() -> None:
    _table(
        "policy_event",
        _id("execution_id"),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        _words("trigger"),
        _words("entity_type"),
        _words("entity_id"),
        _words("user_id", nullable=True),
        _words("wallet", nullable=True),
        _words("country", nullable=True),
        _words("currency", nullable=True),
        _big("amount_minor", nullable=True),
        _moment("occurred_at"),
    )
    for key, column in (("user", "user_id"), ("wallet", "wallet"), ("country", "country")):
        _index(
            "policy_event",
            key,
            [column, "trigger", "occurred_at"],
            postgresql_include=["currency", "amount_minor"],
            postgresql_where=sa.text(f"{column} is not null"),
        )


def _create_tokens() -> None:
    _table(
        "api_token",
        _id(),
        _words("name"),
        sa.Column("hash", sa.LargeBinary, nullable=False, unique=True),
        _texts("scopes"),
        _words("created_by"),
        _moment("created_at"),
        _moment("expires_at", nullable=True),
        _moment("last_used_at", nullable=True),
        _moment("revoked_at", nullable=True),
    )
    _index("api_token", "created", ["created_at", "id"])
