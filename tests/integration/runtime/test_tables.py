from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.base import PGDialect

from orderwright.app import tables as orders
from orderwright.app.database import engine
from orderwright.runtime import tables

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Connection as SyncConnection


async def test_the_migrations_build_the_tables_that_the_code_describes(
    database_url: str, monkeypatch: pytest.MonkeyPatch
):
    """All of them: the application's stand in the same metadata and the same schema."""
    assert orders.sale_order.metadata is tables.metadata
    monkeypatch.setitem(PGDialect.ischema_names, "xid8", tables.Xid8)
    alchemy = engine(database_url)
    async with alchemy.connect() as connection:
        # The user's name is the schema's, which would stand on the path and hide itself from names.
        await connection.execute(text("set search_path to public"))
        alchemy.dialect.default_schema_name = "public"
        differences = await connection.run_sync(_differences)
    await alchemy.dispose()
    assert differences == []


def _differences(connection: SyncConnection) -> list[Any]:
    options = {"include_schemas": True, "compare_type": True, "include_object": _is_ours}
    context = MigrationContext.configure(connection, opts=options)
    return compare_metadata(context, tables.metadata)


def _is_ours(
    thing: Any, _name: str | None, kind: str, _reflected: object, _compared: object
) -> bool:
    table = thing if kind == "table" else thing.table
    return f"{table.schema}.{table.name}" in tables.metadata.tables
