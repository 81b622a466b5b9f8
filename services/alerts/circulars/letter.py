"""The letter of a circular: its number, and its text from the facts of the draft (S1 12(三))."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from law.escalation import circular_uses
from law.reader.texts import spell_articles
from plumbing.change import Change
from plumbing.papers.letter_template import LetterText
from services.alerts.circulars.tables import Circular, CircularEntry, CircularReceiver
from services.alerts.letter_template import of_alerts
from services.alerts.notices.texts import Contact, grade_name


def write(
    row: Circular,
    entries: Sequence[CircularEntry],
    receivers: Sequence[CircularReceiver],
    contact: Contact,
    on: date,
) -> LetterText:
    """Returns the text of a circular dated `on`; without a number it is a draft."""
    told = {
        "number": row.number,
        "list_number": row.list_number,
        "grades": "、".join(
            dict.fromkeys(grade_name(one.ruleset_id, one.grade) for one in entries if one.grade)
        ),
        "cite": spell_articles(row.cite),
        "statements": [entry.statement for entry in entries],
        "receivers": [{"name": one.name, "uses": use_names(one.uses, on)} for one in receivers],
        "contact": contact,
        "on": on,
    }
    return of_alerts().write(_text_of(row), on, told)


def _text_of(row: Circular) -> str:
    return "circular" if row.list_id else "circular_of_grade"


def use_names(uses: Sequence[str], on: date) -> list[str]:
    """Returns what an authority considers a circular for, in Chinese."""
    names = circular_uses(on)
    return [names[use][0] for use in uses if use in names]


async def number(change: Change, row: Circular) -> None:
    """Gives a circular the next number of its bureau and year; issues take turns."""
    year = change.today.year
    given = select(sa.func.max(Circular.serial)).where(
        col(Circular.bureau) == row.bureau, col(Circular.year) == year
    )
    last = (await change.session.exec(given)).one() or 0
    row.year, row.serial = year, last + 1
    title = of_alerts().templates[_text_of(row)].title
    row.number = f"{title}〔{year}〕{row.bureau}-{row.serial:04d}号"
