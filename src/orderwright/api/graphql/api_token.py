"""API tokens of hosts, as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from orderwright.api.graphql.context import Info
from orderwright.api.graphql.policy import person
from orderwright.api.graphql.results import Refusal, answered_plainly
from orderwright.api.graphql.workflow import Actor
from orderwright.app import api_tokens as app


@strawberry.type(description="A token with which a host calls, without the token itself.")
class ApiToken:
    row: strawberry.Private[app.ApiToken]
    id: strawberry.ID
    name: str
    scopes: list[str] = strawberry.field(description="trigger, execute, lists.")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = strawberry.field(description="To the minute.")
    revoked_at: datetime | None

    @classmethod
    def of(cls, row: app.ApiToken) -> ApiToken:
        """Show a token."""
        return cls(
            row=row,
            id=strawberry.ID(row.id),
            name=row.name,
            scopes=list(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )

    @strawberry.field
    async def created_by(self, info: Info) -> Actor:
        return await person(info.context, self.row.created_by)


@strawberry.type(description="A new token, which is shown this once.")
class ApiTokenMade:
    token: ApiToken
    secret: str


@strawberry.type
class ApiTokenRevoked:
    token: ApiToken


ApiTokenMadeResult = Annotated[ApiTokenMade | Refusal, strawberry.union("ApiTokenMadeResult")]
ApiTokenRevokedResult = Annotated[
    ApiTokenRevoked | Refusal, strawberry.union("ApiTokenRevokedResult")
]


@strawberry.type
class ApiTokensQuery:
    @strawberry.field
    async def api_tokens(self, info: Info) -> list[ApiToken]:
        """Every token, the newest first, those that are revoked included."""
        found = await info.context.app.api_tokens.tokens(info.context.by)
        return [ApiToken.of(one) for one in found]


@strawberry.type
class ApiTokensMutation:
    @strawberry.mutation
    async def make_api_token(
        self,
        info: Info,
        name: str,
        scopes: list[str],
        expires_at: datetime | None = None,
    ) -> ApiTokenMadeResult:
        """Make a token for a host; the answer shows it, this once."""
        asked = info.context.asked(info, None)
        command = info.context.app.api_tokens.make(name, scopes, asked, expires_at=expires_at)
        return await answered_plainly(
            command,
            lambda made: ApiTokenMade(token=ApiToken.of(made.token), secret=made.secret),
            info.context,
        )

    @strawberry.mutation
    async def revoke_api_token(self, info: Info, id: strawberry.ID) -> ApiTokenRevokedResult:
        """End a token at once."""
        command = info.context.app.api_tokens.revoke(id, info.context.asked(info, None))
        return await answered_plainly(
            command, lambda one: ApiTokenRevoked(token=ApiToken.of(one)), info.context
        )
