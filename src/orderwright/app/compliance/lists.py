"""Users, KYC sessions, pay-ins and pay-outs as lists and records, each as far as the asking person may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orderwright.app.permissions import Identity
from orderwright.app.rows import Standing
from orderwright.app.standing import Source, StandingList, Where

# --- users ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """A user; their wallets are in the context."""

    id: str
    number: str
    email: str
    country: str | None
    customer_id: str | None
    customer_name: str | None
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedUsers:
    """Which users; `search` is in their number, address or customer's name, or is their id."""

    states: Sequence[str] = ()
    search: str = ""
    customer_id: str | None = None


class UserList(StandingList[WantedUsers, UserRow]):
    """Shows users."""

    source = Source(
        row=UserRow,
        chart="user",
        columns="r.id, r.number, r.email, r.country, r.customer_id, c.name as customer_name, r.created_at",
        record="orderwright.user_record",
        joins="left join orderwright.customer as c on c.id = r.customer_id",
        permission="user.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep oneself, for an outsider."""
        _own(where, by, "r.customer_id")

    def narrow(self, where: Where, wanted: WantedUsers) -> None:
        """Keep what is wanted, its states apart."""
        where.equal("r.customer_id", wanted.customer_id)
        _search(where, "r.number || ' ' || r.email || ' ' || coalesce(c.name, '')", wanted.search)


# --- KYC sessions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KycRow:
    """A KYC session; its documents are in the context."""

    id: str
    number: str
    user_id: str
    user_email: str
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedKyc:
    """Which KYC sessions; `search` is in their number or the user's address, or is their id."""

    states: Sequence[str] = ()
    search: str = ""
    user_id: str | None = None


class KycList(StandingList[WantedKyc, KycRow]):
    """Shows KYC sessions."""

    source = Source(
        row=KycRow,
        chart="kyc",
        columns="r.id, r.number, r.user_id, u.email as user_email, r.created_at",
        record="orderwright.kyc_record",
        joins="join orderwright.user_record as u on u.id = r.user_id",
        permission="kyc.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep one's own, for an outsider."""
        _own(where, by, "u.customer_id")

    def narrow(self, where: Where, wanted: WantedKyc) -> None:
        """Keep what is wanted, its states apart."""
        where.equal("r.user_id", wanted.user_id)
        _search(where, "r.number || ' ' || u.email", wanted.search)


# --- pay-ins --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PayInRow:
    """A pay-in; amounts are in minor units."""

    id: str
    number: str
    payment_id: str | None
    order_id: str | None
    order_number: str | None
    customer_id: str | None
    user_id: str | None
    method: str
    expected_minor: int
    currency: str
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPayIns:
    """Which pay-ins; `search` is in their number or that of the order, or is their id."""

    states: Sequence[str] = ()
    search: str = ""
    order_id: str | None = None
    payment_id: str | None = None
    user_id: str | None = None


class PayInList(StandingList[WantedPayIns, PayInRow]):
    """Shows pay-ins."""

    source = Source(
        row=PayInRow,
        chart="payin",
        columns="""r.id, r.number, r.payment_id, r.order_id, o.number as order_number, r.customer_id, r.user_id,
       r.method, r.expected_minor, r.currency, r.created_at""",
        record="orderwright.payin_record",
        joins="left join orderwright.sale_order as o on o.id = r.order_id",
        permission="payin.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep one's own, for an outsider."""
        _own(where, by, "r.customer_id")

    def narrow(self, where: Where, wanted: WantedPayIns) -> None:
        """Keep what is wanted, its states apart."""
        where.equal("r.order_id", wanted.order_id)
        where.equal("r.payment_id", wanted.payment_id)
        where.equal("r.user_id", wanted.user_id)
        _search(where, "r.number || ' ' || coalesce(o.number, '')", wanted.search)


# --- pay-outs -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOutRow:
    """A pay-out; amounts are in minor units.

    Attributes:
        requested_name: who has asked, as people know them.
    """

    id: str
    number: str
    refund_id: str | None
    order_id: str | None
    order_number: str | None
    customer_id: str | None
    user_id: str | None
    approval_id: str
    amount_minor: int
    currency: str
    requested_by: str
    requested_name: str
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPayOuts:
    """Which pay-outs; `search` is in their number or that of the order, or is their id."""

    states: Sequence[str] = ()
    search: str = ""
    order_id: str | None = None
    user_id: str | None = None


class PayOutList(StandingList[WantedPayOuts, PayOutRow]):
    """Shows pay-outs."""

    source = Source(
        row=PayOutRow,
        chart="payout",
        columns="""r.id, r.number, r.refund_id, r.order_id, o.number as order_number, r.customer_id, r.user_id,
       r.approval_id, r.amount_minor, r.currency, r.requested_by, coalesce(p.name, r.requested_by) as requested_name,
       r.created_at""",
        record="orderwright.payout_record",
        joins="""left join orderwright.sale_order as o on o.id = r.order_id
left join orderwright.person as p on p.id = r.requested_by""",
        permission="payout.read",
    )

    def sight(self, where: Where, by: Identity) -> None:
        """Keep one's own, for an outsider."""
        _own(where, by, "r.customer_id")

    def narrow(self, where: Where, wanted: WantedPayOuts) -> None:
        """Keep what is wanted, its states apart."""
        where.equal("r.order_id", wanted.order_id)
        where.equal("r.user_id", wanted.user_id)
        _search(where, "r.number || ' ' || coalesce(o.number, '')", wanted.search)


# --------------------------------------------------------------------------------------------------


def _own(where: Where, by: Identity, owner: str) -> None:
    if not by.is_staff:
        where.add(f"{owner} = {{}}", by.customer_id or "")


def _search(where: Where, text: str, search: str) -> None:
    if wanted := search.strip():
        where.add(f"(strpos(lower({text}), lower({{0}})) > 0 or r.id = {{0}})", wanted)
