"""The tables of the calendars of due dates: their addresses, and the days of calibrations."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

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


class CalibrationDue(Base, table=True):
    """When an instrument is calibrated next by its owner's own cycle; None if on no day."""

    __tablename__ = "calibration_due"

    instrument_id: str = Field(primary_key=True)
    due_on: date | None = None
    due_version: int = Field(sa_type=sa.BigInteger)
