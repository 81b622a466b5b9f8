"""The database tables of circulars, and of the authorities that bureaus tell."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, SerialColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.alerts.base import Base

# The condition of an index, which a query repeats word for word so that the index is used.
GRADED = "grade <> '' AND ended_at IS NULL"


class CircularState(StrEnum):
    """How far a circular has come."""

    DRAFTED = "drafted"  # waits for a unit head who did not draft it
    ISSUED = "issued"
    DISCARDED = "discarded"


@proven()
class Authority(Base, table=True):
    """Another department, or the local government, that a bureau tells of subjects.

    `uses` are the ids of what it considers this for (`law.escalation.circular_uses`);
    `feed_account` is the account by which a system of it reads of whom it was told. One that is
    `retired` is told no more.
    """

    __tablename__ = "authority"
    __table_args__ = (
        sa.UniqueConstraint("bureau", "name"),
        bureau_index("ix_authority_bureau", "name", "authority_id"),
        sa.Index("ix_authority_feed", "feed_account"),
    )

    authority_id: str = Field(primary_key=True)
    bureau: str
    name: str
    address: str
    contact: str
    email: str
    uses: list[str] = Field(sa_type=JsonColumn)
    feed_account: str
    retired: bool
    version: int = Field(sa_type=sa.BigInteger)
    changed_by: str
    changed_at: datetime


@proven()
class Circular(Base, table=True):
    """A letter by which a bureau tells authorities of subjects on one exposure list, or at a grade.

    `list_id` and `list_number` are empty of one that tells of a grade. `title`, `body` and
    `template`, the name of its text with the version, are empty until it is issued; `year` and
    `serial`, which make the number, are None.
    """

    __tablename__ = "circular"
    __table_args__ = (
        sa.UniqueConstraint("bureau", "year", "serial"),
        sa.Index("ix_circular_newest", "drafted_at", "circular_id"),
        sa.Index("ix_circular_state", "state", "drafted_at", "circular_id"),
        sa.Index("ix_circular_list", "list_id", "drafted_at", "circular_id"),
        sa.Index("ix_circular_number", "number"),
        bureau_index("ix_circular_bureau", "drafted_at", "circular_id"),
    )

    circular_id: str = Field(primary_key=True)
    bureau: str
    list_id: str
    list_number: str
    state: CircularState = Field(sa_type=enum_column(CircularState))
    cite: str
    drafted_by: str
    drafted_at: datetime
    issued_by: str = ""
    issued_at: datetime | None = None
    number: str = ""
    year: int | None = None
    serial: int | None = None
    title: str = ""
    body: str = ""
    template: str = ""
    check_code: str = ""
    discarded_by: str = ""
    discarded_at: datetime | None = None
    discard_reasons: str = ""


@proven()
class CircularEntry(Base, table=True):
    """A subject of which a circular tells, as its entry on the list was at the draft.

    Of one that tells of a grade, `entry_id` is its place, as a negative number; it has the grade,
    and `ended_at` once that is another one.
    """

    __tablename__ = "circular_entry"
    __table_args__ = (
        sa.UniqueConstraint("circular_id", "entry_id"),
        sa.Index("ix_circular_entry_of", "entry_id"),
        partial_index("ix_circular_entry_graded", "subject_id", where=GRADED),
    )

    told_id: int | None = Field(default=None, primary_key=True, sa_type=SerialColumn)
    circular_id: str
    entry_id: int = Field(sa_type=sa.BigInteger)
    subject_id: str
    subject_name: str
    statement: str
    ruleset_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    grade: str = Field(default="", sa_column_kwargs={"server_default": ""})
    ended_at: datetime | None = None

    @property
    def key(self) -> str:
        """By which receivers know it again."""
        return str(self.entry_id) if self.entry_id > 0 else f"{self.circular_id}-{-self.entry_id}"


@proven()
class CircularReceiver(Base, table=True):
    """An authority that a circular tells, as it stood in the list at the draft.

    `notice_id` is the mail that brings the circular; empty where somebody sends it by hand and
    records the day in `sent_on`, as somebody does for a mail that did not arrive.
    """

    __tablename__ = "circular_receiver"

    circular_id: str = Field(primary_key=True)
    authority_id: str = Field(primary_key=True, index=True)
    place: int
    authority_version: int = Field(sa_type=sa.BigInteger)
    name: str
    address: str
    contact: str
    email: str
    uses: list[str] = Field(sa_type=JsonColumn)
    notice_id: str = ""
    sent_on: date | None = None
    means: str = ""
    remark: str = ""
    recorded_by: str = ""
    recorded_at: datetime | None = None
