"""What a host is asked to do because of an answer is an action that names the one that was answered, and the answer.

Written by hand and frozen; a test compares the result with the tables of the application.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns, which say nothing of what was decided, and an index."""
    for column in ("follows_from", "answer_id"):
        op.add_column("policy_action", sa.Column(column, sa.Text()), schema="orderwright")
    op.create_index(
        "policy_action_follows",
        "policy_action",
        ["follows_from", "rank"],
        schema="orderwright",
        postgresql_where=sa.text("follows_from is not null"),
    )
