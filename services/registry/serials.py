"""Marks the instruments whose serial number occurs more than once, or is no number such as 无.

Such a number is not refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.identity import serial_key
from plumbing.chunks import chunks
from plumbing.events.leadership import exclusively
from services.registry.tables import Instrument

Serial = tuple[str, str]  # type code, serial number as it is compared
SERIALS_IN_QUERY = 400


def serial_of(row: Instrument) -> Serial:
    """Returns the type code and the serial number, as it is compared, of an instrument."""
    return row.type_code, row.serial_key


def set_key(row: Instrument) -> None:
    """Sets the serial number as it is compared; marks the instrument if it has no number."""
    row.serial_key = serial_key(row.serial_no)
    row.repeated_serial = row.repeated_serial or not row.serial_key


def right_to_mark(type_code: str) -> str:
    """Returns the name of the work that only one transaction at a time does for a type."""
    return f"serials of {type_code}"


async def counts(session: AsyncSession, touched: Collection[Serial]) -> Counter[Serial]:
    """Returns how many instruments on file have each of these numbers."""
    found: Counter[Serial] = Counter()
    for type_code, serial_nos in _portions(touched):
        query = select(col(Instrument.serial_key)).where(
            Instrument.type_code == type_code,
            col(Instrument.serial_key).in_(serial_nos),
            sa.not_(col(Instrument.removed)),
        )
        found.update((type_code, key) for key in await session.exec(query))
    return found


async def update_marks(session: AsyncSession, touched: Collection[Serial]) -> list[Instrument]:
    """Sets or clears the mark of a repeated serial number on the instruments with these numbers.

    Returns the instruments whose mark changed.
    """
    changed: list[Instrument] = []
    for type_code, serial_nos in _portions(touched):
        # Of two new instruments with one serial number, the later one must see the earlier.
        await exclusively(session, right_to_mark(type_code))
        # One type at a time: given a list of pairs, SQLite would read the whole table.
        query = select(Instrument).where(
            Instrument.type_code == type_code,
            col(Instrument.serial_key).in_(serial_nos),
            sa.not_(col(Instrument.removed)),
        )
        rows = (await session.exec(query.with_for_update())).all()
        counts = Counter(map(serial_of, rows))
        wrong = [row for row in rows if row.repeated_serial != (counts[serial_of(row)] > 1)]
        for row in wrong:
            row.repeated_serial = not row.repeated_serial
        changed += wrong
    return changed


def _portions(touched: Iterable[Serial]) -> Iterator[tuple[str, list[str]]]:
    numbered = sorted(serial for serial in touched if serial[1])
    for type_code, serials in groupby(numbered, key=itemgetter(0)):
        serial_nos = [serial_no for _, serial_no in serials]
        for chunk in chunks(serial_nos, SERIALS_IN_QUERY):
            yield type_code, chunk
