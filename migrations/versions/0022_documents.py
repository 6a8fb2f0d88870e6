"""Requests for documents and what was handed in, and the cases that policies have opened.

Written by hand and frozen; a test compares the result with the tables of the application.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create tables, which are empty."""
    _create_requests()
    _create_documents()
    _create_cases()


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _words(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_requests() -> None:
    op.create_table(
        "document_request",
        _id(),
        _words("entity_type"),
        _words("entity_id"),
        _words("root_id"),
        _moment("requested_at"),
        schema=_SCHEMA,
    )
    op.create_index(
        "document_request_listed", "document_request", ["requested_at", "id"], schema=_SCHEMA
    )
    op.create_index(
        "document_request_entity", "document_request", ["entity_type", "entity_id"], schema=_SCHEMA
    )


def _create_documents() -> None:
    op.create_table(
        "document",
        _id(),
        sa.Column(
            "request_id",
            sa.Text,
            sa.ForeignKey(f"{_SCHEMA}.document_request.id"),
            nullable=False,
        ),
        sa.Column("round", sa.Integer, nullable=False),
        _words("type"),
        _words("media_type"),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        _words("bucket"),
        _words("key"),
        _words("url"),
        _moment("uploaded_at"),
        schema=_SCHEMA,
    )
    op.create_index("document_request_id", "document", ["request_id"], schema=_SCHEMA)


def _create_cases() -> None:
    op.create_table(
        "policy_case",
        _id("case_id"),
        _words("action_id"),
        _words("execution_id"),
        _words("policy_id"),
        sa.Column("version", sa.Integer, nullable=False),
        _moment("opened_at"),
        _words("resolution", nullable=True),
        _moment("resolved_at", nullable=True),
        schema=_SCHEMA,
    )
    op.create_index(
        "policy_case_policy", "policy_case", ["policy_id", "version", "opened_at"], schema=_SCHEMA
    )
    op.create_index("policy_case_action", "policy_case", ["action_id"], schema=_SCHEMA)
