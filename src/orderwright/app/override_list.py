"""Override requests as screens and programs want them: pages of them, or one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orderwright.app.approvals import SALE
from orderwright.app.permissions import Identity
from orderwright.app.rows import Standing
from orderwright.app.standing import Source, StandingList, Where
from orderwright.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Kind = Literal["ADMIN", "CREDIT"]


class OverrideNotFound(NotFound):
    """There is no override request with this id."""

    code = "override.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which override requests; `search` is looked for in the order's number and the customer's name."""

    states: Sequence[str] = ()
    kind: Kind | None = None
    order_id: str | None = None
    search: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """An override request; amounts in its context are minor units of the order's currency."""

    id: str
    order_id: str
    kind: Kind
    requested_by: str
    requested_at: datetime
    standing: Standing


class OverrideList(StandingList[Wanted, OverrideRow]):
    """Shows override requests, the newest first."""

    source = Source(
        row=OverrideRow,
        chart="approval",
        columns="r.id, r.subject_id as order_id, r.kind, r.requested_by, r.requested_at",
        record="orderwright.approval",
        joins=f"join orderwright.sale_order as o on o.id = r.subject_id and r.subject_type = '{SALE}'"
        " join orderwright.customer as c on c.id = o.customer_id",
        at="requested_at",
        permission="override.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep all: who may read them sees everybody's."""

    def narrow(self, where: Where, wanted: Wanted) -> None:
        """Keep those of a kind or an order, or what is searched."""
        where.equal("r.kind", wanted.kind)
        where.equal("r.subject_id", wanted.order_id)
        where.holds("lower(o.number || ' ' || c.name)", wanted.search)

    async def require(self, override_id: str) -> None:
        """Let the call go on only if there is such a request, whoever asks.

        Raises:
            OverrideNotFound: there is none.
        """
        if await self.known(override_id) is None:
            message = f"no override request has the id {override_id!r}"
            raise OverrideNotFound(message, values={"id": override_id})
