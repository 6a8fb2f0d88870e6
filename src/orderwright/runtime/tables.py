"""What the runtime stores, all of it in the schema `orderwright`.

Four rules explain the shape of the columns:

- JSON is stored as text. The order of keys belongs to a snapshot, and hashes are taken over the
  text; jsonb keeps neither.
- Times come from the engine's clock, never from `now()`, so that an import and a simulation can say
  when they are. Leases are the exception, for hosts must agree on them: see `clock.driven`.
- No foreign keys on the hot path: every row below is written by `orderwright.apply_steps` in one
  transaction with its instance, and nothing is deleted but timers and what `retention` lets go.
- `ord` orders the outbox: the greatest of the instance's last `ord` and the writing transaction's id.
  A reader that stays below the oldest running transaction never passes a row that is not yet visible,
  and the rows of one instance stay in order even if a transaction with an early id wrote the later one.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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


def moment(name: str, *, nullable: bool = False) -> Column[object]:
    """Return a column of times with their zone."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def words(name: str, *, nullable: bool = False) -> Column[str]:
    """Return a column of text."""
    return Column(name, Text, nullable=nullable)


def number(name: str) -> Column[int]:
    """Return a column of whole numbers."""
    return Column(name, Integer, nullable=False)


chart = Table(
    "chart",
    metadata,
    words("chart_id"),
    number("version"),
    words("hash"),
    words("definition"),
    moment("published_at"),
    PrimaryKeyConstraint("chart_id", "version", name="chart_pk"),
)

instance = Table(
    "instance",
    metadata,
    words("instance_id"),
    words("chart_id"),
    number("chart_version"),
    words("root_id"),
    number("version"),
    words("status"),
    words("state"),
    words("snapshot"),
    Column("log_hash", LargeBinary, nullable=False),
    Column("ord", Xid8, nullable=False),
    moment("created_at"),
    moment("updated_at"),
    PrimaryKeyConstraint("instance_id", name="instance_pk"),
    Index("instance_root_id", "root_id"),
    postgresql_with={"fillfactor": "70"},  # room for the next version on the same page
)

