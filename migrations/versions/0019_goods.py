"""Goods: where stock lies, the queue of those who wait for it, returns, and what kind of thing a product is.

How much there is of what is in the ledgers. Written by hand and frozen; a test compares the result with
`orderwright.app.tables`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_SCHEMA = "orderwright"


def upgrade() -> None:
    """Create tables, a column of products that needs no rewrite, and the first location."""
    _add_kind()
    _create_location()
    _create_stock_item()
    _create_backorder()
    _create_goods_return()
    op.create_index("fulfilment_created", "fulfilment", ["created_at", "id"], schema=_SCHEMA)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _link(name: str, to: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(f"{_SCHEMA}.{to}"), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _add_kind() -> None:
    op.execute(
        f"""
        alter table {_SCHEMA}.product add column kind text not null default 'GOODS'
        constraint product_kind check (kind in ('GOODS', 'SERVICE'))
        """
    )


def _create_location() -> None:
    op.create_table(
        "location",
        sa.Column("id", sa.Text, primary_key=True),
        _words("name"),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.CheckConstraint("id <> '' and strpos(id, '/') = 0", name="location_id"),
        schema=_SCHEMA,
    )
    op.execute("insert into orderwright.location values ('main', 'Main warehouse', 0)")


def _create_stock_item() -> None:
    op.create_table(
        "stock_item",
        sa.Column("instance_id", sa.Text, primary_key=True),
        _link("sku", "product.sku"),
        _link("location", "location.id"),
        sa.UniqueConstraint("sku", "location", name="stock_item_place"),
        schema=_SCHEMA,
    )
    op.create_index("stock_item_location", "stock_item", ["location", "sku"], schema=_SCHEMA)


def _create_backorder() -> None:
    op.create_table(
        "backorder",
        _words("sku"),
        _moment("since"),
        _words("fulfilment_id"),
        sa.PrimaryKeyConstraint("sku", "fulfilment_id", name="backorder_pk"),
        schema=_SCHEMA,
    )
    queue = ["sku", "since", "fulfilment_id"]
    op.create_index("backorder_queue", "backorder", queue, schema=_SCHEMA)
    op.create_index("backorder_fulfilment", "backorder", ["fulfilment_id"], schema=_SCHEMA)


def _create_goods_return() -> None:
    op.execute(f"create sequence {_SCHEMA}.return_number")
    op.create_table(
        "goods_return",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("number", sa.Text, nullable=False, unique=True),
        _link("order_id", "sale_order.id"),
        _link("fulfilment_id", "fulfilment.id"),
        _moment("created_at"),
        schema=_SCHEMA,
    )
    op.create_index("goods_return_created", "goods_return", ["created_at", "id"], schema=_SCHEMA)
    op.create_index("goods_return_order", "goods_return", ["order_id"], schema=_SCHEMA)
    op.create_index("goods_return_fulfilment", "goods_return", ["fulfilment_id"], schema=_SCHEMA)
