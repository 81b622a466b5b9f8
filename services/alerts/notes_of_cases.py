"""The database tables of what a bureau is still to be told of cases."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from plumbing.row_scope import partial_index
from services.alerts.base import Base

UNTOLD = "notice_id = ''"


class TermNote(Base, table=True):
    """A reminder of a case's term, announced by objection; `notice_id` is empty until it is told.

    `event_id` is the event that announced it, `case_number` the number of its case.
    """

    __tablename__ = "term_note"
    __table_args__ = (partial_index("ix_term_note_untold", "bureau", "at", where=UNTOLD),)

    event_id: str = Field(primary_key=True)
    bureau: str
    case_id: str
    case_number: str
    message_zh: str
    at: datetime
    notice_id: str = ""


class Arrival(Base, table=True):
    """A case that was lodged; `notice_id` is empty until a digest of its bureau names it.

    `decide_by` is the last day to accept or decline it, or of the term of a repair, as YYYY-MM-DD.
    """

    __tablename__ = "arrival"
    __table_args__ = (partial_index("ix_arrival_untold", "bureau", "at", where=UNTOLD),)

    case_id: str = Field(primary_key=True)
    bureau: str
    kind: str
    number: str
    subject_id: str
    decide_by: str
    at: datetime
    notice_id: str = ""
