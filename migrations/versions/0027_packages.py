"""Packages by their tracking numbers, and payments by what providers call them, for search.

The packages of before are read from the lifecycles in one look; nothing of the traffic waits for that. The index of
payments is made in one look at the table.
Written by hand and frozen; a test compares the result with the tables of the application.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create a table, with what is under way, and an index."""
    op.create_table(
        "package",
        sa.Column("tracking", sa.Text, nullable=False),
        sa.Column("fulfilment_id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tracking", "fulfilment_id", name="package_pk"),
        schema=_SCHEMA,
    )
    op.execute(_UNDER_WAY)
    op.create_index("payment_known_as", "payment", [sa.text("lower(reference)")], schema=_SCHEMA)


# The text is looked at before it is read as JSON: most lifecycles are of something else, or have sent nothing yet.
_UNDER_WAY = """
insert into orderwright.package (tracking, fulfilment_id, order_id)
select lower(trim((snapshot::jsonb)->'context'->>'tracking')), instance_id, root_id
from orderwright.instance
where chart_id = 'fulfilment' and strpos(snapshot, '"tracking":"') > 0
"""
