"""A webhook connects to the address that was checked, and still asks for the certificate of the name."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from parcel import START
from receiver import receiving

from orderwright.runtime.webhook.post import Answer, Postman

FOLDER = Path(__file__).with_name("tls")


@pytest.fixture
def asked() -> list[str | None]:
    """The names that clients have asked a certificate for."""
    return []


async def _post(host: str, certificate: str, asked: list[str | None]) -> Answer:
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(FOLDER / f"{certificate}.pem")
    serving.sni_callback = lambda _socket, name, _context: asked.append(name)
    trusted = ssl.create_default_context(cafile=str(FOLDER / f"{certificate}.pem"))
    async with receiving(serving) as receiver:
        url = f"https://{host}:{urlsplit(receiver.url).port}/"
        postman = Postman(allow_loopback=True, trusted=trusted)
        answer = await postman.post(url, "{}", {}, now=START)
        await postman.close()
        assert len(receiver.received) == (answer.status == 204)
    return answer


async def test_the_certificate_of_the_name_is_accepted(asked: list[str | None]):
    answer = await _post("localhost", "localhost", asked)

    assert (answer.status, answer.error) == (204, None)
    assert asked == ["localhost"]


async def test_the_certificate_of_another_name_is_refused(asked: list[str | None]):
    answer = await _post("localhost", "elsewhere", asked)

    assert answer.status is None
    assert "certificate is not valid for 'localhost'" in answer.error
