"""GraphQL types of the trade: orders, quotations, fulfilments, master data, people."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from orderwright.api.graphql.context import Info
from orderwright.api.graphql.scalars import JSON
from orderwright.app.permissions import Identity
from orderwright.app.rows import (
    CustomerRow,
    FulfilmentRow,
    OrderRow,
    ProductRow,
    QuotationRow,
    Standing,
)
from orderwright.app.sight import context_for
from orderwright.domain.orders.allocation import waited_for
from orderwright.domain.orders.exposure import due_minor, outstanding_minor
from orderwright.domain.orders.goods_line import SERVICE, lines_of, returned_of
from orderwright.domain.orders.inventory import taken_of
from orderwright.domain.orders.order_status import (
    OrderStatus,
    order_status,
    progress_of,
)
from orderwright.domain.orders.terms import Line
from orderwright.money import Money as Exact


@strawberry.enum
class Channel(Enum):
    """To whom is sold."""

    CONSUMER = "CONSUMER"
    RESELLER = "RESELLER"


@strawberry.type(description="An exact amount in major units.")
class Money:
    amount: str
    currency: str


def money(minor: int, currency: str) -> Money:
    """Show minor units as an exact amount."""
    return Money(amount=Exact(minor, currency).amount, currency=currency)


@strawberry.type
class Person:
    id: strawberry.ID
    login: str
    name: str
    roles: list[str]
    permissions: list[str]

    @classmethod
    def of(cls, identity: Identity) -> Person:
        """Show somebody who is signed in, with the operations that the person may do."""
        return cls(
            id=strawberry.ID(identity.id),
            login=identity.login,
            name=identity.name,
            roles=sorted(str(role) for role in identity.roles),
            permissions=identity.permissions,
        )


@strawberry.type
class Customer:
    id: strawberry.ID
    number: str
    name: str

    @classmethod
    def of(cls, row: CustomerRow) -> Customer:
        """Show a customer."""
        return cls(id=strawberry.ID(row.id), number=row.number, name=row.name)


@strawberry.type
class Product:
    sku: strawberry.ID
    name: str
    unit_price: Money
    in_stock: bool

    @classmethod
    def of(cls, row: ProductRow) -> Product:
        """Show a product."""
        price = money(row.unit_price_minor, row.currency)
        return cls(
            sku=strawberry.ID(row.sku), name=row.name, unit_price=price, in_stock=row.in_stock
        )


strawberry.enum(OrderStatus, description="How an order stands, in one word.")


@strawberry.type
class OrderLine:
    line_no: int
    sku: strawberry.ID
    name: str
    quantity: int
    unit_price: Money
    discount: Money
    tax: Money
    total: Money

    @classmethod
    def of(cls, line: Line, number: int, currency: str) -> OrderLine:
        """Show a line."""
        return cls(
            line_no=number,
            sku=strawberry.ID(line.sku),
            name=line.name,
            quantity=line.quantity,
            unit_price=money(line.unit_price_minor, currency),
            discount=money(line.discount_minor, currency),
            tax=money(line.tax_minor, currency),
            total=money(line.total_minor, currency),
        )


@strawberry.type(description="Pieces that are reserved at a location.")
class ReservedPieces:
    location: str
    quantity: int


@strawberry.type
class FulfilmentLine:
    line_no: int
    sku: strawberry.ID
    name: str
    quantity: int
    is_service: bool
    reserved: list[ReservedPieces]
    short: int
    returned: int


@strawberry.interface(description="Something whose state is a lifecycle's.")
class HasWorkflow:
    standing: strawberry.Private[Standing]

    @strawberry.field
    def workflow_state(self) -> str:
        return self.standing.words.state

    @strawberry.field
    def workflow_label(self) -> str:
        return self.standing.words.label

    @strawberry.field
    def workflow_tone(self) -> str:
        return self.standing.words.tone

    @strawberry.field
    def workflow_description(self) -> str:
        return self.standing.words.description

    @strawberry.field
    def workflow_context(self, info: Info) -> JSON:
        return JSON(context_for(info.context.by, self.standing.context))


@strawberry.type
class Fulfilment(HasWorkflow):
    id: strawberry.ID
    number: str
    order_id: strawberry.ID
    created_at: datetime

    @classmethod
    def of(cls, row: FulfilmentRow) -> Fulfilment:
        """Show a fulfilment."""
        return cls(
            standing=row.standing,
            id=strawberry.ID(row.id),
            number=row.number,
            order_id=strawberry.ID(row.order_id),
            created_at=row.created_at,
        )

    @strawberry.field
    def location(self) -> str | None:
        """Where its goods lie; null while that is not settled."""
        return self._words("location")

    @strawberry.field
    def carrier(self) -> str | None:
        return self._words("carrier")

    @strawberry.field
    def tracking(self) -> str | None:
        return self._words("tracking")

    @strawberry.field
    def shipped_at(self) -> datetime | None:
        return self._moment("shippedAt")

    @strawberry.field
    def delivered_at(self) -> datetime | None:
        return self._moment("deliveredAt")

    @strawberry.field
    def delivery_attempts(self) -> int:
        """How many deliveries have failed."""
        return int(self.standing.context["deliveryAttempts"])

    @strawberry.field
    async def order(self, info: Info) -> SaleOrder:
        return SaleOrder.of(await info.context.orders.load(self.order_id))

    @strawberry.field
    async def lines(self, info: Info) -> list[FulfilmentLine]:
        sold, context = await info.context.lines.load(self.order_id), self.standing.context
        taken, short = taken_of(context), waited_for(context)
        returned = returned_of(context)
        return [
            FulfilmentLine(
                line_no=line.line_no,
                sku=strawberry.ID(line.sku),
                name=sold[line.line_no - 1].name,
                quantity=line.quantity,
                is_service=line.kind == SERVICE,
                reserved=[
                    ReservedPieces(location=one.location, quantity=one.quantity)
                    for one in taken
                    if one.line_no == line.line_no
                ],
                short=sum(one.quantity for one in short if one.line_no == line.line_no),
                returned=returned.get(line.line_no, 0),
            )
            for line in lines_of(context)
        ]

    def _words(self, key: str) -> str | None:
        value = self.standing.context[key]
        return None if value is None else str(value)

    def _moment(self, key: str) -> datetime | None:
        value = self._words(key)
        return None if value is None else datetime.fromisoformat(value)


@strawberry.type
class Quotation(HasWorkflow):
    row: strawberry.Private[QuotationRow]
    id: strawberry.ID
    number: str
    channel: Channel
    customer: Customer
    currency: str
    created_at: datetime
    order_id: strawberry.ID | None

    @classmethod
    def of(cls, row: QuotationRow) -> Quotation:
        """Show a quotation."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            number=row.number,
            channel=Channel(row.channel),
            customer=Customer.of(row.customer),
            currency=row.currency,
            created_at=row.created_at,
            order_id=strawberry.ID(row.order_id) if row.order_id else None,
        )

    @strawberry.field
    def valid_until(self) -> datetime | None:
        ends = self.standing.context["validUntil"]
        return datetime.fromisoformat(ends) if ends else None

    @strawberry.field
    def version(self) -> int:
        return int(self.standing.context["quotationVersion"])

    @strawberry.field
    def lines(self) -> list[OrderLine]:
        lines = [Line.from_json(line) for line in self.standing.context["lines"]]
        return [OrderLine.of(line, n, self.currency) for n, line in enumerate(lines, 1)]

    @strawberry.field
    def shipping(self) -> Money:
        return money(self.standing.context["shippingMinor"], self.currency)

    @strawberry.field
    def total(self) -> Money:
        return money(self.standing.context["totalMinor"], self.currency)