log = Table(
    "log",
    metadata,
    words("instance_id"),
    number("version"),
    words("event_type"),
    words("event_data"),
    words("facts"),
    words("actor_kind"),
    words("actor_id"),
    words("reason", nullable=True),
    words("origin"),
    words("correlation_id"),
    words("causation_id", nullable=True),
    moment("occurred_at"),
    moment("recorded_at"),
    words("from_state", nullable=True),
    words("to_state"),
    words("changes"),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("instance_id", "version", name="log_pk"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("ord", Xid8, nullable=False),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    words("event_id"),
    words("instance_id"),
    words("root_id"),
    number("version"),
    words("name"),
    words("payload"),
    words("correlation_id"),
    words("causation_id"),
    moment("occurred_at"),
    moment("recorded_at"),
    PrimaryKeyConstraint("ord", "id", name="outbox_pk"),
    UniqueConstraint("event_id", name="outbox_event_id"),
)

# `attempts`, `last_error` and `next_attempt_at` are of releases that stopped a whole consumer at a failure. They stay
# empty, so that such a release still runs on this schema.
consumer = Table(
    "consumer",
    metadata,
    words("name"),
    Column("ord", Xid8, nullable=False),
    Column("id", BigInteger, nullable=False),
    number("attempts"),
    words("last_error", nullable=True),
    moment("next_attempt_at", nullable=True),
    moment("updated_at"),
    PrimaryKeyConstraint("name", name="consumer_pk"),
)

acknowledgement = Table(
    "acknowledgement",
    metadata,
    words("consumer"),
    Column("ord", Xid8, nullable=False),
    Column("id", BigInteger, nullable=False),
    moment("acknowledged_at", nullable=True),
    PrimaryKeyConstraint("consumer", "ord", "id", name="acknowledgement_pk"),
)

parked_root = Table(
    "parked_root",
    metadata,
    words("consumer"),
    words("root_id"),
    words("event_id"),
    number("attempts"),
    words("last_error"),
    moment("parked_at"),
    moment("next_attempt_at"),
    moment("dead_at", nullable=True),
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
    words("consumer"),
    words("event_id"),
    words("root_id"),
    moment("acknowledged_at", nullable=True),
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
    words("instance_id"),
    words("timer_id"),
    moment("due_at"),
    words("event_type"),
    words("event_data"),
    number("instance_version"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    words("last_error", nullable=True),
    moment("retry_at", nullable=True),
    PrimaryKeyConstraint("instance_id", "timer_id", name="timer_pk"),
    Index("timer_due_at", "due_at"),
    Index("timer_retry_at", "retry_at", postgresql_where=text("retry_at is not null")),
)

schedule = Table(
    "schedule",
    metadata,
    words("name"),
    words("cron"),
    words("zone"),
    words("missed"),
    words("action"),
    words("payload"),
    moment("changed_at"),
    PrimaryKeyConstraint("name", name="schedule_pk"),
)

slot = Table(
    "slot",
    metadata,
    words("schedule"),
    moment("slot_at"),
    words("status"),
    words("mark", nullable=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    words("last_error", nullable=True),
    moment("retry_at", nullable=True),
    moment("settled_at", nullable=True),
    PrimaryKeyConstraint("schedule", "slot_at", name="slot_pk"),
    Index("slot_armed", "schedule", unique=True, postgresql_where=text("status = 'armed'")),
    Index("slot_settled", "settled_at", postgresql_where=text("settled_at is not null")),
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    words("key"),
    Column("request_hash", LargeBinary, nullable=False),
    words("instance_id"),
    number("version"),
    moment("created_at"),
    moment("expires_at"),
    PrimaryKeyConstraint("key", name="idempotency_key_pk"),
    Index("idempotency_key_expires_at", "expires_at"),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    words("ledger"),
    words("instance_id"),
    number("version"),
    number("n"),
    words("data"),
    moment("recorded_at"),
    words("account", nullable=True),
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
    words("ledger"),
    words("account"),
    Column("amount", BigInteger, nullable=False),
    moment("updated_at"),
    PrimaryKeyConstraint("ledger", "account", name="balance_pk"),
    postgresql_with={"fillfactor": "50"},  # one row is changed again and again, without its key
)

chart_migration = Table(
    "chart_migration",
    metadata,
    words("migration_id"),
    words("chart_id"),
    number("from_version"),
    number("to_version"),
    words("mapping"),
    words("status"),
    words("passed"),  # the last instance that was dealt with
    number("moved"),
    moment("started_at"),
    moment("updated_at"),
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
    words("migration_id"),
    words("instance_id"),
    number("version"),
    words("state"),
    words("reasons"),
    PrimaryKeyConstraint("migration_id", "instance_id", name="chart_migration_stuck_pk"),
)

incident = Table(
    "incident",
    metadata,
    words("incident_id"),
    words("kind"),
    words("subject"),
    words("owner"),
    words("status"),
    words("code"),
    words("cause"),
    words("details"),
    words("retry"),
    Column("count", BigInteger, nullable=False),
    moment("first_seen_at"),
    moment("last_seen_at"),
    moment("resolved_at", nullable=True),
    words("resolved_by", nullable=True),
    words("resolution", nullable=True),
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
    moment("taken_at"),
    Column("instances", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=True),
    PrimaryKeyConstraint("anchored_on", name="anchor_pk"),
)

job = Table(
    "job",
    metadata,
    words("job_id"),
    words("kind"),
    words("key"),
    words("payload"),
    words("root_id"),
    words("instance_id", nullable=True),
    words("invoke_id", nullable=True),
    words("correlation_id"),
    words("causation_id", nullable=True),
    words("status"),
    number("attempts"),
    number("attempt_limit"),
    number("fence"),
    moment("next_attempt_at"),
    words("host", nullable=True),
    moment("started_at", nullable=True),
    moment("leased_until", nullable=True),
    words("result", nullable=True),
    words("last_error", nullable=True),
    moment("created_at"),
    moment("finished_at", nullable=True),
    Column("alone", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("job_id", name="job_pk"),
    UniqueConstraint("key", name="job_key"),
    Index("job_waiting", "next_attempt_at", "job_id", postgresql_where=text("status = 'waiting'")),
    Index(
        "job_alone",
        "next_attempt_at",
        "job_id",
        postgresql_where=text("status = 'waiting' and alone"),
    ),
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
    words("job_id"),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    moment("at"),
    words("what"),
    number("fence"),
    words("host", nullable=True),
    words("actor_id", nullable=True),
    words("detail", nullable=True),
    words("payload", nullable=True),
    PrimaryKeyConstraint("job_id", "id", name="job_history_pk"),
)
