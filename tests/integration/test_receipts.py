"""Receipts through HTTP: what is taken, where it lies, and who gets it back until when."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from acceptance.harness import PASSWORD
from orderwright import Orderwright
from orderwright.api.server import create_server
from orderwright.app.file_kind import LARGEST_FILE
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.payments import NewPayment
from orderwright.app.permissions import Identity, Role
from orderwright.app.receipts import LINK_LIFE
from orderwright.app.settings import Settings
from orderwright.clock import DrivenClock

ADMIN = Asked(by=Identity(id="admin", login="admin", name="Admin", roles=frozenset({Role.ADMIN})))
PDF = b"%PDF-1.7 paid"
PNG = b"\x89PNG\r\n\x1a\n picture"
JPEG = b"\xff\xd8\xff\xe0 picture"
RECEIPT = "query ($id: ID!) { payment(id: $id) { receipt { type url } } }"


class House:
    """An application behind HTTP with a payment of bob's."""

    def __init__(self, app: Orderwright, payment_id: str, folder: Path) -> None:
        self.app, self.payment_id, self.folder = app, payment_id, folder

    @asynccontextmanager
    async def enter(self, login: str | None) -> AsyncIterator[httpx.AsyncClient]:
        server = create_server(self.app, console=None, with_worker=False)
        transport = httpx.ASGITransport(server)
        async with httpx.AsyncClient(transport=transport, base_url="http://house") as http:
            if login is not None:
                body = {"login": login, "password": PASSWORD}
                assert (await http.post("/api/v1/session", json=body)).status_code == 200
            yield http

    async def upload(
        self, http: httpx.AsyncClient, content: bytes, name: str = "receipt.exe", **headers: str
    ) -> httpx.Response:
        form = {"data": {"paymentId": self.payment_id}, "files": {"file": (name, content)}}
        return await http.post("/payments/receipts", headers=headers, **form)

    async def link(self, http: httpx.AsyncClient) -> str | None:
        asked = {"query": RECEIPT, "variables": {"id": self.payment_id}}
        shown = (await http.post("/graphql", json=asked)).json()["data"]["payment"]
        return shown["receipt"]["url"] if shown and shown["receipt"] else None

    def wait(self, span: timedelta) -> None:
        assert isinstance(self.app.clock, DrivenClock)
        self.app.clock.advance(span)


@asynccontextmanager
async def opened(url: str, folder: Path, **more: str) -> AsyncIterator[House]:
    clock = DrivenClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    chosen = Settings(home=folder, **more)
    async with Orderwright.connect(url, settings=chosen, clock=clock) as app:
        lines = [{"sku": "ANVIL", "quantity": 1, "unitPrice": "100.00"}]
        terms = NewTerms(customer_id="bob", channel="CONSUMER", currency="EUR", lines=lines)
        order_id = (await app.orders.create_order(terms, ADMIN)).instance_id
        new = NewPayment(order_id=order_id, amount="100.00", currency="EUR", method="TRANSFER")
        payment_id = (await app.payments.register_consumer(new, ADMIN)).instance_id
        yield House(app, payment_id, folder)


