"""Requests for documents as screens want them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orderwright.app.permissions import Identity
from orderwright.app.rows import Standing
from orderwright.app.standing import Source, StandingList, Where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRequests:
    """Which requests; all where nothing is said."""

    states: Sequence[str] = ()
    entity_type: str | None = None
    entity_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request; what is asked for and what is there stands in the context of its standing."""

    id: str
    entity_type: str
    entity_id: str
    root_id: str
    requested_at: datetime
    standing: Standing


class DocumentList(StandingList[WantedRequests, RequestRow]):
    """Shows requests for documents, the newest first."""

    source = Source(
        row=RequestRow,
        chart="document_request",
        columns="r.id, r.entity_type, r.entity_id, r.root_id, r.requested_at",
        record="orderwright.document_request",
        at="requested_at",
        permission="document.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep all: who may read them sees everybody's."""

    def narrow(self, where: Where, wanted: WantedRequests) -> None:
        """Keep those about an entity."""
        where.equal("r.entity_type", wanted.entity_type)
        where.equal("r.entity_id", wanted.entity_id)
