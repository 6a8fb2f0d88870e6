"""Where webhooks may go, and how they are signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address

import pytest
from standardwebhooks import Webhook

from orderwright.clock import SystemClock
from orderwright.runtime.identity import fresh_secret
from orderwright.runtime.webhook.address import AddressRefused, Resolver, is_allowed
from orderwright.runtime.webhook.schedule import ATTEMPTS, delay_after
from orderwright.runtime.webhook.signature import signed_headers

REFUSED = """
0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.255 168.63.129.16 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.192 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 240.0.0.1
255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1 fc00::1 fd00:ec2::254 fe80::1
fe80::1%eth0 ff02::1 2001::1 2001:db8::1 2002:7f00:1::1 3fff::1 100::1 5f00::1 ::127.0.0.1
""".split()


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str):
    assert not is_allowed(ip_address(address), allow_loopback=False)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "2606:4700::1111"]
)
def test_a_public_address_is_allowed(address: str):
    assert is_allowed(ip_address(address), allow_loopback=False)


def test_the_loopback_alone_is_allowed_where_the_setting_says_so():
    found = {one for one in REFUSED if is_allowed(ip_address(one), allow_loopback=True)}
    assert found == {"127.0.0.1", "127.255.255.255", "::1"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "0", "::1"]
)
async def test_another_way_to_write_the_loopback_is_refused_as_well(host: str):
    with pytest.raises(AddressRefused):
        await Resolver(allow_loopback=False).resolve(host)


def test_the_signature_is_that_of_the_specifications_own_example():
    at = datetime.fromtimestamp(1614265330, UTC)
    signed = signed_headers(
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
        at=at,
    )
    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_with_the_standard_library_for_webhooks_accepts_it():
    secret, body = fresh_secret(), '{"type":"sale.cleared","data":{"name":"Żółć"}}'
    headers = signed_headers(secret, "msg_1", body, at=SystemClock().now())
    assert Webhook(secret).verify(body, headers)["type"] == "sale.cleared"


def test_the_time_that_is_signed_does_not_depend_on_the_zone():
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    elsewhere = at.astimezone(timezone(timedelta(hours=5)))
    secret = fresh_secret()
    assert signed_headers(secret, "m", "{}", at=at) == signed_headers(
        secret, "m", "{}", at=elsewhere
    )


def test_attempts_span_days_with_some_chance_and_end():
    delays = [delay_after(attempts, "one") for attempts in range(1, ATTEMPTS)]
    total = sum(delays, timedelta())
    assert timedelta(days=2) < total < timedelta(days=5)
    assert delay_after(ATTEMPTS, "one") is None
    assert len({delay_after(3, f"name {n}") for n in range(10)}) == 10


def test_a_receivers_wish_is_heard():
    assert delay_after(1, "one", timedelta(hours=1)) == timedelta(hours=1)
    assert delay_after(9, "one", timedelta(seconds=1)) > timedelta(hours=10)