@pytest.fixture
async def house(furnished_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(furnished_url, tmp_path) as one:
        yield one


async def test_a_receipt_that_is_uploaded_again_under_its_key_takes_the_place_of_none(
    house: House,
):
    key = {"Idempotency-Key": "k1"}
    async with house.enter("bob") as bob:
        assert (await house.upload(bob, PDF, **key)).status_code == 201
        assert (await house.upload(bob, PNG)).status_code == 201
        again = await house.upload(bob, PDF, **key)
        assert (again.status_code, again.json()["type"]) == (201, "application/pdf")
        assert (await bob.get(await house.link(bob))).content == PNG
        other = await house.upload(bob, JPEG, **key)
        assert (other.status_code, other.json()["code"]) == (409, "idempotency.mismatch")


async def test_what_a_receipt_is_its_content_says_and_never_its_name(house: House):
    async with house.enter("bob") as bob:
        for content, media_type in ((PDF, "pdf"), (PNG, "png"), (JPEG, "jpeg")):
            answer = await house.upload(bob, content)
            assert answer.status_code == 201
            assert answer.json()["type"].endswith(media_type)
            link = await house.link(bob)
            assert link is not None
            given = await bob.get(link)
            assert (given.content, given.headers["content-type"]) == (
                content,
                answer.json()["type"],
            )
            assert given.headers["content-disposition"].startswith("attachment")
        for content in (b"", b"MZ program", b"<svg onload=alert(1)>", b"GIF89a", b" %PDF-1.7"):
            refused = await house.upload(bob, content, "receipt.pdf")
            assert (refused.status_code, refused.json()["values"]["field"]) == (422, "file")
        largest = await house.upload(bob, PDF.ljust(LARGEST_FILE))
        assert largest.status_code == 201
        larger = await house.upload(bob, PDF.ljust(LARGEST_FILE + 1))
        assert larger.status_code == 422
        assert (await house.upload(bob, PDF.ljust(LARGEST_FILE + 2**17))).status_code == 413
        assert (await bob.post("/payments/receipts", data={"file": "x"})).status_code == 422
    row = await house.app.pool.fetchrow("select * from orderwright.payment")
    assert row["receipt_bucket"] == "local"
    assert (house.folder / "receipts" / row["receipt_key"]).stat().st_size == LARGEST_FILE
    assert row["receipt_url"].startswith("file:///")


async def test_only_who_may_and_sees_the_payment_uploads_and_opens_until_the_link_ends(
    house: House,
):
    async with house.enter(None) as nobody, house.enter("bob") as bob:
        assert (await house.upload(nobody, PDF)).status_code == 401
        assert (await house.upload(bob, PDF)).status_code == 201
        link = str(await house.link(bob))
        async with house.enter("auditor") as auditor, house.enter("admin") as admin:
            assert (await house.upload(auditor, PDF)).status_code == 403
            assert await house.link(auditor) is None
            for stranger, status in ((nobody, 401), (auditor, 403), (admin, 403)):
                assert (await stranger.get(link)).status_code == status
            assert (await admin.get(str(await house.link(admin)))).content == PDF
        forged = link.replace("signature=", "signature=0")
        later = link.replace("expires=17", "expires=18")
        for wrong in (forged, later):
            answer = await bob.get(wrong)
            assert (answer.status_code, answer.json()["code"]) == (403, "receipt.link_invalid")
        house.wait(LINK_LIFE)
        assert (await bob.get(link)).status_code == 200
        house.wait(timedelta(seconds=1))
        assert (await bob.get(link)).json()["code"] == "receipt.link_invalid"


async def test_somebody_elses_payment_is_as_if_it_were_not_there(house: House):
    await house.app.people.enrol("ada", "Ada", PASSWORD, [Role.CUSTOMER], customer_id="ada")
    async with house.enter("ada") as ada:
        answer = await house.upload(ada, PDF)
        assert (answer.status_code, answer.json()["code"]) == (404, "payment.not_found")
        assert await house.link(ada) is None


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """S3 as moto speaks it, with the bucket `receipts`."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # The first request imports all of moto's S3, uncompiled where the environment is new.
    assert httpx.put(f"{url}/receipts", timeout=60).status_code == 200
    yield url
    server.stop()


async def test_receipts_lie_in_a_bucket_where_one_is_set(
    furnished_url: str, tmp_path: Path, s3: str
):
    more = {
        "receipt_bucket": "receipts",
        "receipt_s3_endpoint": s3,
        "receipt_s3_region": "us-east-1",
        "receipt_s3_access_key": "testing",
        "receipt_s3_secret_key": "testing-key",
    }
    async with opened(furnished_url, tmp_path, **more) as house, house.enter("admin") as admin:
        assert (await house.upload(admin, JPEG)).status_code == 201
        link = str(await house.link(admin))
        assert (await admin.get(link)).content == JPEG
        row = await house.app.pool.fetchrow("select * from orderwright.payment")
        assert row["receipt_url"] == f"s3://receipts/{row['receipt_key']}"
        assert not (tmp_path / "receipts").exists()
        async with httpx.AsyncClient(timeout=30) as moto:
            assert (await moto.post(f"{s3}/moto-api/reset")).status_code == 200
        lost = await admin.get(link)
        assert (lost.status_code, lost.json()["code"]) == (502, "receipt.store_failed")
