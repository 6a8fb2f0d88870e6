"""Receipts of payments: a PDF or a picture that shows that money was paid.

What a file is, its content says and never its name. It is given back only through a link that names the payment, the
person and an end, signed with a key of the database; the person has to be signed in as well, and still allowed.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from orderwright.app import payment_records as records
from orderwright.app.file_kind import kind_of
from orderwright.app.permissions import Identity, require
from orderwright.app.signing import signing_key
from orderwright.errors import AccessDenied, NotFound
from orderwright.runtime.once import is_replay

if TYPE_CHECKING:
    from orderwright.app.orders import Asked
    from orderwright.app.receipt_store import ReceiptStore
    from orderwright.clock import Clock
    from orderwright.runtime.pool import Pool

LINK_LIFE: Final = timedelta(minutes=10)
"""How long a link opens."""

_KEY: Final = "receipt"


class ReceiptNotFound(NotFound):
    """The payment has no receipt."""

    code = "receipt.not_found"


class ReceiptLinkInvalid(AccessDenied):
    """The link has ended, was made for somebody else, or was not made here."""

    code = "receipt.link_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt as it is given back."""

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What opens a receipt for a person until it ends."""

    payment_id: str
    expires_at: datetime
    signature: str


class Receipts:
    """Takes receipts and gives them back."""

    def __init__(self, pool: Pool, clock: Clock, store: ReceiptStore) -> None:
        self._pool = pool
        self._clock = clock
        self._store = store

    def admit(self, by: Identity) -> None:
        """Let only those go on who may upload receipts, before anything of one is read.

        Raises:
            RoleMissing: the person may not.
        """
        require(by, "receipt.upload")

    async def upload(self, payment_id: str, content: bytes, asked: Asked) -> str:
        """Keep the receipt of a payment in place of an earlier one, and return its media type.

        Earlier ones stay in the storage, where auditors find them. Asked again under its key, it takes the place of
        none that came later.

        Raises:
            RoleMissing, PaymentNotFound, InputInvalid, ReceiptStoreFailed, IdempotencyMismatch.
        """
        self.admit(asked.by)
        media_type, ending = kind_of(content)
        await self._require_sight(asked.by, payment_id)
        digest = hashlib.sha256(content).hexdigest()
        place = self._store.place(f"receipts/{payment_id}/{digest}.{ending}")
        await self._store.put(place.key, content, media_type)
        row = (payment_id, place.bucket, place.key, place.url, media_type)
        request = ("receipt.upload", payment_id, digest)
        async with self._pool.acquire() as connection, connection.transaction():
            if not await is_replay(connection, asked.key, request, at=self._clock.now()):
                await connection.execute(_SET, *row)
        return media_type

    async def link(self, payment_id: str, by: Identity) -> Link:
        """Return a link to the receipt of a payment, for this person.

        Raises:
            RoleMissing, PaymentNotFound.
        """
        require(by, "receipt.read")
        await self._require_sight(by, payment_id)
        ends = (self._clock.now() + LINK_LIFE).replace(microsecond=0)
        async with self._pool.acquire() as connection:
            key = await signing_key(connection, _KEY, self._clock.now())
        return Link(
            payment_id=payment_id, expires_at=ends, signature=_sign(key, payment_id, by, ends)
        )

    async def open(self, payment_id: str, expires: int, signature: str, by: Identity) -> Receipt:
        """Return the receipt that a link leads to.

        Args:
            payment_id: whose receipt.
            expires: the end of the link, in seconds since 1970.
            signature: of the link.
            by: who is signed in.

        Raises:
            RoleMissing, PaymentNotFound, ReceiptLinkInvalid, ReceiptNotFound, ReceiptStoreFailed.
        """
        require(by, "receipt.read")
        async with self._pool.acquire() as connection:
            key = await signing_key(connection, _KEY, self._clock.now())
            row = await connection.fetchrow(_GET, payment_id)
        await self._require_link(key, payment_id, expires, signature, by)
        await self._require_sight(by, payment_id)
        if row is None or row["receipt_key"] is None:
            raise ReceiptNotFound(f"payment {payment_id} has no receipt")
        stored, media_type = row["receipt_key"], row["receipt_type"]
        name = f"receipt-{payment_id}.{stored.rpartition('.')[2]}"
        return Receipt(content=await self._store.get(stored), media_type=media_type, name=name)

    async def _require_link(
        self, key: bytes, payment_id: str, expires: int, signature: str, by: Identity
    ) -> None:
        now = int(self._clock.now().timestamp())
        is_running = now <= expires <= now + int(LINK_LIFE.total_seconds())
        if is_running:
            expected = _sign(key, payment_id, by, datetime.fromtimestamp(expires, UTC))
            if hmac.compare_digest(signature.encode(), expected.encode()):
                return
        raise ReceiptLinkInvalid("this link does not open anything any more; ask for a new one")

    async def _require_sight(self, by: Identity, payment_id: str) -> None:
        async with self._pool.acquire() as connection:
            customer = await records.customer_of_payment(connection, payment_id)
        if customer is None or not by.sees(customer):
            raise records.PaymentNotFound(
                f"nothing here has the id {payment_id!r}", values={"id": payment_id}
            )


def _sign(key: bytes, payment_id: str, by: Identity, ends: datetime) -> str:
    text = f"{payment_id}\n{by.id}\n{int(ends.timestamp())}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


_SET: Final = """
update orderwright.payment
set receipt_bucket = $2, receipt_key = $3, receipt_url = $4, receipt_type = $5 where id = $1
"""
_GET: Final = "select receipt_key, receipt_type from orderwright.payment where id = $1"
