"""Users with their wallets as the API shows them, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Annotated, Any

import strawberry

from orderwright.api.graphql.compliance import ComplianceEntity
from orderwright.api.graphql.connection import Connection, connected
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.operations import First
from orderwright.api.graphql.results import Refusal, SendEventResult, answered
from orderwright.api.graphql.scalars import JSON
from orderwright.api.graphql.sending import sent
from orderwright.app.compliance.lists import UserRow, WantedUsers
from orderwright.app.compliance.users import NewUser, NewWallet
from orderwright.runtime.attempt import Result


@strawberry.type(description="Where a user holds money of a kind.")
class Wallet:
    id: strawberry.ID
    address: str
    crypto_type: str
    country: str | None
    added_at: datetime


@strawberry.type(description="Somebody who uses the host's product.")
class User(ComplianceEntity):
    row: strawberry.Private[UserRow]
    number: str
    email: str
    country: str | None
    customer_id: strawberry.ID | None
    customer_name: str | None
    registered_at: datetime

    @classmethod
    def of(cls, row: UserRow) -> User:
        """Show a user."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            number=row.number,
            email=row.email,
            country=row.country,
            customer_id=strawberry.ID(row.customer_id) if row.customer_id else None,
            customer_name=row.customer_name,
            registered_at=row.created_at,
        )

    @strawberry.field
    def wallets(self) -> list[Wallet]:
        return [_wallet(key, one) for key, one in self.standing.context["wallets"].items()]


def _wallet(wallet_id: str, wallet: Mapping[str, Any]) -> Wallet:
    return Wallet(
        id=strawberry.ID(wallet_id),
        address=wallet["address"],
        crypto_type=wallet["cryptoType"],
        country=wallet["country"],
        added_at=datetime.fromisoformat(wallet["addedAt"]),
    )


@strawberry.input
class UserFilter:
    search: str | None = None
    states: list[str] | None = None
    customer_id: strawberry.ID | None = None

    def wanted(self) -> WantedUsers:
        """Return it in the application's words."""
        return WantedUsers(
            states=tuple(self.states or ()),
            search=self.search or "",
            customer_id=self.customer_id,
        )


@strawberry.input
class UserInput:
    email: str
    id: strawberry.ID | None = None
    country: str | None = None
    customer_id: strawberry.ID | None = None


@strawberry.input
class WalletInput:
    user_id: strawberry.ID
    address: str
    crypto_type: str
    country: str | None = None


@strawberry.type
class UserApplied:
    user: User
    replayed: bool


UserResult = Annotated[UserApplied | Refusal, strawberry.union("UserResult")]


@strawberry.type
class UserQuery:
    @strawberry.field
    async def users(
        self,
        info: Info,
        filter: UserFilter | None = None,
        first: First = 50,
        after: str | None = None,
    ) -> Connection[User]:
        """Users, who has registered last first."""
        wanted = filter.wanted() if filter else WantedUsers()
        listed = info.context.app.user_list
        return await connected(info, listed, wanted, User.of, first=first, after=after)

    @strawberry.field
    async def user(self, info: Info, id: strawberry.ID) -> User | None:
        row = await info.context.app.user_list.find(info.context.by, id)
        return User.of(row) if row else None


@strawberry.type
class UserMutation:
    @strawberry.mutation
    async def register_user(
        self, info: Info, input: UserInput, idempotency_key: str | None = None
    ) -> UserResult:
        """Register a user; the id is the host's own where one is given."""
        new = NewUser(
            id=input.id,
            email=input.email,
            country=input.country,
            customer_id=input.customer_id,
        )
        asked = info.context.asked(info, idempotency_key)
        return await _applied(info.context, info.context.app.users.register(new, asked))

    @strawberry.mutation
    async def add_wallet(
        self, info: Info, input: WalletInput, idempotency_key: str | None = None
    ) -> UserResult:
        """Give a user another wallet."""
        new = NewWallet(
            user_id=input.user_id,
            address=input.address,
            crypto_type=input.crypto_type,
            country=input.country,
        )
        asked = info.context.asked(info, idempotency_key)
        return await _applied(info.context, info.context.app.users.add_wallet(new, asked))

    @strawberry.mutation
    async def send_user_event(
        self,
        info: Info,
        user_id: strawberry.ID,
        event: str,
        data: JSON | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> SendEventResult:
        asked = info.context.asked(info, idempotency_key, reason)
        return await sent(info.context, info.context.app.users.send, user_id, event, data, asked)


async def _applied(context: Context, command: Awaitable[Result]) -> UserApplied | Refusal:
    async def show(result: Result) -> UserApplied:
        row = await context.app.user_list.known(result.instance_id)
        if row is None:
            raise LookupError(result.instance_id)
        return UserApplied(user=User.of(row), replayed=result.replayed)

    return await answered(command, show, context)
