"""The database table of the steps of cases that were refused."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from plumbing.row_scope import partial_index
from services.objection.base import Base

UNTRIED = "retried_at IS NULL"


class StuckStep(Base, table=True):
    """A step of carrying out a case that was refused; `why` is the last cause.

    `retried_at` is when somebody last had it tried again; null while it waits for a person.
    """

    __tablename__ = "stuck_step"
    __table_args__ = (partial_index("ix_stuck_step_untried", "at", "case_id", where=UNTRIED),)

    case_id: str = Field(primary_key=True)
    step: str = Field(primary_key=True)
    why: str
    at: datetime
    retried_at: datetime | None = None
