"""How Alembic runs here: on a connection that the caller opened, inside the caller's transaction.

The caller sets `Config.attributes["connection"]` to a synchronous SQLAlchemy connection (with an
asynchronous engine, through `run_sync`) and commits. PostgreSQL runs DDL in transactions, so that a
failing migration leaves nothing behind. The version table lives in our schema, hence the schema is
made before anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import context
from sqlalchemy.schema import CreateSchema

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SCHEMA = "orderwright"


def _run(connection: Connection) -> None:
    connection.execute(CreateSchema(_SCHEMA, if_not_exists=True))
    context.configure(
        connection=connection,
        target_metadata=context.config.attributes.get("metadata"),
        version_table_schema=_SCHEMA,
        include_schemas=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
