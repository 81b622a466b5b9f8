"""Reads what was recorded in the hours of many verifications, with a few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from law.laboratories import Reading
from plumbing.chunks import chunks
from services.registry.laboratories.tables import EnvironmentRecord

SPANS_IN_QUERY = 100
# Hours nearer than this to each other are read at once: to read those between costs less than to
# ask once more.
_NEAR = timedelta(days=1)
_COLUMNS: tuple[Any, ...] = (
    EnvironmentRecord.laboratory_id,
    EnvironmentRecord.hour,
    EnvironmentRecord.temperature,
    EnvironmentRecord.humidity,
)


@dataclass(frozen=True)
class Hours:
    """The hours in which a verification was done, and the laboratory; empty if none is on file."""

    verification_id: str
    laboratory_id: str
    hours: Sequence[datetime]


@dataclass(frozen=True)
class _Span:
    laboratory_id: str
    first: datetime
    last: datetime


async def readings_of(
    session: AsyncSession, wanted: Sequence[Hours]
) -> dict[str, Sequence[Reading]]:
    """Returns what was recorded in the hours of verifications, by verification."""
    recorded = defaultdict[tuple[str, datetime], list[Reading]](list)
    for spans in chunks(_spans(wanted), SPANS_IN_QUERY):
        rows: Any = sa.select(*_COLUMNS).where(sa.or_(*map(_within, spans)))
        for laboratory_id, hour, temperature, humidity in await session.exec(rows):
            recorded[laboratory_id, hour].append(Reading(hour, temperature, humidity))
    return {
        one.verification_id: [
            reading for hour in one.hours for reading in recorded.get((one.laboratory_id, hour), ())
        ]
        for one in wanted
    }


def _within(span: _Span) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(EnvironmentRecord.laboratory_id) == span.laboratory_id,
        col(EnvironmentRecord.hour) >= span.first,
        col(EnvironmentRecord.hour) <= span.last,
    )


def _spans(wanted: Iterable[Hours]) -> list[_Span]:
    """The hours as few spans: of one laboratory, those that are near to each other are one."""
    spans = list[_Span]()
    every = [
        (one.laboratory_id, one.hours[0], one.hours[-1]) for one in wanted if one.laboratory_id
    ]
    for laboratory_id, first, last in sorted(every):
        before = spans[-1] if spans else None
        if before and before.laboratory_id == laboratory_id and first - before.last <= _NEAR:
            spans[-1] = _Span(laboratory_id, before.first, max(before.last, last))
        else:
            spans.append(_Span(laboratory_id, first, last))
    return spans
