"""The tables of alerts: projections of the register, and the rows that are its own.

A projection keeps the highest version seen of each thing; what was removed stays as a tombstone.
Nothing refers to another projection by foreign key: their events come in no mutual order.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from law.colours import Colour, InstrumentState, VerificationResult
from plumbing.database import SerialColumn, enum_column, own_registry
from services.alerts.standing import Standing


class Base(SQLModel, registry=own_registry()):
    """Base of the tables of alerts."""


class NoticeKind(StrEnum):
    """What a notice tells."""

    DIGEST = "digest"
    REJECTED = "rejected"
    ADVERSE_RECORD = "adverse_record"
    GRADE_FELL = "grade_fell"
    LETTER = "letter"
    TERM = "term"


class NoticeState(StrEnum):
    """How the delivery of a notice stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    NO_ADDRESS = "no_address"


class Bureau(Base, table=True):
    """A bureau and how it is reached."""

    code: str = Field(primary_key=True)
    name: str
    department: str
    phone: str
    email: str
    version: int = Field(sa_type=sa.BigInteger)


class Watch(Base, table=True):
    """How far a bureau's watch has come. Its row serialises the watch and the late arrivals."""

    bureau: str = Field(primary_key=True)
    watched_through: date | None = None


class Subject(Base, table=True):
    """A credit subject and where its notices go."""

    subject_id: str = Field(primary_key=True)
    bureau: str
    name: str
    kind: str
    email: str
    in_review: bool
    removed: bool
    version: int = Field(sa_type=sa.BigInteger)

    @property
    def placeholder(self) -> bool:
        """Whether it stands for nobody yet: kept for review, never alarmed."""
        return self.in_review or self.removed


class Instrument(Base, table=True):
    """An instrument, and how it stands by the verification that governs it.

    `watched` is false while the owner is in review. `quiet_on` is the day on which it came to
    stand so silently: by a first load, or by the end of a review. `since` is the day of the result
    that decides; of one never verified, the day on which that became known here.
    """

    __table_args__ = (sa.Index("ix_instrument_due", "bureau", "standing", "valid_until"),)

    instrument_id: str = Field(primary_key=True)
    subject_id: str = Field(index=True)
    bureau: str
    type_code: str
    serial_no: str
    state: InstrumentState = Field(sa_type=enum_column(InstrumentState))
    rotate_on: date | None = None
    spell: int
    in_review: bool
    removed: bool
    version: int = Field(sa_type=sa.BigInteger)
    watched: bool = False
    standing: Standing = Field(default=Standing.REMOVED, sa_type=enum_column(Standing))
    governing_id: str = ""
    last_result: VerificationResult | None = Field(
        default=None,
        sa_type=enum_column(VerificationResult),
    )
    valid_until: date | None = None
    since: date | None = None
    quiet_on: date | None = None


class Verification(Base, table=True):
    """A verification. Of several on one day the one recorded last decides (C-19)."""

    verification_id: str = Field(primary_key=True)
    instrument_id: str = Field(index=True)
    result: VerificationResult = Field(sa_type=enum_column(VerificationResult))
    verified_on: date
    valid_until: date | None = None
    recorded_at: datetime
    place: int  # within the event that recorded it
    removed: bool
    version: int = Field(sa_type=sa.BigInteger)


class Record(Base, table=True):
    """What a credit record says, for the notices that name it."""

    __tablename__ = "credit_record"

    record_id: str = Field(primary_key=True)
    subject_id: str
    kind: str
    summary: str
    source_ref: str
    determined_on: date
    version: int = Field(sa_type=sa.BigInteger)


class Alert(Base, table=True):
    """A colour reached: once per instrument, spell of use, governing verification and colour.

    `notice_id` is null until somebody is told, and empty where nobody is to be (`baseline`). The
    day on which the law reached the colour is not stored: `reached_on` tells it from the others.
    """

    __table_args__ = (
        sa.UniqueConstraint("instrument_id", "spell", "governing_id", "colour"),
        sa.Index("ix_alert_subject", "subject_id", "alert_id"),
        sa.Index(
            "ix_alert_untold",
            "bureau",
            sqlite_where=sa.text("notice_id IS NULL"),
            postgresql_where=sa.text("notice_id IS NULL"),
        ),
    )

    alert_id: int | None = Field(default=None, primary_key=True, sa_type=SerialColumn)
    instrument_id: str
    spell: int
    governing_id: str
    colour: Colour = Field(sa_type=enum_column(Colour))
    subject_id: str
    bureau: str
    type_code: str
    serial_no: str
    standing: Standing = Field(sa_type=enum_column(Standing))
    valid_until: date | None = None
    since: date | None = None
    raised_at: datetime
    baseline: bool
    notice_id: str | None = None


class Notice(Base, table=True):
    """A notice and its delivery. `key` says what it is about: that is told once."""

    __table_args__ = (
        sa.Index("ix_notice_newest", "created_at", "notice_id"),
        sa.Index("ix_notice_state", "state"),
    )

    notice_id: str = Field(primary_key=True)
    key: str = Field(unique=True)
    kind: NoticeKind = Field(sa_type=enum_column(NoticeKind))
    subject_id: str = Field(index=True)
    bureau: str
    address: str
    title: str
    body: str
    state: NoticeState = Field(sa_type=enum_column(NoticeState))
    attempts: int = 0
    error: str = ""
    created_at: datetime
    delivered_at: datetime | None = None
