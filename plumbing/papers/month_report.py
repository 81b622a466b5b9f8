"""The report of a month as a paper; whoever files it holds a checkpoint of each audit chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from plumbing.months import Month
from plumbing.papers.typesetting import qr_svg, typeset


@dataclass(frozen=True)
class Checkpoint:
    """The newest signed checkpoint of a service, as a signed note in the form of C2SP."""

    service: str
    title: str
    note: str

    @property
    def origin(self) -> str:
        """The name of the chain."""
        return self.note.split("\n")[0]

    @property
    def size(self) -> int:
        """How many entries of the chain it covers."""
        return int(self.note.split("\n")[1])

    @property
    def root(self) -> str:
        """The hash of the root of the tree over these entries, in base64."""
        return self.note.split("\n")[2]


class FigureOfMonth(Protocol):
    """A number with its name."""

    @property
    def name(self) -> str: ...

    @property
    def number(self) -> int: ...


class SectionOfMonth(Protocol):
    """Figures of one matter, and how they were reckoned."""

    @property
    def title(self) -> str: ...

    @property
    def how(self) -> str: ...

    @property
    def figures(self) -> Iterable[FigureOfMonth]: ...


@dataclass(frozen=True)
class MonthReport:
    """What the paper says, in Chinese; `made_on` is the day on which the figures were counted."""

    bureau: str
    month: Month
    made_on: date
    sections: Sequence[SectionOfMonth]
    checkpoints: Sequence[Checkpoint]


def month_report(report: MonthReport, font_dir: str) -> bytes:
    """Returns the report as PDF; the same report gives the same bytes. Raises CannotTypeset."""
    on, first = report.made_on, report.month.first
    values = {
        "title": f"{first.year}年{first.month}月计量信用监管月报",
        "bureau": report.bureau,
        "day": f"{on.year}年{on.month}月{on.day}日",
        "date": [on.year, on.month, on.day],
        "sections": [
            {
                "title": one.title,
                "how": one.how,
                "figures": [[figure.name, f"{figure.number:,}"] for figure in one.figures],
            }
            for one in report.sections
        ],
        "checkpoints": [
            {
                "title": one.title,
                "origin": one.origin,
                "size": f"{one.size:,}",
                "root": one.root,
                "note": one.note,
                "qr": qr_svg(one.note, error="m"),
            }
            for one in report.checkpoints
        ],
    }
    return typeset("month_report.typ", values, font_dir)
