"""The tables of due dates: the addresses of calendars, the days of calibrations, what ends."""

from __future__ import annotations

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


# Of these a later one with the same name takes the place of an earlier one.
_RENEWED = (Due.PERMIT, Due.AUTHORISATION)
_IDENTIFYING = ("kind", "subject_id", "institution", "what")


def outlasts_others() -> sa.ColumnElement[bool]:
    """Returns the condition for what no later one of the same holder outlasts."""
    later = aliased(Ending)
    same = (getattr(later, name) == getattr(Ending, name) for name in _IDENTIFYING)
    outlasted = sa.exists().where(*same, col(later.last_day) > col(Ending.last_day))
    return sa.not_(sa.and_(col(Ending.kind).in_(_RENEWED), outlasted))
