"""Forecasts of verifications: what would come and what ends in each week, by type.

An institution sees the types that it may verify, and what it says that it completes beside them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from law.colours.rule import Colour
from law.terms.workdays import Edition, edition, working_days_between
from plumbing.capacities import Figure, holding, in_force
from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as pb
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1.institutions_pb2_grpc import InstitutionServiceStub

_DUE = (Colour.RED, Colour.YELLOW, Colour.GREEN)
_DAY = timedelta(days=1)


class TypeDue(NamedTuple):
    """A type: how many are red, how many would come if all applied today, and what ends when."""

    type_code: str
    red: int
    due: int
    weeks: Sequence[pb.WeekAhead]


class Load(NamedTuple):
    """What ends in a week of the types that share a figure, and what the institution completes.

    `completes` are the working days of the week times its figure. It is provisional if the week
    touches a year whose days off are not published.
    """

    ends: int
    completes: int
    provisional: bool


class Capacity(NamedTuple):
    """Types whose instruments are completed together, so many on a working day, and their weeks.

    A week is None if the figure holds for none of the types on its first day.
    """

    type_codes: Sequence[str]
    figure: Figure
    weeks: Sequence[Load | None]


@dataclass(frozen=True)
class Forecast:
    """The types with anything due, and the capacities of the institution that asks.

    `without` are those of its types for which it states no figure today. All of an institution are
    empty for others.
    """

    on: str
    weeks: Sequence[pb.WeekAhead]
    types: Sequence[TypeDue]
    capacities: Sequence[Capacity] = ()
    without: Sequence[str] = ()

    @property
    def due(self) -> int:
        """How many instruments would come if everybody applied today."""
        return sum(one.due for one in self.types)


async def own_institutions(
    service: InstitutionServiceStub,
) -> list[institutions.GetInstitutionResponse]:
    """Asks for the institution of a caller who has one, whole; none if it is not on file."""
    listed = await ask(service.ListInstitutions(institutions.ListInstitutionsRequest()))
    return [
        await ask(
            service.GetInstitution(
                institutions.GetInstitutionRequest(institution_id=one.institution_id)
            )
        )
        for one in listed.institutions
    ]


def forecast(
    board: pb.GetColourBoardResponse,
    own: Collection[institutions.GetInstitutionResponse] | None = None,
) -> Forecast:
    """Returns the forecast of a board that was counted by type.

    `own` is the institution that asks, which sees only the types that it may verify on the day of
    the board; None for anybody else.
    """
    types = list(_types_of(board))
    if own is None:
        return Forecast(board.on, board.weeks, types)
    allowed = {
        one.type_code
        for found in own
        for one in found.authorisations
        if one.valid_from <= board.on <= one.valid_until
    }
    types = [one for one in types if one.type_code in allowed]
    figures = [
        Figure(frozenset(one.type_codes), one.per_day, date.fromisoformat(one.from_on))
        for found in own
        for one in found.capacities
    ]
    on = date.fromisoformat(board.on)
    held = {one.type_code: holding(one.type_code, on, figures) for one in types}
    without = [code for code, figure in held.items() if figure is None or not figure.per_day]
    capacities = _capacities(board.weeks, types, figures, edition())
    return Forecast(board.on, board.weeks, types, capacities, without)


def _types_of(board: pb.GetColourBoardResponse) -> Iterator[TypeDue]:
    """Each type that is due now or ends in one of the weeks, by type."""
    colours: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for count in board.counts:
        colours[count.type_code][count.colour] += count.instruments
    for one in board.types:
        numbers = colours[one.type_code]
        due = sum(numbers[colour] for colour in _DUE)
        if due or any(week.instruments for week in one.weeks):
            yield TypeDue(one.type_code, numbers[Colour.RED], due, one.weeks)


def _capacities(
    weeks: Sequence[pb.WeekAhead],
    types: Sequence[TypeDue],
    figures: Collection[Figure],
    calendar: Edition,
) -> list[Capacity]:
    ending = {one.type_code: one.weeks for one in types}
    loads: defaultdict[Figure, dict[int, Load]] = defaultdict(dict)
    named: defaultdict[Figure, set[str]] = defaultdict(set)
    for place, week in enumerate(weeks):
        day = date.fromisoformat(week.starts_on)
        for figure, shared in in_force(ending, day, figures).items():
            codes = [code for code in shared if code in ending]
            ends = sum(ending[code][place].instruments for code in codes)
            if figure.per_day:
                loads[figure][place] = _load(week, ends, figure.per_day, calendar)
                named[figure] |= {*codes}
    return [
        Capacity(sorted(named[figure]), figure, _in_places(of_weeks, len(weeks)))
        for figure, of_weeks in sorted(
            loads.items(), key=lambda one: (one[0].from_on, sorted(named[one[0]]))
        )
    ]


def _load(week: pb.WeekAhead, ends: int, per_day: int, calendar: Edition) -> Load:
    first, last = date.fromisoformat(week.starts_on), date.fromisoformat(week.ends_on)
    days = working_days_between(first - _DAY, last, calendar)
    published = calendar.is_published(first) and calendar.is_published(last)
    return Load(ends, days * per_day, provisional=not published)


def _in_places(loads: Mapping[int, Load], weeks: int) -> list[Load | None]:
    return [loads.get(place) for place in range(weeks)]
