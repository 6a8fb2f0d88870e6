"""The tables of policies: what they say, what is in force, what was decided, and what is to be done about it.

What is written at every event (executions, evaluations, actions, events) has no foreign keys: one transaction writes
all of it, and one statement takes all of it away.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from orderwright.runtime.tables import SCHEMA, metadata


def _id(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True)


def _words(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _texts(name: str) -> Column[object]:
    return Column(name, ARRAY(Text), nullable=False)


def _link(name: str, to: str) -> Column[str]:
    return Column(name, Text, ForeignKey(f"{SCHEMA}.{to}"), nullable=False)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable)


def _big(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _one_of(table: str, column: str, *words: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} in ({listed})", name=f"{table}_{column}")


def _version_of_policy(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["policy_id", "version"],
        [f"{SCHEMA}.policy_version.policy_id", f"{SCHEMA}.policy_version.version"],
        name=f"{table}_version",
    )


policy = Table(
    "policy",
    metadata,
    _id(),
    _words("name"),
    _words("trigger"),
    _moment("created_at"),
    _words("created_by"),
    Index("policy_created", "created_at", "id"),
)

policy_version = Table(
    "policy_version",
    metadata,
    _link("policy_id", "policy.id"),
    _number("version"),
    _words("document"),
    _words("fingerprint"),
    _words("saved_by"),
    _moment("saved_at"),
    _words("note", nullable=True),
    PrimaryKeyConstraint("policy_id", "version", name="policy_version_pk"),
)

policy_set = Table(
    "policy_set",
    metadata,
    Column("is_only", Boolean, CheckConstraint("is_only"), primary_key=True, autoincrement=False),
    _big("revision"),
)
"""One row. The revision rises with whatever changes a deployment, a list or a snooze, in the same transaction."""

policy_revision = Sequence("policy_revision", metadata=metadata)
"""Where revisions come from: one that is rolled back is never used again, so that nobody mistakes another for it."""

policy_deployment = Table(
    "policy_deployment",
    metadata,
    _id("policy_id"),
    _number("version"),
    _words("mode"),
    Column("rollout", Integer, nullable=False, server_default="10000"),
    _words("published_by"),
    _words("approved_by", nullable=True),
    _moment("published_at"),
    _version_of_policy("policy_deployment"),
    _one_of("policy_deployment", "mode", "enforce", "shadow"),
    CheckConstraint("rollout between 0 and 10000", name="policy_deployment_rollout"),
)
"""What is in force now."""

policy_term = Table(
    "policy_term",
    metadata,
    _words("policy_id"),
    _big("from_revision"),
    _big("until_revision", nullable=True),
    _number("version"),
    _words("trigger"),
    _words("mode"),
    _number("rollout"),
    _moment("from_at"),
    _moment("until_at", nullable=True),
    PrimaryKeyConstraint("policy_id", "from_revision", name="policy_term_pk"),
    _version_of_policy("policy_term"),
    Index(
        "policy_term_open",
        "policy_id",
        unique=True,
        postgresql_where=text("until_revision is null"),
    ),
)
"""What was in force when: from one revision of the set to another, which is no part of it."""

policy_list = Table(
    "policy_list",
    metadata,
    _id("name"),
    _words("kind"),
    _words("description"),
    _moment("created_at"),
    _words("created_by"),
    _one_of("policy_list", "kind", "text", "number"),
)

policy_list_entry = Table(
    "policy_list_entry",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
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
    Index(
        "policy_list_entry_current",
        "list",
        "value",
        unique=True,
        postgresql_where=text("removed_at is null"),
    ),
    Index("policy_list_entry_list", "list", "id"),
)
"""`added_in` and `removed_in` are revisions of the set, so that a list can be read as it was at any of them."""

policy_snooze = Table(
    "policy_snooze",
    metadata,
    _link("policy_id", "policy.id"),
    _words("entity_type"),
    _words("entity_id"),
    _moment("at"),
    _moment("until"),
    _words("reason"),
    _words("by"),
    _words("ended_by", nullable=True),
    _moment("ended_at", nullable=True),
    PrimaryKeyConstraint("entity_type", "entity_id", "policy_id", "at", name="policy_snooze_pk"),
    Index("policy_snooze_policy", "policy_id", "at"),
)

policy_execution = Table(
    "policy_execution",
    metadata,
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
    _number("submission", nullable=True),
    _number("transfer", nullable=True),
    _one_of("policy_execution", "source", "relay", "host", "http"),
    _one_of("policy_execution", "status", "decided", "failed"),
    Index(
        "policy_execution_once",
        "entity_type",
        "entity_id",
        "trigger",
        "occurrence",
        unique=True,
        postgresql_where=text("status <> 'failed'"),
    ),
    Index("policy_execution_started", "started_at", "id"),
    Index("policy_execution_trigger", "trigger", "started_at", "id"),
    Index("policy_execution_entity", "entity_type", "entity_id", "started_at", "id"),
    Index("policy_execution_root", "root_id"),
    Index(
        "policy_execution_failed",
        "started_at",
        "id",
        postgresql_where=text("status = 'failed'"),
    ),
)
"""One row for each occurrence that was decided on, and one for each attempt that failed as a whole."""

policy_evaluation = Table(
    "policy_evaluation",
    metadata,
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
    PrimaryKeyConstraint("execution_id", "policy_id", name="policy_evaluation_pk"),
    _one_of("policy_evaluation", "outcome", "hit", "unknown", "error", "snoozed"),
    _one_of("policy_evaluation", "mode", "enforce", "shadow"),
    Index("policy_evaluation_policy", "policy_id", "decided_at", "execution_id"),
    Index(
        "policy_evaluation_outcome",
        "outcome",
        "execution_id",
        postgresql_where=text("outcome <> 'hit'"),
    ),
)
"""What a policy came to, where that was no miss: misses follow from the terms of policies and the revision."""

policy_action = Table(
    "policy_action",
    metadata,
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
    _words("follows_from", nullable=True),
    _words("answer_id", nullable=True),
    _one_of(
        "policy_action",
        "status",
        *("planned", "queued", "applied", "skipped", "failed", "dropped"),
    ),
    Index("policy_action_execution", "execution_id", "rank"),
    Index("policy_action_entity", "entity_type", "entity_id", "planned_at", "id"),
    Index("policy_action_status", "status", "planned_at", "id"),
    Index("policy_action_policy", "policy_id", "planned_at", "id"),
    Index(
        "policy_action_follows",
        "follows_from",
        "rank",
        postgresql_where=text("follows_from is not null"),
    ),
)

policy_event = Table(
    "policy_event",
    metadata,
    _id("execution_id"),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    _words("trigger"),
    _words("entity_type"),
    _words("entity_id"),
    _words("user_id", nullable=True),
    _words("wallet", nullable=True),
    _words("country", nullable=True),
    _words("currency", nullable=True),
    _big("amount_minor", nullable=True),
    _moment("occurred_at"),
    *(
        Index(
            f"policy_event_{key}",
            column,
            "trigger",
            "occurred_at",
            postgresql_include=["currency", "amount_minor"],
            postgresql_where=text(f"{column} is not null"),
        )
        for key, column in (("user", "user_id"), ("wallet", "wallet"), ("country", "country"))
    ),
)
"""What velocities count and add up; `number` is the order of recording."""

api_token = Table(
    "api_token",
    metadata,
    _id(),
    _words("name"),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _texts("scopes"),
    _words("created_by"),
    _moment("created_at"),
    _moment("expires_at", nullable=True),
    _moment("last_used_at", nullable=True),
    _moment("revoked_at", nullable=True),
    Index("api_token_created", "created_at", "id"),
)

document_request = Table(
    "document_request",
    metadata,
    _id(),
    _words("entity_type"),
    _words("entity_id"),
    _words("root_id"),
    _moment("requested_at"),
    Index("document_request_listed", "requested_at", "id"),
    Index("document_request_entity", "entity_type", "entity_id"),
)
"""The id is that of the action that asks, and of the lifecycle of the request."""

document = Table(
    "document",
    metadata,
    _id(),
    _link("request_id", "document_request.id"),
    _number("round"),
    _words("type"),
    _words("media_type"),
    _big("bytes"),
    _words("bucket"),
    _words("key"),
    _words("url"),
    _moment("uploaded_at"),
    Index("document_request_id", "request_id"),
)
"""What was handed in, of every round; the files lie in object storage."""

policy_case = Table(
    "policy_case",
    metadata,
    _id("case_id"),
    _words("action_id"),
    _words("execution_id"),
    _words("policy_id"),
    _number("version"),
    _moment("opened_at"),
    _words("resolution", nullable=True),
    _moment("resolved_at", nullable=True),
    Index("policy_case_policy", "policy_id", "version", "opened_at"),
    Index("policy_case_action", "action_id"),
)
"""The cases that actions of policies have opened, and how they ended: a policy's precision is counted here."""
