"""The subscriptions: they reach the clients of every API process."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import strawberry

from orderwright.api.graphql.cases import CasesSubscription
from orderwright.api.graphql.context import Info
from orderwright.api.graphql.notification import NotificationsSubscription
from orderwright.app.records import OrderNotFound


@strawberry.type(description="Something of this order changed: ask again for what you show.")
class WorkflowChange:
    order_id: strawberry.ID


@strawberry.type
class Subscription(CasesSubscription, NotificationsSubscription):
    @strawberry.subscription
    async def workflow_changed(
        self, info: Info, order_id: strawberry.ID
    ) -> AsyncGenerator[WorkflowChange, None]:
        by, app = info.context.by, info.context.app
        owner = await app.queries.customer_of_order(order_id)
        if owner is None or not by.sees(owner):
            raise OrderNotFound(f"nothing here has the id {order_id!r}", values={"id": order_id})
        with app.listener.subscribe() as changes:
            async for change in changes:
                if change.touches(order_id):
                    await info.context.refresh()
                    _ = info.context.by
                    yield WorkflowChange(order_id=order_id)
