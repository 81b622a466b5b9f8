"""The database tables of exposure lists and their entries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, SerialColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.alerts.base import Base

STANDING = "ended_at IS NULL"


class ListState(StrEnum):
    """How far an exposure list has come."""

    COMPILED = "compiled"  # waits for the confidentiality review
    REVIEWED = "reviewed"  # waits for the unit head
    RELEASED = "released"
    DISCARDED = "discarded"


class EntryState(StrEnum):
    """How a subject stands on a list."""

    LISTED = "listed"  # the list is not public yet
    PUBLIC = "public"
    STRUCK = "struck"  # ended before the list was released
    TAKEN_DOWN = "taken_down"


class Ended(StrEnum):
    """Why an entry ended."""

    GROUND = "ground"  # its grade is another one, or its follow-up was closed
    SUBJECT = "subject"  # removed, in review or deregistered, or no longer to be named openly
    MOVED = "moved"  # another bureau has the subject now
    NOT_SHOWN = "not_shown"  # the public is shown another grade: a record was withheld again
    CONTESTED = "contested"  # an objection ran when it was made public, which was heard of later
    OBJECTION = "objection"  # what it rests on was contested, and the decision changed it
    PERSON = "person"
    LIST = "list"  # the list was discarded


@proven()
class ExposureList(Base, table=True):
    """A list of subjects that a bureau makes public, and the three people who act on it.

    `verified_how` says how the facts were verified (S1 19), `findings` what the confidentiality
    review found (S1 18). `year` and `serial` make the number; they are None before the release.
    A list of which nobody reviewed the entry was carried over: see `carrying_over`.
    """

    __tablename__ = "exposure_list"
    __table_args__ = (
        sa.UniqueConstraint("bureau", "year", "serial"),
        sa.Index("ix_exposure_list_newest", "compiled_at", "list_id"),
        sa.Index("ix_exposure_list_state", "state", "compiled_at", "list_id"),
        bureau_index("ix_exposure_list_bureau", "compiled_at", "list_id"),
    )

    list_id: str = Field(primary_key=True)
    bureau: str
    state: ListState = Field(sa_type=enum_column(ListState))
    verified_how: str
    compiled_by: str
    compiled_at: datetime
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    findings: str = ""
    released_by: str = ""
    released_at: datetime | None = None
    media: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    number: str = ""
    year: int | None = None
    serial: int | None = None
    discarded_by: str = ""
    discarded_at: datetime | None = None
    discard_reasons: str = ""


@proven()
class ExposureEntry(Base, table=True):
    """A subject on a list, with the ground and the text that the public reads.

    `course` is that of the follow-up which the ground would open; `escalation_id` the open case, if
    there is one. The three fields of the grade are empty of a red alert. A subject stands on one
    list at a time for one matter. `ended_by` is empty where the entry ended by itself.
    """

    __tablename__ = "exposure_entry"
    __table_args__ = (
        sa.Index("ix_exposure_entry_list", "list_id", "entry_id"),
        sa.Index("ix_exposure_entry_state", "state", "entry_id"),
        partial_index(
            "ix_exposure_entry_standing", "subject_id", "course", where=STANDING, unique=True
        ),
    )

    entry_id: int | None = Field(default=None, primary_key=True, sa_type=SerialColumn)
    list_id: str
    subject_id: str
    bureau: str
    course: str
    cite: str
    escalation_id: str
    ruleset_id: str
    grade: str
    receipt_id: str
    statement: str
    state: EntryState = Field(sa_type=enum_column(EntryState))
    notice_id: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""
    ended_reasons: str = ""
