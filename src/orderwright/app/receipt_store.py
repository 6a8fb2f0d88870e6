"""Where receipts lie: in object storage, by default a folder of this machine, else a bucket of S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from orderwright.errors import Gateway

if TYPE_CHECKING:
    from pathlib import Path

    from orderwright.app.settings import Settings

_LOCAL: Final = "local"

_Store: TypeAlias = LocalStore | S3Store


class ReceiptStoreFailed(Gateway):
    """The object storage did not do what it was asked."""

    code = "receipt.store_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an object lies; `url` names it for operators and opens it to nobody."""

    bucket: str
    key: str
    url: str


class ReceiptStore:
    """Keeps objects by key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bucket = settings.receipt_bucket or _LOCAL
        self._opened: _Store | None = None

    def place(self, key: str) -> Place:
        """Return where the object of a key lies."""
        if self._settings.receipt_bucket is None:
            url = (self._folder / key).resolve().as_uri()
        else:
            url = f"s3://{self._bucket}/{key}"
        return Place(bucket=self._bucket, key=key, url=url)

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        """Store an object.

        Raises:
            ReceiptStoreFailed: the storage does not take it.
        """
        # A local store keeps no attributes; the type is kept in the database as well.
        attributes = {} if self._settings.receipt_bucket is None else {"Content-Type": media_type}
        try:
            await self._store.put_async(key, content, attributes=attributes)
        except BaseError as error:
            raise _failed("store") from error

    async def get(self, key: str) -> bytes:
        """Return an object.

        Raises:
            ReceiptStoreFailed: the storage does not give it.
        """
        try:
            found = await self._store.get_async(key)
            return bytes(await found.bytes_async())
        except (BaseError, FileNotFoundError) as error:
            raise _failed("give back") from error

    @property
    def _folder(self) -> Path:
        return self._settings.home / "receipts"

    @property
    def _store(self) -> _Store:
        """The store, opened when it is needed first: most processes never do."""
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> _Store:
        chosen = self._settings
        if chosen.receipt_bucket is None:
            return LocalStore(self._folder, mkdir=True)
        endpoint = chosen.receipt_s3_endpoint
        is_plain = endpoint is not None and endpoint.startswith("http://")
        given = {
            "region": chosen.receipt_s3_region,
            "endpoint": endpoint,
            "access_key_id": chosen.receipt_s3_access_key,
            "secret_access_key": chosen.receipt_s3_secret_key,
        }
        config = {name: value for name, value in given.items() if value is not None}
        return S3Store(
            chosen.receipt_bucket,
            client_options={"allow_http": is_plain},
            **config,  # type: ignore[arg-type]
        )


def _failed(what: str) -> ReceiptStoreFailed:
    return ReceiptStoreFailed(f"the object storage did not {what} the receipt; try again")
