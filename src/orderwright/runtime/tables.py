"""What the runtime stores, all of it in the schema `orderwright`.

Four rules explain the shape of the columns:

- JSON is stored as text. The order of keys belongs to a snapshot, and hashes are taken over the
  text; jsonb keeps neither.
- Times come from the engine's clock, never from `now()`, so that an import and a simulation can say
  when they are.
- No foreign keys on the hot path: every row below is written by `orderwright.apply_steps` in one
  transaction with its instance, and nothing is deleted but timers and what `retention` lets go.
- `ord` orders the outbox: the greatest of the instance's last `ord` and the writing transaction's id.
  A reader that stays below the oldest running transaction never passes a row that is not yet visible,
  and the rows of one instance stay in order even if a transaction with an early id wrote the later one.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import UserDefinedType

SCHEMA = "orderwright"


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


metadata = MetaData(schema=SCHEMA)


def _moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _words(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


chart = Table(
    "chart",
    metadata,
    _words("chart_id"),
    _number("version"),
    _words("hash"),
    _words("definition"),
    _moment("published_at"),
    PrimaryKeyConstraint("chart_id", "version", name="chart_pk"),
)

instance = Table(
    "instance",
    metadata,
    _words("instance_id"),
    _words("chart_id"),
    _number("chart_version"),
    _words("root_id"),
    _number("version"),
    _words("status"),
    _words("state"),
    _words("snapshot"),
    Column("log_hash", LargeBinary, nullable=False),
    Column("ord", Xid8, nullable=False),
    _moment("created_at"),
    _moment("updated_at"),
    PrimaryKeyConstraint("instance_id", name="instance_pk"),
    Index("instance_root_id", "root_id"),
    postgresql_with={"fillfactor": "70"},  # room for the next version on the same page
)

log = Table(
    "log",
    metadata,
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
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("instance_id", "version", name="log_pk"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("ord", Xid8, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
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
    PrimaryKeyConstraint("ord", "id", name="outbox_pk"),
    UniqueConstraint("event_id", name="outbox_event_id"),
)

# `attempts`, `last_error` and `next_attempt_at` are of releases that stopped a whole consumer at a failure. They stay
# empty, so that such a release still runs on this schema.
consumer = Table(
    "consumer",
    metadata,
    _words("name"),
    Column("ord", Xid8, nullable=False),
    Column("id", BigInteger, nullable=False),
    _number("attempts"),
    _words("last_error", nullable=True),
    _moment("next_attempt_at", nullable=True),
    _moment("updated_at"),
    PrimaryKeyConstraint("name", name="consumer_pk"),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    _words("consumer"),
    Column("ord", Xid8, nullable=False),
    Column("id", BigInteger, nullable=False),
    _moment("acknowledged_at", nullable=True),
    PrimaryKeyConstraint("consumer", "ord", "id", name="acknowledgement_pk"),
)

parked_root = Table(
    "parked_root",
    metadata,
    _words("consumer"),
    _words("root_id"),
    _words("event_id"),
    _number("attempts"),
    _words("last_error"),
    _moment("parked_at"),
    _moment("next_attempt_at"),
    _moment("dead_at", nullable=True),
    PrimaryKeyConstraint("consumer", "root_id", name="parked_root_pk"),
    Index(
        "parked_root_due",
        "consumer",
        "next_attempt_at",
        postgresql_where=text("dead_at is null"),
    ),
)

waiting_event = Table(
    "waiting_event",
    metadata,
    _words("consumer"),
    _words("event_id"),
    _words("root_id"),
    _moment("acknowledged_at", nullable=True),
    PrimaryKeyConstraint("consumer", "event_id", name="waiting_event_pk"),
    Index(
        "waiting_event_root",
        "consumer",
        "root_id",
        postgresql_where=text("acknowledged_at is null"),
    ),
    Index(
        "waiting_event_acknowledged",
        "acknowledged_at",
        postgresql_where=text("acknowledged_at is not null"),
    ),
)

timer = Table(
    "timer",
    metadata,
    _words("instance_id"),
    _words("timer_id"),
    _moment("due_at"),
    _words("event_type"),
    _words("event_data"),
    _number("instance_version"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _words("last_error", nullable=True),
    _moment("retry_at", nullable=True),
    PrimaryKeyConstraint("instance_id", "timer_id", name="timer_pk"),
    Index("timer_due_at", "due_at"),
    Index("timer_retry_at", "retry_at", postgresql_where=text("retry_at is not null")),
)

schedule = Table(
    "schedule",
    metadata,
    _words("name"),
    _words("cron"),
    _words("zone"),
    _words("missed"),
    _words("action"),
    _words("payload"),
    _moment("changed_at"),
    PrimaryKeyConstraint("name", name="schedule_pk"),
)

slot = Table(
    "slot",
    metadata,
    _words("schedule"),
    _moment("slot_at"),
    _words("status"),
    _words("mark", nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _words("last_error", nullable=True),
    _moment("retry_at", nullable=True),
    _moment("settled_at", nullable=True),
    PrimaryKeyConstraint("schedule", "slot_at", name="slot_pk"),
    Index("slot_armed", "schedule", unique=True, postgresql_where=text("status = 'armed'")),
    Index("slot_settled", "settled_at", postgresql_where=text("settled_at is not null")),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    _words("key"),
    Column("request_hash", LargeBinary, nullable=False),
    _words("instance_id"),
    _number("version"),
    _moment("created_at"),
    _moment("expires_at"),
    PrimaryKeyConstraint("key", name="idempotency_key_pk"),
    Index("idempotency_key_expires_at", "expires_at"),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    _words("ledger"),
    _words("instance_id"),
    _number("version"),
    _number("n"),
    _words("data"),
    _moment("recorded_at"),
    _words("account", nullable=True),
    Column("amount", BigInteger, nullable=True),
    PrimaryKeyConstraint("instance_id", "version", "n", name="ledger_entry_pk"),
    Index(
        "ledger_entry_account",
        "ledger",
        "account",
        "recorded_at",
        postgresql_where=text("account is not null"),
    ),
)

balance = Table(
    "balance",
    metadata,
    _words("ledger"),
    _words("account"),
    Column("amount", BigInteger, nullable=False),
    _moment("updated_at"),
    PrimaryKeyConstraint("ledger", "account", name="balance_pk"),
    postgresql_with={"fillfactor": "50"},  # one row is changed again and again, without its key
)

chart_migration = Table(
    "chart_migration",
    metadata,
    _words("migration_id"),
    _words("chart_id"),
    _number("from_version"),
    _number("to_version"),
    _words("mapping"),
    _words("status"),
    _words("passed"),  # the last instance that was dealt with
    _number("moved"),
    _moment("started_at"),
    _moment("updated_at"),
    PrimaryKeyConstraint("migration_id", name="chart_migration_pk"),
    Index(
        "chart_migration_running",
        "chart_id",
        "from_version",
        unique=True,
        postgresql_where=text("status = 'running'"),
    ),
)

chart_migration_stuck = Table(
    "chart_migration_stuck",
    metadata,
    _words("migration_id"),
    _words("instance_id"),
    _number("version"),
    _words("state"),
    _words("reasons"),
    PrimaryKeyConstraint("migration_id", "instance_id", name="chart_migration_stuck_pk"),
)

incident = Table(
    "incident",
    metadata,
    _words("incident_id"),
    _words("kind"),
    _words("subject"),
    _words("owner"),
    _words("status"),
    _words("code"),
    _words("cause"),
    _words("details"),
    _words("retry"),
    Column("count", BigInteger, nullable=False),
    _moment("first_seen_at"),
    _moment("last_seen_at"),
    _moment("resolved_at", nullable=True),
    _words("resolved_by", nullable=True),
    _words("resolution", nullable=True),
    PrimaryKeyConstraint("incident_id", name="incident_pk"),
    Index(
        "incident_open",
        "kind",
        "subject",
        "code",
        unique=True,
        postgresql_where=text("status = 'open'"),
    ),
    Index("incident_seen", "status", "last_seen_at", "incident_id"),
    Index("incident_resolved", "resolved_at", postgresql_where=text("resolved_at is not null")),
)

anchor = Table(
    "anchor",
    metadata,
    Column("anchored_on", Date, nullable=False),
    _moment("taken_at"),
    Column("instances", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=True),
    PrimaryKeyConstraint("anchored_on", name="anchor_pk"),
)

job = Table(
    "job",
    metadata,
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
    PrimaryKeyConstraint("job_id", name="job_pk"),
    UniqueConstraint("key", name="job_key"),
    Index("job_waiting", "next_attempt_at", "job_id", postgresql_where=text("status = 'waiting'")),
    Index("job_running", "leased_until", postgresql_where=text("status = 'running'")),
    Index("job_dead", "finished_at", "job_id", postgresql_where=text("status = 'dead'")),
    Index(
        "job_invocation",
        "instance_id",
        "invoke_id",
        postgresql_where=text("instance_id is not null"),
    ),
    Index("job_created_at", "created_at"),
)

job_history = Table(
    "job_history",
    metadata,
    _words("job_id"),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    _moment("at"),
    _words("what"),
    _number("fence"),
    _words("host", nullable=True),
    _words("actor_id", nullable=True),
    _words("detail", nullable=True),
    _words("payload", nullable=True),
    PrimaryKeyConstraint("job_id", "id", name="job_history_pk"),
)
