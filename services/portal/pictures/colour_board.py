"""The colour board: instruments by unit, type and colour, and those that expire week by week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from protos.alerts.v1 import alerts_pb2 as pb
from services.portal.order_words import WHO_IS_LATE

COLOURS = ("red", "yellow", "green", "none")
WARNED = COLOURS[:3]
BAR = 300  # the length of the longest bar, in units of the picture
TALLEST = 60  # the height of the tallest week


@dataclass(frozen=True)
class Segment:
    """A part of a bar: a colour, with its place and length in the picture."""

    colour: str
    x: int
    width: int


@dataclass(frozen=True)
class BoardRow:
    """The instruments of one unit, of one type, or of both, counted by colour.

    `unit` is the code of a bureau; empty in a row for all units. `type_code` is empty in a row for
    all types.
    """

    unit: str
    type_code: str
    numbers: Mapping[str, int]

    @property
    def total(self) -> int:
        """The number of instruments of every colour together."""
        return sum(self.numbers.values())

    @property
    def warned(self) -> int:
        """The number of instruments that are green, yellow or red."""
        return sum(self.numbers[colour] for colour in WARNED)


@dataclass(frozen=True)
class Week:
    """A week ahead: its days, how many instruments expire in it, and the height of its column."""

    starts_on: str
    ends_on: str
    number: int
    height: int


@dataclass(frozen=True)
class ColourBoard:
    """The figures of a colour board. `narrowed` is the filter of the lists behind its numbers.

    `late` is with how many instruments one is late: the owner, the institution, or both.
    """

    on: str
    totals: Mapping[str, int]
    units: tuple[BoardRow, ...]
    types: tuple[BoardRow, ...]
    cells: tuple[BoardRow, ...]
    weeks: tuple[Week, ...]
    narrowed: Mapping[str, str]
    late: Mapping[str, int]

    def bars(self, row: BoardRow) -> list[Segment]:
        """Returns the bar of a row: a segment for each warning colour that some instrument has.

        The longest bar belongs to the unit or type with the most warned instruments.
        """
        among = self.units if row.unit else self.types
        most = max((other.warned for other in among), default=0) or 1
        segments, x = [], 0
        for colour in WARNED:
            if number := row.numbers[colour]:
                width = max(2, round(number * BAR / most))
                segments.append(Segment(colour, x, width))
                x += width
        return segments

    def link(self, colour: str = "", row: BoardRow | None = None) -> str:
        """Returns the address of the list of the instruments that a number counts."""
        asked = {
            "colour": colour,
            "bureau": row.unit if row else "",
            "type": row.type_code if row else "",
        }
        return _instruments(
            {**self.narrowed, **{key: value for key, value in asked.items() if value}}
        )

    def late_link(self, who: str) -> str:
        """Returns the address of the list of the instruments with which one is late."""
        return _instruments({**self.narrowed, "late": who})

    def late_word(self, who: str) -> str:
        """Returns the Chinese word for who is late."""
        return WHO_IS_LATE[who]

    def week_link(self, week: Week) -> str:
        """Returns the address of the list of the instruments that expire in a week."""
        return _instruments(
            {**self.narrowed, "valid_from": week.starts_on, "valid_to": week.ends_on}
        )


def colour_board(
    answer: pb.GetColourBoardResponse, narrowed: Mapping[str, str] | None = None
) -> ColourBoard:
    """Builds a colour board from the counts of the alerts service.

    `narrowed` is the filter with which the counts were asked for, as the list of instruments names
    it: `bureau` or `subject`. Units and types with the most red instruments come first.
    """
    counts = answer.counts
    return ColourBoard(
        on=answer.on,
        totals=_numbers(counts),
        units=_rows(counts, unit=True),
        types=_rows(counts, type_code=True),
        cells=_rows(counts, unit=True, type_code=True),
        weeks=_weeks(answer.weeks),
        narrowed=narrowed or {},
        late={one.late: one.instruments for one in answer.late},
    )


def _numbers(counts: Iterable[pb.BoardCount]) -> dict[str, int]:
    numbers = dict.fromkeys(COLOURS, 0)
    for count in counts:
        numbers[count.colour] += count.instruments
    return numbers


def _rows(
    counts: Iterable[pb.BoardCount], *, unit: bool = False, type_code: bool = False
) -> tuple[BoardRow, ...]:
    grouped = defaultdict(list)
    for count in counts:
        grouped[count.bureau if unit else "", count.type_code if type_code else ""].append(count)
    rows = [BoardRow(*key, _numbers(own)) for key, own in grouped.items()]
    return tuple(sorted(rows, key=_most_severe_first))


def _most_severe_first(row: BoardRow) -> tuple[object, ...]:
    return (*(-row.numbers[colour] for colour in COLOURS), row.unit, row.type_code)


def _weeks(weeks: Iterable[pb.WeekAhead]) -> tuple[Week, ...]:
    most = max((week.instruments for week in weeks), default=0) or 1
    return tuple(
        Week(
            week.starts_on,
            week.ends_on,
            week.instruments,
            round(week.instruments * TALLEST / most),
        )
        for week in weeks
    )


def _instruments(asked: Mapping[str, str]) -> str:
    return f"/instruments?{urlencode(asked)}" if asked else "/instruments"
