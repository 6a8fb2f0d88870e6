"""What people may ask of users, their wallets and their KYC sessions; every door comes through here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from orderwright.app.compliance import records
from orderwright.app.compliance.sending import KYC, USER, Sender
from orderwright.app.ending import require_ahead, require_end
from orderwright.app.orders import id_for
from orderwright.app.permissions import require
from orderwright.app.records import next_number, require_customer
from orderwright.errors import InputInvalid, RefusedError
from orderwright.json_text import is_storable
from orderwright.runtime.command import Create
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.app.orders import Asked
    from orderwright.app.queries import Queries
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

_LONGEST: Final = 320
_COUNTRY: Final = re.compile("[A-Za-z]{2}")


class UserEmailTaken(RefusedError):
    """Another user has registered with this address."""

    code = "user.email_taken"


class WalletTaken(RefusedError):
    """Another wallet has this id."""

    code = "wallet.taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """Who registers.

    Attributes:
        id: what the host calls them; a new one where nothing is said.
        email: an address; it belongs to one user.
        country: two letters, as in ISO 3166.
        customer_id: the customer that they buy as.
    """

    email: str
    id: str | None = None
    country: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWallet:
    """A wallet that a user adds."""

    user_id: str
    address: str
    crypto_type: str
    country: str | None = None


class Users:
    """Commands on users."""

    def __init__(self, engine: Engine, queries: Queries) -> None:
        self._engine = engine
        self._sender = Sender(engine, queries)

    async def register(self, new: NewUser, asked: Asked) -> Result:
        """Register a user; policies decide on it before anybody can activate them.

        Raises:
            RoleMissing, InputInvalid, CustomerNotFound, UserEmailTaken, IdempotencyMismatch.
        """
        require(asked.by, "user.register")
        email = _address(new.email)
        country = _country(new.country)
        user_id, now = new.id or id_for("user", asked.key), self._engine.clock.now()
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            if new.customer_id is not None:
                await require_customer(connection, new.customer_id)
            user = records.User(
                id=user_id,
                number=await next_number(connection, "user_number"),
                email=email,
                country=country,
                customer_id=new.customer_id,
                created_at=now,
            )
            result = await self._start(connection, user, asked)
            if result.refused is None and not result.replayed:
                await _require_added(connection, user)
        return result

    async def _start(self, connection: Connection, user: records.User, asked: Asked) -> Result:
        about = {"email": user.email, "country": user.country, "customerId": user.customer_id}
        return await self._engine.carry_out(
            Create(
                chart_id="user",
                instance_id=user.id,
                root_id=user.id,
                context={"userId": user.id, **about, "registeredAt": user.created_at.isoformat()},
                request=about,
                cause=asked.cause,
            ),
            connection=connection,
        )

    async def add_wallet(self, new: NewWallet, asked: Asked) -> Result:
        """Give a user another wallet.

        Raises:
            RoleMissing, UserNotFound, WalletTaken, IdempotencyMismatch, InstanceBusy.
            InputInvalid: the country is none, or the database cannot keep a text.
        """
        wallet_id = id_for("wallet", asked.key)
        given = {"walletId": wallet_id, "address": new.address, "cryptoType": new.crypto_type}
        country = _country(new.country)
        data = {**given, "country": country} if country else given
        return await self.send(new.user_id, Event("ADD_WALLET", data), asked)

    async def send(self, user_id: str, event: Event, asked: Asked) -> Result:
        """Send an event to a user; a wallet that is added is kept in the same transaction.

        Raises:
            RoleMissing, UserNotFound, WalletTaken, IdempotencyMismatch, InstanceBusy.
            InputInvalid: the country of a wallet is none, or the database cannot keep a text of it.
        """
        if event.type != "ADD_WALLET":
            return await self._sender.send(USER, user_id, event, asked)
        _require_storable(event.data)
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            result = await self._sender.send(USER, user_id, event, asked, connection=connection)
            if result.refused is None and not result.replayed:
                await self._keep_wallet(connection, user_id, event)
        return result

    async def _keep_wallet(self, connection: Connection, user_id: str, event: Event) -> None:
        wallet = records.Wallet(
            id=str(event.data["walletId"]),
            user_id=user_id,
            address=str(event.data["address"]),
            crypto_type=str(event.data["cryptoType"]),
            country=_country(event.data.get("country")),
            added_at=self._engine.clock.now(),
        )
        if not await records.add_wallet(connection, wallet):
            message = f"another wallet has the id {wallet.id!r}"
            raise WalletTaken(message, values={"id": wallet.id})

    async def open_kyc(self, user_id: str, ends: datetime | None, asked: Asked) -> Result:
        """Let a user prove who they are, until a time where one is given.

        Raises:
            RoleMissing, UserNotFound, InputInvalid, IdempotencyMismatch.
        """
        require(asked.by, "kyc.open")
        await self._sender.require(USER, user_id, asked)
        session_id, now = id_for("kyc", asked.key), self._engine.clock.now()
        if ends is not None:
            require_end("expiresAt", ends)
        about = {"userId": user_id, "expiresAt": ends.isoformat() if ends else None}
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            number = await next_number(connection, "kyc_number")
            result = await self._engine.carry_out(
                Create(
                    chart_id="kyc",
                    instance_id=session_id,
                    root_id=user_id,
                    context={"kycSessionId": session_id, "number": number, **about},
                    request=about,
                    cause=asked.cause,
                ),
                connection=connection,
            )
            if result.refused is None and not result.replayed:
                if ends is not None:
                    require_ahead("expiresAt", ends, now)
                await records.add_kyc(connection, session_id, number, user_id, now)
        return result

    async def send_kyc(self, session_id: str, event: Event, asked: Asked) -> Result:
        """Send an event to a KYC session.

        Raises:
            RoleMissing, KycSessionNotFound, IdempotencyMismatch, InstanceBusy.
        """
        return await self._sender.send(KYC, session_id, event, asked)


async def _require_added(connection: Connection, user: records.User) -> None:
    """Store a user.

    Raises:
        UserEmailTaken: another has the address; the transaction is undone.
    """
    if not await records.add_user(connection, user):
        message = f"another user has registered with {user.email}"
        raise UserEmailTaken(message, values={"email": user.email})


def _require_storable(wallet: Mapping[str, object]) -> None:
    """Refuse texts of a wallet that its row cannot hold; that there are such texts is for the chart to see."""
    for key in ("walletId", "address", "cryptoType"):
        text = wallet.get(key)
        if isinstance(text, str) and not is_storable(text):
            said = ascii(text[:_LONGEST])
            raise InputInvalid(key, said, "text without NUL or half surrogate pairs")


def _address(email: str) -> str:
    written = email.strip().lower()
    name, at, domain = written.partition("@")
    is_whole = bool(name and at and domain) and "@" not in domain
    if not is_whole or len(written) > _LONGEST or not is_storable(written):
        raise InputInvalid("email", email[:_LONGEST], "a mail address")
    return written


def _country(country: object) -> str | None:
    if country is None:
        return None
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        raise InputInvalid("country", country, "two letters, as in ISO 3166")
    return country.upper()