@strawberry.type
class SaleOrder(HasWorkflow):
    row: strawberry.Private[OrderRow]
    id: strawberry.ID
    number: str
    channel: Channel
    customer: Customer
    currency: str
    placed_at: datetime

    @classmethod
    def of(cls, row: OrderRow) -> SaleOrder:
        """Show an order."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            number=row.number,
            channel=Channel(row.channel),
            customer=Customer.of(row.customer),
            currency=row.currency,
            placed_at=row.placed_at,
        )

    @strawberry.field
    async def lines(self, info: Info) -> list[OrderLine]:
        lines = await info.context.lines.load(self.id)
        return [OrderLine.of(line, number, self.currency) for number, line in enumerate(lines, 1)]

    @strawberry.field
    def shipping(self) -> Money:
        return money(self.row.shipping_minor, self.currency)

    @strawberry.field
    def grand_total(self) -> Money:
        return money(self.row.grand_total_minor, self.currency)

    @strawberry.field
    def captured(self) -> Money:
        return money(self.standing.context["capturedMinor"], self.currency)

    @strawberry.field
    def due(self) -> Money:
        return money(due_minor(self.standing.context), self.currency)

    @strawberry.field
    def outstanding(self) -> Money:
        """What is still to be captured; never negative."""
        return money(outstanding_minor(self.standing.context), self.currency)

    @strawberry.field
    async def quotation(self, info: Info) -> Quotation | None:
        if self.row.quotation_id is None:
            return None
        row = await info.context.quotations.load(self.row.quotation_id)
        return Quotation.of(row) if row else None

    @strawberry.field
    async def status(self, info: Info) -> OrderStatus:
        """How far the order is: derived from its sale and its fulfilments."""
        rows = await info.context.fulfilments.load(self.id)
        progress = [progress_of(row.standing.words.state, row.standing.context) for row in rows]
        return order_status(self.standing.words.state, progress)

    @strawberry.field
    async def fulfilments(self, info: Info) -> list[Fulfilment]:
        return [Fulfilment.of(row) for row in await info.context.fulfilments.load(self.id)]
