"""The year-end adjustment of classes (R-086 to R-088, S0 附件三, C-17).

On each 31 December the class of a subject changes according to the two years that end that day; the
new class applies to the year from 1 January. No separate workflow waits for that day: every subject
under such a ruleset is due on 1 January (`Subject.next_change_on`), and the first round of
`regrade/daily` on or after that day grades it as of 1 January.

When no more subjects are due, the same round closes the year here: it writes one row and one audit
entry for each ruleset and year, with the number of subjects that moved from each class to each
class. If the machine was off, its first round closes each missed year. A year is closed once; a
later correction of its records changes grades, but not the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.texts_in_force import load as ruleset
from law.texts_in_force.model import Method, Ruleset
from plumbing import paging
from plumbing.change import Change
from plumbing.view import View
from protos.grading.v1 import assessments_pb2 as pb
from services.grading.assessments import wire
from services.grading.tables import Grade, YearEnd


async def close(change: Change, as_of: date) -> int:
    """Writes a row for every past year that is not closed yet; returns the number of new rows."""
    closed = 0
    for text in _texts():
        years = await _open_years(change.session, text.id, as_of)
        moves = await _moves(change.session, text.id, years) if years else {}
        for year in years:
            _close(change, text, year, moves.get(year, []))
        closed += len(years)
    return closed


async def list_year_ends(view: View, request: pb.ListYearEndsRequest) -> pb.ListYearEndsResponse:
    """Returns a page of the closed years, latest first, with counts for the caller's bureaus."""
    rows, order = select(YearEnd), (YearEnd.year, YearEnd.ruleset_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    year_ends = [wire.year_end(row, view.caller.covers) for row in page]
    return pb.ListYearEndsResponse(year_ends=year_ends, next_page_token=token, **count)


def _texts() -> Iterator[Ruleset]:
    return (text for text in ruleset.list_rulesets() if text.method is Method.CLASSES)


async def _open_years(session: AsyncSession, ruleset_id: str, as_of: date) -> range:
    """The years over by a day and not closed, from the first in which any subject had a class."""
    of_text = col(YearEnd.ruleset_id) == ruleset_id
    closed = select(YearEnd.year).where(of_text).order_by(col(YearEnd.year).desc()).limit(1)
    last = (await session.exec(closed)).first()
    if last is not None:
        return range(last + 1, as_of.year)
    known = select(col(Grade.in_force_from)).where(col(Grade.ruleset_id) == ruleset_id)
    first = (await session.exec(known.order_by(col(Grade.in_force_from)).limit(1))).first()
    return range(first.year if first else as_of.year, as_of.year)


def _close(change: Change, text: Ruleset, year: int, moves: list[dict[str, Any]]) -> None:
    row = YearEnd(ruleset_id=text.id, year=year, ran_at=change.at, moves=moves)
    change.session.add(row)
    object_ = f"year-end/{text.id}/{year}"
    change.audit("year_end", object_, after=_summary(row), ground=_cite(text, year))


async def _moves(
    session: AsyncSession, ruleset_id: str, years: range
) -> dict[int, list[dict[str, Any]]]:
    """The number of subjects per bureau, class before and class after, for each year.

    A class is stated anew from each 1 January, also where it stays the same.
    """
    before, after = aliased(Grade), aliased(Grade)
    until_then = sa.and_(
        col(before.subject_id) == col(after.subject_id),
        col(before.ruleset_id) == ruleset_id,
        col(before.known_to).is_(None),
        col(before.in_force_to) == col(after.in_force_from),
    )
    columns = (
        col(after.in_force_from),
        col(after.bureau),
        sa.func.coalesce(col(before.grade), sa.literal_column("''")),
        col(after.grade),
    )
    counted = (
        sa.select(*columns, sa.func.count())
        .select_from(after)
        .outerjoin(before, until_then)
        .where(
            col(after.ruleset_id) == ruleset_id,
            col(after.grade).is_not(None),
            col(after.known_to).is_(None),
            col(after.in_force_from).in_([date(year + 1, 1, 1) for year in years]),
        )
        .group_by(*columns)
        .order_by(*columns)
    )
    moves: dict[int, list[dict[str, Any]]] = {}
    for first_day, bureau, before_class, after_class, subjects in await (
        await session.connection()
    ).execute(counted):
        classes = {"before": before_class, "after": after_class}
        move = {"bureau": bureau, **classes, "subjects": subjects}
        moves.setdefault(first_day.year - 1, []).append(move)
    return moves


def _summary(row: YearEnd) -> dict[str, Any]:
    """The number of subjects from class to class over all bureaus."""
    counts: dict[str, int] = {}
    for move in row.moves:
        classes = f"{move['before'] or '-'}→{move['after']}"
        counts[classes] = counts.get(classes, 0) + move["subjects"]
    moved = sum(n for classes, n in counts.items() if classes[0] not in ("-", classes[-1]))
    return {"subjects": sum(counts.values()), "moved": moved, "moves": counts}


def _cite(text: Ruleset, year: int) -> str:
    """The articles on the change of classes, each once."""
    movements = text.at(date(year, 12, 31)).movements
    parts = (part for movement in movements for part in movement.cite.split("; "))
    return "; ".join(dict.fromkeys(parts))
