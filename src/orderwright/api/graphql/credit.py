"""Credit as the API shows it: what a customer may owe and owes, a sale's part in it, and the ledger."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.results import Refusal, answered, answered_plainly
from orderwright.api.graphql.trade import Money, money
from orderwright.app.credit import view
from orderwright.app.credit.account import Account
from orderwright.app.credit.commands import NewProfile
from orderwright.app.page import LARGEST, Page
from orderwright.domain.orders import credit as rules
from orderwright.errors import NotFound
from orderwright.runtime.attempt import Result

First = Annotated[int, strawberry.argument(description=f"How many rows, from 1 to {LARGEST}.")]


@strawberry.enum
class CreditTier(Enum):
    """How far a customer is trusted."""

    BRONZE = "BRONZE"
    SILVER = "SILVER"
    GOLD = "GOLD"
    PLATINUM = "PLATINUM"


@strawberry.type(description="What a customer may owe and owes in one currency.")
class CreditSnapshot:
    currency: str
    tier: CreditTier
    limit: Money = strawberry.field(description="What may be owed in all.")
    custom_limit: Money | None = strawberry.field(
        description="What staff have set, or what the customer's record says while there is no profile."
    )
    tier_cap: Money = strawberry.field(description="The most that the tier allows.")
    earned_limit: Money = strawberry.field(description="What completed sales have earned.")
    completed_sales: Money = strawberry.field(description="What was captured on completed sales.")
    exposure: Money = strawberry.field(description="What is owed.")
    available: Money = strawberry.field(description="What may still be owed; never negative.")
    utilisation: int | None = strawberry.field(
        description="How many per cent of the limit are used, rounded down; null where there is no limit."
    )

    @classmethod
    def of(cls, standing: view.CreditStanding) -> CreditSnapshot:
        """Show a customer's credit."""
        profile, currency = standing.profile, standing.account.currency
        custom = profile.custom_limit_minor
        return cls(
            currency=currency,
            tier=CreditTier(profile.tier.value),
            limit=money(standing.limit_minor, currency),
            custom_limit=None if custom is None else money(custom, currency),
            tier_cap=money(profile.cap_minor, currency),
            earned_limit=money(profile.earned_minor, currency),
            completed_sales=money(profile.cumulative_minor, currency),
            exposure=money(standing.exposure_minor, currency),
            available=money(standing.available_minor, currency),
            utilisation=standing.utilisation_percent,
        )


@strawberry.type(description="A sale against its customer's credit.")
class SaleCreditCheck:
    customer_id: strawberry.ID
    currency: str
    tier: CreditTier
    limit: Money
    exposure: Money = strawberry.field(description="What the customer owes without this sale.")
    held: Money = strawberry.field(description="What this sale holds of the credit.")
    uncovered: Money = strawberry.field(description="What of this sale is due and not captured.")
    overage: Money = strawberry.field(description="What that comes to above the limit.")
    approved: Money = strawberry.field(description="How much of it a valid override covers.")
    is_within_credit: bool = strawberry.field(description="Whether it may clear on credit.")

    @classmethod
    def of(cls, check: view.CreditCheck) -> SaleCreditCheck:
        """Show a sale's check."""
        currency = check.account.currency
        return cls(
            customer_id=strawberry.ID(check.account.customer_id),
            currency=currency,
            tier=CreditTier(check.profile.tier.value),
            limit=money(check.limit_minor, currency),
            exposure=money(check.exposure_minor, currency),
            held=money(check.held_minor, currency),
            uncovered=money(check.uncovered_minor, currency),
            overage=money(check.overage_minor, currency),
            approved=money(check.approved_minor, currency),
            is_within_credit=check.is_within_credit,
        )


@strawberry.enum
class ExposureKind(Enum):
    """Why the exposure changed."""

    HOLD = "hold"
    SETTLE = "settle"
    RELEASE = "release"
    WRITE_OFF = "write_off"


@strawberry.type(description="A row of the ledger of exposures.")
class ExposureEntry:
    order_id: strawberry.ID
    order_number: str
    kind: ExposureKind
    amount: Money = strawberry.field(description="Negative where credit is let go of.")
    recorded_at: datetime

    @classmethod
    def of(cls, row: view.ExposureRow) -> ExposureEntry:
        """Show a row."""
        return cls(
            order_id=strawberry.ID(row.order_id),
            order_number=row.order_number,
            kind=ExposureKind(row.kind),
            amount=money(row.amount_minor, row.currency),
            recorded_at=row.recorded_at,
        )


