"""The colour board: instruments counted by bureau, type and colour, and by week of their last day.

The counts are those of the list of colours on the same day: each number has a list behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from law.colours.rule import Colour
from law.disclosure.rule import may_list_openly
from law.errors import NotFound
from law.evidence import SubjectKind
from law.instruments import catalogue
from plumbing import row_scope
from plumbing.identity import Role
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.board_groups import count_groups
from services.alerts.board_parts import BoardParts, Part, Place, count_parts
from services.alerts.instrument_filters import colour_in_sql
from services.alerts.lateness import count_late
from services.alerts.queries import scope
from services.alerts.tables import ON_FILE, BoardPart, Instrument, Subject

_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
_SHOWN_WEEKS = 8


async def get_colour_board(
    view: View, request: pb.GetColourBoardRequest, parts: BoardParts
) -> pb.GetColourBoardResponse:
    """Counts the instruments within the caller's scope today.

    They are counted by bureau, type and colour, and, where a date decides the colour, by the week
    in which they are valid for the last time, of each type too if the request asks for it. Counts
    of whole bureaus come from `parts`. A request may ask for one further grouping.
    """
    ends = _sundays(view, request.weeks or _SHOWN_WEEKS)
    if request.subject_id or view.caller.has(Role.OPERATOR):
        counted = await _of_subject(view, request)
    else:
        counted = await parts.read(view, request.bureau)
    return pb.GetColourBoardResponse(
        on=view.today.isoformat(),
        counts=[
            pb.BoardCount(bureau=bureau, type_code=kind, colour=colour, instruments=number)
            for (bureau, kind), part in sorted(counted.items())
            for colour, number in sorted(part.colours(view.today).items())
        ],
        weeks=_weeks(view, ends, counted.values()),
        types=_types(view, ends, counted) if request.by_type else (),
        groups=await count_groups(view, request),
        late=await _late(view, request, counted.values()),
    )


async def _late(
    view: View, request: pb.GetColourBoardRequest, parts: Iterable[Part]
) -> list[pb.LateTotal]:
    reds = sum(part.colours(view.today).get(Colour.RED, 0) for part in parts)
    return await count_late(
        view, reds, scope(view.caller, Instrument, request.bureau, request.subject_id)
    )


async def _of_subject(view: View, request: pb.GetColourBoardRequest) -> dict[Place, Part]:
    """The few instruments of one subject, counted anew."""
    scoped = scope(view.caller, Instrument, request.bureau, request.subject_id)
    return await count_parts(view, (sa.text(ON_FILE), *scoped))


def _sundays(view: View, weeks: int) -> list[date]:
    monday = view.today - view.today.weekday() * _DAY
    return [monday + _WEEK * n - _DAY for n in range(1, weeks + 1)]


def _weeks(view: View, ends: Sequence[date], parts: Iterable[Part]) -> list[pb.WeekAhead]:
    numbers = dict.fromkeys(ends, 0)
    for part in parts:
        for last_day, number in part.last_days(view.today, ends[-1]):
            numbers[_sunday(last_day)] += number
    return [
        pb.WeekAhead(
            starts_on=max(end - _WEEK + _DAY, view.today).isoformat(),
            ends_on=end.isoformat(),
            instruments=number,
        )
        for end, number in numbers.items()
    ]


def _types(
    view: View, ends: Sequence[date], counted: Mapping[Place, Part]
) -> Iterator[pb.TypeAhead]:
    """The weeks of each type, of all bureaus together."""
    parts = defaultdict(list)
    for (_, kind), part in counted.items():
        parts[kind].append(part)
    for kind, of_type in sorted(parts.items()):
        yield pb.TypeAhead(type_code=kind, weeks=_weeks(view, ends, of_type))


def _sunday(day: date) -> date:
    return day + _DAY * (6 - day.weekday())


async def get_types(view: View, _request: pb.GetTypesRequest) -> pb.GetTypesResponse:
    """Names the types of the instruments within the caller's scope; nothing is counted.

    For whole bureaus a type stays named once its last instrument has left.
    """
    if view.caller.has(Role.OPERATOR):
        named = sa.select(col(Instrument.type_code)).where(
            sa.text(ON_FILE), *scope(view.caller, Instrument, "")
        )
    else:
        covered = row_scope.covered(view.caller, BoardPart.bureau)
        named = sa.select(col(BoardPart.type_code)).where(covered)
    found = {code for (code,) in await _rows(view, named.distinct())}
    known = [code for code in catalogue() if code in found]
    return pb.GetTypesResponse(type_codes=[*known, *sorted(found - {*known})])


async def count_colours(view: View, request: pb.CountColoursRequest) -> pb.CountColoursResponse:
    """Counts the instruments of one subject by colour today.

    The public may ask it of a subject that the law allows to be listed openly (S4 三(五)). Raises
    NotFound for a subject that the caller may not see.
    """
    subject = await view.session.get(Subject, request.subject_id)
    if subject is None or subject.removed or not _may_see(view, subject):
        raise NotFound("没有该信用主体", "There is no such subject")
    colour = colour_in_sql(view.today).label("colour")
    of_subject = col(Instrument.subject_id) == subject.subject_id
    counted = (
        sa.select(colour, sa.func.count()).where(sa.text(ON_FILE), of_subject).group_by(colour)
    )
    totals = [pb.ColourTotal(colour=c, instruments=n) for c, n in await _rows(view, counted)]
    return pb.CountColoursResponse(totals=totals, on=view.today.isoformat())


def _may_see(view: View, subject: Subject) -> bool:
    if view.caller.has(Role.PUBLIC):
        return not subject.in_review and may_list_openly(SubjectKind(subject.kind), view.today)
    return view.caller.sees(subject.subject_id, subject.bureau)


async def _rows(view: View, statement: Any) -> list[Any]:
    return list((await (await view.session.connection()).execute(statement)).all())
