"""Indexes for screens of operations, and for letting go of what is old.

None lies on a table that a step writes to but `waiting_event`, which is empty unless something fails.
Written by hand and frozen; a test compares the result with the tables of the code.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_SCHEMA: Final = "orderwright"
_INDEXES: Final = (
    (
        "waiting_event_acknowledged",
        "waiting_event",
        ["acknowledged_at"],
        "acknowledged_at is not null",
    ),
    ("slot_settled", "slot", ["settled_at"], "settled_at is not null"),
    ("incident_seen", "incident", ["status", "last_seen_at", "incident_id"], None),
    ("incident_resolved", "incident", ["resolved_at"], "resolved_at is not null"),
    (
        "webhook_delivery_created",
        "webhook_delivery",
        ["subscription_id", "created_at", "message_id"],
        None,
    ),
    ("webhook_delivery_waiting", "webhook_delivery", ["event_id"], "status = 'waiting'"),
    ("webhook_delivery_settled", "webhook_delivery", ["next_attempt_at"], "status <> 'waiting'"),
)


def upgrade() -> None:
    """Create the indexes."""
    for name, table, columns, where in _INDEXES:
        options = {"postgresql_where": sa.text(where)} if where else {}
        op.create_index(name, table, columns, schema=_SCHEMA, **options)
