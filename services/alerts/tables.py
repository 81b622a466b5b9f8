"""The tables of alerts: projections of the register, and the rows that are its own.

A projection keeps the highest version seen of each thing; what was removed stays as a tombstone.
Nothing refers to another projection by foreign key: their events come in no mutual order.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from law.colours.basis import Basis
from law.colours.rule import Colour, InstrumentState, VerificationResult
from law.escalation import Step
from plumbing.database import JsonColumn, SerialColumn, enum_column, own_registry


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
    ESCALATION = "escalation"
    APPROVALS = "approvals"
    GIVEN_UP = "given_up"
    BATCH = "batch"


class NoticeState(StrEnum):
    """How the delivery of a notice stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    NO_ADDRESS = "no_address"


class EscalationState(StrEnum):
    """How an escalation case stands."""

    WAITING = "waiting"  # for the day on which its step is due
    PROPOSED = "proposed"
    APPOINTED = "appointed"  # an interview, whose outcome is not recorded yet
    EXHAUSTED = "exhausted"  # every step was taken, and a red alert still stands
    CLOSED = "closed"


class StepState(StrEnum):
    """What came of a step that was proposed."""

    PROPOSED = "proposed"
    DEFERRED = "deferred"
    DECLINED = "declined"
    APPOINTED = "appointed"
    CARRIED_OUT = "carried_out"
    VOID = "void"  # the case closed before


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
    standing: Basis = Field(default=Basis.REMOVED, sa_type=enum_column(Basis))
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
    standing: Basis = Field(sa_type=enum_column(Basis))
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


class Escalation(Base, table=True):
    """A case: from a subject's first standing red alert until none stands (S4 四(二)).

    `step` is what is waited for, proposed or appointed. `waits_from` is the day from which the wait
    is counted, if it is one of the law's data; `due_on` follows from it, or was set by a person.
    `to_note` while the register has yet to note an interview.
    """

    __table_args__ = (
        sa.UniqueConstraint("subject_id", "episode"),
        sa.Index("ix_escalation_newest", "opened_at", "escalation_id"),
        sa.Index(
            "ix_escalation_open",
            "subject_id",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
    )

    escalation_id: str = Field(primary_key=True)
    subject_id: str
    episode: int
    bureau: str
    state: EscalationState = Field(sa_type=enum_column(EscalationState))
    step: Step = Field(sa_type=enum_column(Step))
    waits_from: date | None = None
    due_on: date | None = None
    to_note: bool = False
    opened_at: datetime
    closed_at: datetime | None = None
    version: int = Field(default=1, sa_type=sa.BigInteger)


class EscalationAlert(Base, table=True):
    """A red alert that belongs to a case. One that stands again may belong to a later one too."""

    __tablename__ = "escalation_alert"

    escalation_id: str = Field(primary_key=True)
    alert_id: int = Field(primary_key=True, sa_type=sa.BigInteger, index=True)


class EscalationStep(Base, table=True):
    """A step that was proposed, what was decided of it, and what came of it.

    The document is the notice. `told` says that its bureau's digest has named it as it stands.
    """

    __tablename__ = "escalation_step"

    step_id: int | None = Field(default=None, primary_key=True, sa_type=SerialColumn)
    escalation_id: str = Field(index=True)
    step: Step = Field(sa_type=enum_column(Step))
    state: StepState = Field(sa_type=enum_column(StepState))
    told: bool = False
    proposed_at: datetime
    decided_at: datetime | None = None
    decided_by: str = ""
    reasons: str = ""
    review_on: date | None = None
    number: str = ""
    notice_id: str = ""
    correct_by: date | None = None

    meets_at: datetime | None = None
    place: str = ""
    attendees: str = ""
    outcome: str = ""
    minutes: str = ""
    recorded_by: str = ""
    archive_cite: str = ""  # set when the interview is to be noted
    record_id: str = ""
    archive_error: str = ""

    statement: str = ""
    media: list[str] = Field(default_factory=list, sa_type=JsonColumn)


class DocumentNumber(Base, table=True):
    """How many documents of a step a bureau has numbered in a year."""

    __tablename__ = "document_number"

    bureau: str = Field(primary_key=True)
    step: Step = Field(primary_key=True, sa_type=enum_column(Step))
    year: int = Field(primary_key=True)
    last: int
