"""Delays for whoever tries too often, by name and by network address.

Each try is counted for the name at the address, for the name from all addresses together, and for
the address with all names together. Above a free number of tries each further one has to wait,
longer each time. Who signed in from an address before is known there: what is tried elsewhere, or
in other names, never makes them wait. Times are machine time, so that moving a sandbox's clock
shortens no wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import WrongState
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.events.leadership import exclusively
from services.registry.identity.tables import KnownSource, Tries

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
FORGET, FORGET_SOURCE = timedelta(hours=1), timedelta(days=90)
ANY = "*"  # all names, or all addresses
_DOUBLINGS = 8  # more are beyond the longest wait


@dataclass(frozen=True)
class Limit:
    """The free numbers of tries in a row, before each further one has to wait."""

    at_source: int  # of one name from one address
    of_name: int  # of one name from all addresses
    of_source: int  # of all names from one address


SIGN_IN = Limit(at_source=5, of_name=20, of_source=100)
MAIL = Limit(at_source=3, of_name=6, of_source=30)
APPLICATION = Limit(at_source=5, of_name=10, of_source=30)


class Throttle:
    """Counts tries and tells how long the next one has to wait; `kind` keeps counts apart."""

    def __init__(self, database: Database, clock: Clock, kind: str, limit: Limit) -> None:
        self._database, self._clock, self._kind = database, clock, kind
        self._limit = limit

    async def require_patience(self, name: str, source: str) -> None:
        """Raises WrongState, with the seconds left, while the next try has to wait."""
        async with self._database.snapshot() as session:
            left = max([await self._wait(session, *place) for place in self._places(name, source)])
        if left > timedelta(0):
            raise too_often(left)

    async def count(self, name: str, source: str) -> None:
        """Counts one try."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            # Otherwise two first tries at once would both count as the first.
            await exclusively(session, "tries")
            await session.exec(sa.delete(Tries).where(col(Tries.last_at) < now - FORGET))
            for key, place, _ in self._places(name, source):
                row = await session.get(Tries, (key, place), with_for_update=True)
                times = row.times + 1 if row else 1
                await session.merge(Tries(name=key, source=place, times=times, last_at=now))

    async def forget(self, name: str, source: str) -> None:
        """Forgets the tries of a name from an address, because one of them was right."""
        keys = (self._key(name), source), (self._key(name), ANY)
        async with self._database.transaction() as session:
            await session.exec(
                sa.delete(Tries).where(sa.tuple_(col(Tries.name), col(Tries.source)).in_(keys))
            )

    async def times(self, name: str, source: str) -> int:
        """Returns the number of tries of a name from an address that are not forgotten."""
        async with self._database.snapshot() as session:
            row = await session.get(Tries, (self._key(name), source))
        return row.times if row and self._clock.now() < row.last_at + FORGET else 0

    def _places(self, name: str, source: str) -> list[tuple[str, str, int]]:
        key, limit = self._key(name), self._limit
        return [
            (key, source, limit.at_source),
            (key, ANY, limit.of_name),
            (self._key(ANY), source, limit.of_source),
        ]

    def _key(self, name: str) -> str:
        return f"{self._kind}/{name}"

    async def _wait(self, session: AsyncSession, key: str, source: str, free: int) -> timedelta:
        row = await session.get(Tries, (key, source))
        if row is None or row.times < free:
            return timedelta(0)
        doublings = min(row.times - free, _DOUBLINGS)
        wait = min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
        ends: datetime = row.last_at + wait
        left: timedelta = min(ends - self._clock.now(), wait)  # also where the clock was set back
        return left


def too_often(left: timedelta) -> WrongState:
    """Returns the error for a try that has to wait for the time `left`."""
    seconds = max(1, round(left.total_seconds()))
    long = seconds >= 60
    zh = f"{-(-seconds // 60)} 分钟" if long else f"{seconds} 秒"
    en = f"{-(-seconds // 60)} min" if long else f"{seconds} s"
    return WrongState(
        f"尝试次数过多，请 {zh}后再试",
        f"Too many tries; try again in {en}",
        retry_after_seconds=str(seconds),
    )


class KnownSources:
    """The network addresses from which each account signed in within the last 90 days."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def has(self, account_id: str, source: str) -> bool:
        """Returns whether an account signed in from an address before."""
        async with self._database.snapshot() as session:
            row = await session.get(KnownSource, (account_id, source))
        return row is not None and self._clock.now() < row.last_at + FORGET_SOURCE

    async def note(self, account_id: str, source: str) -> None:
        """Notes that an account signed in from an address, and forgets addresses of old."""
        now = self._clock.now()
        old = col(KnownSource.last_at) < now - FORGET_SOURCE
        async with self._database.transaction() as session:
            await session.exec(sa.delete(KnownSource).where(old))
            await session.merge(KnownSource(account_id=account_id, source=source, last_at=now))

    async def forget(self, account_id: str) -> None:
        """Forgets every address of an account."""
        async with self._database.transaction() as session:
            known = select(KnownSource).where(KnownSource.account_id == account_id)
            for row in await session.exec(known):
                await session.delete(row)


def network_of(address: str) -> str:
    """Returns the address as tries are counted by it: an IPv6 network of 64 bits counts as one."""
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(read, IPv6Address):
        mapped = read.ipv4_mapped
        return str(mapped) if mapped else f"{IPv6Address(int(read) >> 64 << 64)}/64"
    return str(read)
