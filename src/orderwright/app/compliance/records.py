"""Rows of users, wallets, KYC sessions, pay-ins and pay-outs, on the connection of a running transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.errors import NotFound

if TYPE_CHECKING:
    from orderwright.runtime.pool import Connection


class PayInNotFound(NotFound):
    """No pay-in has this id, or it is not the caller's to see."""

    code = "payin.not_found"


class PayOutNotFound(NotFound):
    """No pay-out has this id, or it is not the caller's to see."""

    code = "payout.not_found"


class KycSessionNotFound(NotFound):
    """No KYC session has this id, or it is not the caller's to see."""

    code = "kyc.not_found"


class UserNotFound(NotFound):
    """No user has this id, or it is not the caller's to see."""

    code = "user.not_found"


class WalletNotFound(NotFound):
    """The user has no wallet of this id."""

    code = "wallet.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """The head of a user; the address is in lower case."""

    id: str
    number: str
    email: str
    country: str | None
    customer_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """Where a user holds money of a kind."""

    id: str
    user_id: str
    address: str
    crypto_type: str
    country: str | None
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayIn:
    """The head of a pay-in; the amount is in minor units."""

    id: str
    number: str
    payment_id: str | None
    order_id: str | None
    customer_id: str | None
    user_id: str | None
    method: str
    expected_minor: int
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOut:
    """The head of a pay-out; the amount is in minor units."""

    id: str
    number: str
    refund_id: str | None
    order_id: str | None
    customer_id: str | None
    user_id: str | None
    approval_id: str
    amount_minor: int
    currency: str
    requested_by: str
    created_at: datetime


async def add_user(connection: Connection, user: User) -> bool:
    """Store a user; False if somebody else has the address."""
    values = (getattr(user, name) for name in User.__slots__)
    return await connection.fetchval(_ADD_USER, *values) is not None


async def add_wallet(connection: Connection, wallet: Wallet) -> bool:
    """Store a wallet; False if another has the id."""
    values = (getattr(wallet, name) for name in Wallet.__slots__)
    return await connection.fetchval(_ADD_WALLET, *values) is not None


async def add_kyc(
    connection: Connection, session_id: str, number: str, user_id: str, at: datetime
) -> None:
    """Store a KYC session."""
    await connection.execute(_ADD_KYC, session_id, number, user_id, at)


async def add_payin(connection: Connection, payin: PayIn) -> None:
    """Store a pay-in."""
    await connection.execute(_ADD_PAYIN, *(getattr(payin, name) for name in PayIn.__slots__))


async def add_payout(connection: Connection, payout: PayOut) -> None:
    """Store a pay-out."""
    await connection.execute(_ADD_PAYOUT, *(getattr(payout, name) for name in PayOut.__slots__))


async def require_user(connection: Connection, user_id: str) -> User:
    """Return a user.

    Raises:
        UserNotFound: there is none.
    """
    row = await connection.fetchrow(_USER, user_id)
    if row is None:
        raise UserNotFound(f"nothing here has the id {user_id!r}", values={"id": user_id})
    return User(**dict(row))


async def require_wallet(connection: Connection, user_id: str, wallet_id: str) -> Wallet:
    """Return a wallet of a user.

    Raises:
        WalletNotFound: the user has none of this id.
    """
    row = await connection.fetchrow(_WALLET, wallet_id, user_id)
    if row is None:
        raise WalletNotFound(f"the user has no wallet {wallet_id!r}", values={"id": wallet_id})
    return Wallet(**dict(row))


async def user_of_customer(connection: Connection, customer_id: str) -> str | None:
    """Return the user who has registered first as a customer."""
    found: str | None = await connection.fetchval(_OF_CUSTOMER, customer_id)
    return found


def _names(row: type) -> str:
    return ", ".join(row.__slots__)  # type: ignore[attr-defined]


def _values(row: type) -> str:
    return ", ".join(f"${place}" for place in range(1, len(row.__slots__) + 1))  # type: ignore[attr-defined]


_ADD_USER: Final = f"""
insert into orderwright.user_record ({_names(User)}) values ({_values(User)})
on conflict (email) do nothing returning id
"""  # noqa: S608 (ours)
_ADD_WALLET: Final = f"""
insert into orderwright.wallet ({_names(Wallet)}) values ({_values(Wallet)})
on conflict (id) do nothing returning id
"""  # noqa: S608 (ours)
_ADD_KYC: Final = """
insert into orderwright.kyc_record (id, number, user_id, created_at) values ($1, $2, $3, $4)
"""
_ADD_PAYIN: Final = f"""
insert into orderwright.payin_record ({_names(PayIn)}) values ({_values(PayIn)})
"""  # noqa: S608 (ours)
_ADD_PAYOUT: Final = f"""
insert into orderwright.payout_record ({_names(PayOut)}) values ({_values(PayOut)})
"""  # noqa: S608 (ours)
_USER: Final = f"select {_names(User)} from orderwright.user_record where id = $1"  # noqa: S608 (ours)
_WALLET: Final = f"""
select {_names(Wallet)} from orderwright.wallet where id = $1 and user_id = $2
"""  # noqa: S608 (ours)
_OF_CUSTOMER: Final = """
select id from orderwright.user_record where customer_id = $1 order by created_at, id limit 1
"""
