"""The Merkle tree over the links of an audit chain, in tiles, so that it grows without rehashing.

A tile is the hash of a complete subtree of 256, 256² … leaves. A root or a proof reads a few tiles
and at most 256 links for each level.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.audit import AuditEntry, ChainCut
from plumbing.checkpoints import merkle
from plumbing.checkpoints.links import leaf_of
from plumbing.database import PlumbingTable

WIDTH = 256


class AuditTile(PlumbingTable, table=True):
    """The hash, in hexadecimal, of the complete subtree number `place` of 256**level leaves."""

    __tablename__ = "audit_tile"

    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    place: int = Field(
        primary_key=True, sa_type=sa.BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    hash: str


class Tree:
    """The first `size` leaves of a chain, read in an open session."""

    def __init__(self, session: AsyncSession, size: int) -> None:
        self._session, self.size = session, size

    async def root(self) -> bytes:
        """Returns the root. Raises ChainCut if an entry is missing."""
        return await self._span(0, self.size) if self.size else merkle.EMPTY_ROOT

    async def inclusion(self, index: int) -> list[bytes]:
        """Returns the proof that the leaf at `index`, counted from 0, is in the tree."""
        low, high, path = 0, self.size, list[bytes]()
        while high - low > 1:
            middle = low + merkle.split(high - low)
            if index < middle:
                path.append(await self._span(middle, high))
                high = middle
            else:
                path.append(await self._span(low, middle))
                low = middle
        return path[::-1]

    async def consistency(self, former: int) -> list[bytes]:
        """Returns the proof that the first `former` leaves, at least 1, were not changed since."""
        low, high, path = 0, self.size, list[bytes]()
        while former != high:
            middle = low + merkle.split(high - low)
            if former <= middle:
                path.append(await self._span(middle, high))
                high = middle
            else:
                path.append(await self._span(low, middle))
                low = middle
        if low:
            path.append(await self._span(low, high))
        return path[::-1]

    async def grow(self) -> None:
        """Stores the tiles that have become complete since the tree grew last."""
        place = await self._stored()
        while (place + 1) * WIDTH <= self.size:
            await self._store(1, place)
            place += 1

    async def _stored(self) -> int:
        stored = select(sa.func.count()).where(col(AuditTile.level) == 1)
        return (await self._session.exec(stored)).one()

    async def _store(self, level: int, place: int) -> None:
        hashes = await self._hashes(level - 1, place * WIDTH, WIDTH)
        tile = AuditTile(level=level, place=place, hash=merkle.root_of(hashes).hex())
        self._session.add(tile)
        await self._session.flush()
        if (place + 1) % WIDTH == 0:
            await self._store(level + 1, place // WIDTH)

    async def _span(self, low: int, high: int) -> bytes:
        """The root over the leaves from `low` to before `high`."""
        level, unit = 0, 1
        while unit * WIDTH <= high - low:
            level, unit = level + 1, unit * WIDTH
        count, rest = divmod(high - low, unit)
        hashes = await self._hashes(level, low // unit, count)
        if rest:
            hashes.append(await self._span(high - rest, high))
        return merkle.root_of(hashes)

    async def _hashes(self, level: int, place: int, count: int) -> list[bytes]:
        found = await (self._tiles(level, place, count) if level else self._leaves(place, count))
        if len(found) != count:
            raise ChainCut(f"Entries of the audit chain before {self.size} are gone")
        return found

    async def _tiles(self, level: int, place: int, count: int) -> list[bytes]:
        of_level = (col(AuditTile.level) == level, *_between(col(AuditTile.place), place, count))
        query = select(AuditTile.hash).where(*of_level).order_by(col(AuditTile.place))
        return [bytes.fromhex(one) for one in await self._session.exec(query)]

    async def _leaves(self, place: int, count: int) -> list[bytes]:
        span = _between(col(AuditEntry.sequence), place + 1, count)
        query = select(AuditEntry.link).where(*span).order_by(col(AuditEntry.sequence))
        return [merkle.leaf_hash(leaf_of(link or "")) for link in await self._session.exec(query)]


def _between(number: Any, first: int, count: int) -> tuple[sa.ColumnElement[bool], ...]:
    return number >= first, number < first + count
