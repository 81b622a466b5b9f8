"""The year-end adjustment of classes (R-086 to R-088, S0 附件三, C-17).

Each 31 December the class of a subject moves by the two years that end that day, and holds from
1 January for the year. No workflow of its own waits for that day: every subject under such a text
is due on 1 January (`Subject.next_change_on`), and the first round of `regrade/daily` on or after
that day grades it as of 1 January. Once no subject is left due, that same round closes the year
here: one row and one audit entry per text and year, with the counts from class to class. What a
machine that was off missed is closed by its first round, year by year; what is closed is closed
once. Later corrections of a year's records change grades, never the account of the run.
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
    """Accounts for every year that is over and not yet accounted for; returns how many."""
    closed = 0
    for text in _texts():
        years = await _open_years(change.session, text.id, as_of)
        moves = await _moves(change.session, text.id, years) if years else {}
        for year in years:
            _close(change, text, year, moves.get(year, []))
        closed += len(years)
    return closed


async def list_year_ends(view: View, request: pb.ListYearEndsRequest) -> pb.ListYearEndsResponse:
    """The adjustments, the last year first, with the counts of the caller's bureaus."""
    order = (YearEnd.year, YearEnd.ruleset_id)
    page, token = await paging.page(
        view.session, request, select(YearEnd), *order, newest_first=True
    )
    year_ends = [wire.year_end(row, view.caller.covers) for row in page]
    return pb.ListYearEndsResponse(year_ends=year_ends, next_page_token=token)


def _texts() -> Iterator[Ruleset]:
    return (text for text in ruleset.list_rulesets() if text.method is Method.CLASSES)


async def _open_years(session: AsyncSession, ruleset_id: str, as_of: date) -> range:
    """The years that are over by a day, from the first in which anybody had a class."""
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
    change.audit("year_end", object_, after=_said(row), ground=_cite(text, year))


async def _moves(
    session: AsyncSession, ruleset_id: str, years: range
) -> dict[int, list[dict[str, Any]]]:
    """How many subjects of each bureau went from which class to which at the end of each year.

    The class of a year is a statement of its own from 1 January, also where it stays the same.
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
    for first, bureau, was, now, subjects in await (await session.connection()).execute(counted):
        move = {"bureau": bureau, "before": was, "after": now, "subjects": subjects}
        moves.setdefault(first.year - 1, []).append(move)
    return moves


def _said(row: YearEnd) -> dict[str, Any]:
    """The counts over all bureaus, from class to class."""
    counts: dict[str, int] = {}
    for one in row.moves:
        move = f"{one['before'] or '-'}→{one['after']}"
        counts[move] = counts.get(move, 0) + one["subjects"]
    moved = sum(n for move, n in counts.items() if move[0] not in ("-", move[-1]))
    return {"subjects": sum(counts.values()), "moved": moved, "moves": counts}


def _cite(text: Ruleset, year: int) -> str:
    """The articles on the movement of classes, each once."""
    parts = (part for one in text.at(date(year, 12, 31)).movements for part in one.cite.split("; "))
    return "; ".join(dict.fromkeys(parts))