@strawberry.type
class ExposureEdge:
    node: ExposureEntry
    cursor: str


@strawberry.type
class ExposureConnection:
    account: strawberry.Private[Account]
    edges: list[ExposureEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[view.ExposureRow], account: Account) -> ExposureConnection:
        """Show a page of the ledger."""
        edges = [
            ExposureEdge(node=ExposureEntry.of(row), cursor=at.cursor()) for at, row in page.rows
        ]
        return cls(account=account, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.credit_view.count(info.context.by, self.account)


@strawberry.type
class CreditProfileSet:
    snapshots: list[CreditSnapshot]
    replayed: bool


@strawberry.type(description="Sales were asked to look at their credit again.")
class CreditRefreshed:
    sales: int = strawberry.field(description="How many; none under a key that was used before.")
    snapshots: list[CreditSnapshot]


SetCreditProfileResult = Annotated[
    CreditProfileSet | Refusal, strawberry.union("SetCreditProfileResult")
]
RefreshCreditSnapshotResult = Annotated[
    CreditRefreshed | Refusal, strawberry.union("RefreshCreditSnapshotResult")
]


@strawberry.type
class CreditQuery:
    @strawberry.field
    async def credit_snapshot(
        self, info: Info, customer_id: strawberry.ID
    ) -> list[CreditSnapshot] | None:
        """A customer's credit, their own currency first; null where there is no such customer."""
        try:
            return await _snapshots(info.context, customer_id)
        except NotFound:
            return None

    @strawberry.field
    async def sale_credit_check(
        self, info: Info, order_id: strawberry.ID
    ) -> SaleCreditCheck | None:
        """How a sale stands against its customer's credit; null where there is no such order."""
        try:
            check = await info.context.app.credit_view.check(info.context.by, order_id)
        except NotFound:
            return None
        return SaleCreditCheck.of(check)

    @strawberry.field
    async def exposure_entries(
        self,
        info: Info,
        customer_id: strawberry.ID,
        currency: str,
        first: First = 50,
        after: str | None = None,
    ) -> ExposureConnection | None:
        """What was held of a customer's credit and let go of, the latest first; null where there is no customer."""
        account = Account(customer_id, currency)
        try:
            page = await info.context.app.credit_view.ledger(
                info.context.by, account, first=first, after=after
            )
        except NotFound:
            return None
        return ExposureConnection.of(page, account)


@strawberry.type
class CreditMutation:
    @strawberry.mutation
    async def set_credit_profile(  # noqa: PLR0913 (the arguments of a mutation)
        self,
        info: Info,
        customer_id: strawberry.ID,
        currency: str,
        tier: CreditTier,
        custom_limit: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SetCreditProfileResult:
        """Set tier and custom limit, in major units; without a custom limit tier and completed sales decide."""
        context = info.context
        asked = context.asked(info, idempotency_key, reason)
        new = NewProfile(
            account=Account(customer_id, currency),
            tier=rules.Tier(tier.value),
            custom_limit=custom_limit,
        )

        async def show(result: Result) -> CreditProfileSet:
            snapshots = await _snapshots(context, customer_id)
            return CreditProfileSet(snapshots=snapshots, replayed=result.replayed)

        return await answered(context.app.credit.set_profile(new, asked), show, context)

    @strawberry.mutation
    async def refresh_credit_snapshot(
        self,
        info: Info,
        customer_id: strawberry.ID,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> RefreshCreditSnapshotResult:
        """Have the customer's sales that credit may concern look at it again."""
        asked = info.context.asked(info, idempotency_key, reason)
        command = info.context.app.credit.refresh(customer_id, asked)
        return await _refreshed(info.context, customer_id, command)


async def _refreshed(
    context: Context, customer_id: str, command: Awaitable[int]
) -> CreditRefreshed | Refusal:
    found = await answered_plainly(command, lambda sales: sales, context)
    if isinstance(found, Refusal):
        return found
    return CreditRefreshed(sales=found, snapshots=await _snapshots(context, customer_id))


async def _snapshots(context: Context, customer_id: str) -> list[CreditSnapshot]:
    found = await context.app.credit_view.standings(context.by, customer_id)
    return [CreditSnapshot.of(one) for one in found]
