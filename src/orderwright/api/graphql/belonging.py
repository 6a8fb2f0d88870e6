"""The order or quotation that something technical belongs to."""

from __future__ import annotations

import strawberry

from orderwright.api.graphql.context import Context
from orderwright.app import belonging as app


@strawberry.type(description="What an instance belongs to: an order or a quotation, by its root.")
class Belonging:
    root_id: strawberry.ID
    chart_id: strawberry.ID
    order_id: strawberry.ID | None
    quotation_id: strawberry.ID | None
    number: str | None

    @classmethod
    def of(cls, found: app.Belonging) -> Belonging:
        """Show what an instance belongs to."""
        return cls(
            root_id=strawberry.ID(found.root_id),
            chart_id=strawberry.ID(found.chart_id),
            order_id=strawberry.ID(found.order_id) if found.order_id else None,
            quotation_id=strawberry.ID(found.quotation_id) if found.quotation_id else None,
            number=found.number,
        )


async def belonging(context: Context, instance_id: str | None) -> Belonging | None:
    """Return what an instance belongs to, if it is there; the caller may see the thing that names it."""
    found = await context.belongings.load(instance_id) if instance_id else None
    return Belonging.of(found) if found else None
