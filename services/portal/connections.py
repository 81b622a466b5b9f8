"""Bounds what the connections of one address can hold of the portal.

Of one address only so many connections stay open; a further one ends the one that has been idle
for longest. A browser opens it again unnoticed, so people behind one address do not shut each other
out. A connection on which no request is complete in time is closed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from plumbing.addresses import names_in

CONNECTIONS_OF_ONE = 100
HEADER_SECONDS = 30.0  # until the header of a request is complete
_SUBSCRIBER_BITS = 64  # of an IPv6 address, which one subscriber has for themselves


class Networks:
    """Addresses and networks such as 10.244.0.0/16, with commas between; holds those of a host."""

    def __init__(self, text: str) -> None:
        self._networks = [ip_network(one, strict=False) for one in names_in(text)]

    def __contains__(self, host: object) -> bool:
        try:
            address = ip_address(str(host))
        except ValueError:
            return False
        return any(address in network for network in self._networks)


@dataclass
class Bounds:
    """The bounds of the connections of each address, and the connections that are open.

    Addresses of `proxies` stand for many people and have no bound on their number.
    """

    proxies: Container[str] = ()
    most: int = CONNECTIONS_OF_ONE
    seconds: float = HEADER_SECONDS
    open: dict[str, dict[_Connection, None]] = field(default_factory=lambda: defaultdict(dict))


def peer_of(host: str) -> str:
    """Returns the address that is counted: of IPv6, the network of one subscriber."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address) or address.ipv4_mapped:
        return str(getattr(address, "ipv4_mapped", None) or address)
    return str(IPv6Address(int(address) >> _SUBSCRIBER_BITS << _SUBSCRIBER_BITS))


class _Connection(H11Protocol):
    """A connection of the portal; the last to be used stands last among those of its address."""

    bounds: Bounds
    _peer = ""
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = peer_of(self.client[0]) if self.client else ""
        others = self.bounds.open[self._peer]
        if len(others) >= self.bounds.most and self._peer not in self.bounds.proxies:
            idle = next((other for other in others if other.is_idle), self)
            idle.transport.abort()
        others[self] = None
        self._await_request()

    @property
    def is_idle(self) -> bool:
        """Whether the connection is open and no request on it is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        return (cycle is None or cycle.response_complete) and not self.transport.is_closing()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        others = self.bounds.open[self._peer]
        others.pop(self, None)
        others[self] = None
        self._await_request()

    def _await_request(self) -> None:
        if not self.is_idle:
            self._stop_waiting()
        elif self._waiting is None:
            self._waiting = self.loop.call_later(self.bounds.seconds, self._too_late)

    def _too_late(self) -> None:
        self._waiting = None
        if self.is_idle and self.timeout_keep_alive_task is None:
            self.transport.abort()

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()
        others = self.bounds.open[self._peer]
        others.pop(self, None)
        if not others:
            del self.bounds.open[self._peer]


def protocol(bounds: Bounds) -> type[H11Protocol]:
    """Returns the protocol with which a server keeps these bounds."""
    return type("BoundedConnection", (_Connection,), {"bounds": bounds})
