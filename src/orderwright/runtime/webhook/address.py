"""Where a webhook may go: public addresses only, so that nobody can make us call what stands behind our walls.

A name is resolved once; if any of its addresses is refused, all are. The request then goes to the address that was
checked and not to the name, which could mean something else a moment later.

For IPv4 the special ranges are refused; for IPv6 all but global unicast, and in that what carries IPv4 addresses
inside. Source: the IANA special-purpose address registries; 168.63.129.16 is Azure's host, a public address.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from orderwright.errors import RefusedError
from orderwright.runtime.thread import in_thread

Address: TypeAlias = IPv4Address | IPv6Address

_REFUSED: Final = tuple(
    ip_network(one)
    for one in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24"
        " 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4"
        " 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 3fff::/20"
    ).split()
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class AddressRefused(RefusedError):
    """A webhook is not sent to this address."""

    code = "webhook.address_refused"


def is_allowed(address: Address, *, allow_loopback: bool) -> bool:
    """Tell whether a webhook may go to an address."""
    if any(address in network for network in _LOOPBACK):
        return allow_loopback
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _REFUSED)


def literal(host: str) -> Address | None:
    """Return the address that a host is written as; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


class Resolver:
    """Finds the address to connect to; a name server that does not answer holds up its own names alone.

    A lookup blocks for as long as it likes, and whoever gives it up does not end it. So each has a thread of its own,
    which no other name needs; and no name has two at once: who asks for one that is being looked up waits for that.
    """

    def __init__(self, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback
        self._lookups: dict[str, asyncio.Task[list[Address]]] = {}

    async def resolve(self, host: str) -> Address:
        """Return the address to connect to.

        Raises:
            AddressRefused: the host means an address that webhooks may not go to.
            OSError: the host means nothing.
        """
        lookup = self._lookups.get(host) or self._begin(host)
        # Not the lookup itself: others wait on when this is cancelled.
        await asyncio.wait([lookup])
        addresses = lookup.result()
        for address in addresses:
            require_allowed(address, allow_loopback=self._allow_loopback)
        return addresses[0]

    def close(self) -> None:
        """Leave behind what is still being looked up."""
        for lookup in self._lookups.values():
            lookup.cancel()

    def _begin(self, host: str) -> asyncio.Task[list[Address]]:
        lookup = asyncio.create_task(in_thread(partial(_look_up, host), name=f"look up {host}"))
        self._lookups[host] = lookup
        lookup.add_done_callback(partial(self._forget, host))
        return lookup

    def _forget(self, host: str, lookup: asyncio.Task[list[Address]]) -> None:
        del self._lookups[host]
        if not lookup.cancelled():
            lookup.exception()  # or asyncio complains of it where nobody waits any more


def require_allowed(address: Address, *, allow_loopback: bool) -> None:
    """Raise `AddressRefused` unless a webhook may go to an address."""
    if not is_allowed(address, allow_loopback=allow_loopback):
        raise AddressRefused(
            f"{address} is not a public address", values={"address": str(address)}
        )


def _look_up(host: str) -> list[Address]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [ip_address(sockaddr[0]) for *_, sockaddr in found]
