"""The outlook of a grade as a time line: what leaves when, what lifts it, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from protos.grading.v1 import assessments_pb2 as pb

WIDTH = 560  # of the line, in units of the picture
WAIT = "wait"  # a step that is only to wait is the turn itself


@dataclass(frozen=True)
class Mark:
    """A day on the time line: a turn of the grade by time alone, or a step open to the subject."""

    number: int
    on: date
    x: int
    turn: pb.GradeTurn | None = None
    step: pb.OpenStep | None = None


@dataclass(frozen=True)
class Stretch:
    """The stretch of the line on which a grade holds if nothing else happens."""

    grade: str
    x: int
    width: int


@dataclass(frozen=True)
class OutlookLine:
    """A time line from today to the last day of an outlook, with its marks in order.

    `now` are the steps that are possible today; they have no mark.
    """

    today: date
    marks: tuple[Mark, ...]
    stretches: tuple[Stretch, ...]
    now: tuple[pb.OpenStep, ...]


def outlook_line(answer: pb.OutlookResponse) -> OutlookLine:
    """Builds the time line of an outlook; without marks if time and steps change nothing."""
    today = date.fromisoformat(answer.as_of)
    found = sorted(_found(answer, today), key=lambda one: (one[0], one[2] is not None))
    steps = [step for step in answer.steps if step.step != WAIT]
    last = max((on for on, *_ in found), default=today)
    marks = tuple(
        Mark(number, on, _place(on, today, last), turn, step)
        for number, (on, turn, step) in enumerate(found, start=1)
    )
    turns = [mark for mark in marks if mark.turn is not None]
    return OutlookLine(
        today,
        marks,
        tuple(_stretches(answer.now.grade, turns)),
        now=tuple(step for step in steps if _possible(step, today) <= today),
    )


_Found = tuple[date, pb.GradeTurn | None, pb.OpenStep | None]


def _found(answer: pb.OutlookResponse, today: date) -> Iterator[_Found]:
    for turn in answer.changes:
        yield date.fromisoformat(turn.on), turn, None
    for step in answer.steps:
        possible = _possible(step, today)
        if step.step != WAIT and possible > today:
            yield possible, None, step


def _possible(step: pb.OpenStep, today: date) -> date:
    return date.fromisoformat(step.possible_on) if step.possible_on else today


def _place(on: date, first: date, last: date) -> int:
    whole = (last - first).days or 1
    return round((on - first).days * WIDTH / whole)


def _stretches(grade: str, turns: Iterable[Mark]) -> Iterator[Stretch]:
    x = 0
    for mark in turns:
        yield Stretch(grade, x, mark.x - x)
        grade, x = mark.turn.grade if mark.turn else grade, mark.x
    yield Stretch(grade, x, WIDTH + 40 - x)
