"""The tables of due dates: the addresses of calendars, the days of calibrations, what ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col

from law.reminders import Due, reached
from plumbing.database import enum_column
from services.alerts.base import Base


class CalendarFeed(Base, table=True):
    """The private address of a subject's due dates: only the SHA-256 of its secret is stored."""

    __tablename__ = "calendar_feed"

    subject_id: str = Field(primary_key=True)
    secret_sha256: str = Field(unique=True)
    made_at: datetime


class InstitutionCalendar(Base, table=True):
    """The private address of the due dates of a verification institution, by its name."""

    __tablename__ = "institution_calendar"

    institution: str = Field(primary_key=True)
    secret_sha256: str = Field(unique=True)
    made_at: datetime


class Reminded(SQLModel):
    """Columns that say of which last day somebody was reminded, and how many months before it."""

    told_for: date | None = None
    told_months: int | None = None

    def reminder(self, due: Due, last_day: date | None, on: date) -> int | None:
        """Returns the latest reminder that a last day has reached on a day and that was not told.

        It is in months before the last day; None if there is none.
        """
        months = reached(due, last_day, on) if last_day else None
        told = self.told_for == last_day and self.told_months is not None
        if months is None or (told and (self.told_months or 0) <= months):
            return None
        return months

    def note_told(self, due: Due, last_day: date | None, on: date) -> None:
        """Notes that somebody was told of the latest reminder that a last day has reached."""
        self.told_for = last_day
        self.told_months = reached(due, last_day, on) if last_day else None


class CalibrationDue(Reminded, Base, table=True):
    """When an instrument is calibrated next by its owner's own cycle; None if on no day."""

    __tablename__ = "calibration_due"

    instrument_id: str = Field(primary_key=True)
    due_on: date | None = None
    due_version: int = Field(sa_type=sa.BigInteger)


class Ending(Reminded, Base, table=True):
    """What ends on a last day: a permit, authorisation, laboratory or qualification.

    `subject_id` or `institution` holds it, or neither. `what` is the name of a permit or
    laboratory, the code of a type of instrument, or a kind of qualification.
    """

    __tablename__ = "ending"
    __table_args__ = (sa.Index("ix_ending_last_day", "last_day"),)

    kind: Due = Field(primary_key=True, sa_type=enum_column(Due))
    ending_id: str = Field(primary_key=True)
    bureau: str
    subject_id: str = ""
    institution: str = ""
    what: str
    number: str
    last_day: date | None = None
    version: int = Field(sa_type=sa.BigInteger)


# What two of one kind have in common if the later one takes the place of the earlier one.
_SAME = {
    Due.PERMIT: ("subject_id", "what", "number"),
    Due.AUTHORISATION: ("institution", "what"),
}


def outlasts_others() -> sa.ColumnElement[bool]:
    """Returns the condition for what no later one outlasts that takes its place.

    A permit is replaced by one of the same number, an authorisation by one for the same type.
    """
    return sa.not_(sa.or_(*(_outlasted(kind, names) for kind, names in _SAME.items())))


def _outlasted(kind: Due, names: Sequence[str]) -> sa.ColumnElement[bool]:
    later = aliased(Ending)
    same = (getattr(later, name) == getattr(Ending, name) for name in names)
    lasts = col(later.last_day) > col(Ending.last_day)
    return sa.and_(
        col(Ending.kind) == kind, sa.exists().where(col(later.kind) == kind, *same, lasts)
    )
