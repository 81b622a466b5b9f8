"""What every table of objection is built on, and the table of the calendar."""

from __future__ import annotations

from sqlmodel import SQLModel

from plumbing.calendars.editions import AppliedEditionColumns
from plumbing.database import own_registry


class Base(SQLModel, registry=own_registry()):
    """The base class of the database tables of objection."""


class AppliedEdition(AppliedEditionColumns, Base, table=True):
    """An edition of the working-day calendar that an administrator loaded and another applied."""

    __tablename__ = "applied_edition"
