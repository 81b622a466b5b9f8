"""The database tables of escalation: cases, their alerts, steps, drafts and numbers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from law.courses import RED_ALERT
from law.escalation import Step
from plumbing.database import JsonColumn, SerialColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.alerts.base import Base

# The orders that have not ended; a query repeats it word for word so that its index is used.
UNENDED = "due_on IS NOT NULL"
# The grades of first loads, for a query likewise.
SILENT = "silent"
# The undertakings whose outcome nobody has recorded; repeated in the same way.
OPEN_UNDERTAKING = "undertaking_by IS NOT NULL AND undertaking_outcome = ''"


class EscalationState(StrEnum):
    """The state of an escalation case."""

    WAITING = "waiting"  # for the day on which its step is due
    HELD = "held"  # its step is due, and an order made in time or an objection holds it
    PROPOSED = "proposed"  # its step waits for the decision of a person
    APPOINTED = "appointed"  # an interview has a date, and no outcome recorded yet
    EXHAUSTED = "exhausted"  # every step was taken and what opened the case still holds
    CLOSED = "closed"


class StepState(StrEnum):
    """The state of a step that was proposed in an escalation case."""

    PROPOSED = "proposed"
    DEFERRED = "deferred"
    DECLINED = "declined"
    APPOINTED = "appointed"
    CARRIED_OUT = "carried_out"
    VOID = "void"  # the case closed before the step was carried out


@proven()
class Escalation(Base, table=True):
    """An escalation case, which is open while what opened it holds (S4 四(二), S3 24, S1 12).

    `course` names what opened it, and so its steps: see `law.courses`. A subject has one open case
    for each `matter`, which is what opens the course: alert, grade, or hand with the course after
    a slash. `facts` and `opened_by` are of a case that a person opened; `ruleset_id`, `grade` and
    `receipt_id` of one that a grade opened.

    `step` is the current step: it is waiting, proposed, or (an interview) appointed. `due_on` is
    the day on which the step is proposed: counted from `waits_from` by the law's wait, or set by a
    person, in which case `waits_from` is None. `own_days` is the bureau's own wait, as it was when
    the wait began, or None for the law's. `to_note` is true while the register has not
    recorded an interview that is to be recorded.
    """

    __table_args__ = (
        sa.UniqueConstraint("subject_id", "episode"),
        sa.Index("ix_escalation_newest", "opened_at", "escalation_id"),
        sa.Index("ix_escalation_state", "state", "opened_at", "escalation_id"),
        sa.Index("ix_escalation_subject", "subject_id", "opened_at", "escalation_id"),
        bureau_index("ix_escalation_bureau", "opened_at", "escalation_id"),
        bureau_index("ix_escalation_bureau_state", "state", "opened_at", "escalation_id"),
        sa.Index(
            "ix_escalation_open",
            *("subject_id", "matter"),
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
    own_days: int | None = None
    to_note: bool = False
    course: str = Field(default=RED_ALERT, sa_column_kwargs={"server_default": RED_ALERT})
    matter: str = Field(default="alert", sa_column_kwargs={"server_default": "alert"})
    facts: str = Field(default="", sa_column_kwargs={"server_default": ""})
    opened_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    ruleset_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    grade: str = Field(default="", sa_column_kwargs={"server_default": ""})
    receipt_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    close_reasons: str = Field(default="", sa_column_kwargs={"server_default": ""})
    opened_at: datetime
    closed_at: datetime | None = None
    version: int = Field(default=1, sa_type=sa.BigInteger)


class EscalationAlert(Base, table=True):
    """The link of a red alert to an escalation case; it may later belong to another case too."""

    __tablename__ = "escalation_alert"

    escalation_id: str = Field(primary_key=True)
    alert_id: int = Field(primary_key=True, sa_type=sa.BigInteger, index=True)


class AwaitedOrder(Base, table=True):
    """A copy, in its highest version, of an order for verification that escalation may wait for.

    `in_time` is true if it was applied for while the former verification was in force. `due_on` is
    the last day on which the institution acts in time, inclusive; None once the order has ended.
    `appointed_on` is the day of the verification, if one is appointed; it is missing from an order
    that has not changed since alerts began to keep it. The order is that of the instrument's
    present owner. `told_until` is the last day of the institution's authorisation, once owner and
    institution were told that it is before the order is due, and None again when it is not.
    """

    __tablename__ = "awaited_order"
    __table_args__ = (
        sa.Index("ix_awaited_order_instrument", "instrument_id"),
        partial_index("ix_awaited_order_open", "instrument_id", where=UNENDED),
        partial_index("ix_awaited_order_due", "institution", "due_on", where=UNENDED),
    )

    order_id: str = Field(primary_key=True)
    instrument_id: str
    type_code: str
    serial_no: str
    institution: str
    applied_on: date
    in_time: bool
    due_on: date | None = None
    appointed_on: date | None = None
    told_until: date | None = None
    version: int = Field(sa_type=sa.BigInteger)


class StandingGrade(Base, table=True):
    """The grade of a subject in force, as grading announced it last, with its receipt.

    `silent` is true for a grade of a first load: it opens no case by itself. `bureau` is the one
    that graded, kept as announced; a case belongs to the bureau that the subject belongs to now.
    """

    __tablename__ = "standing_grade"
    __table_args__ = (
        sa.Index("ix_standing_grade_grade", "ruleset_id", "grade"),
        partial_index(
            "ix_standing_grade_silent", "ruleset_id", "grade", "subject_id", where=SILENT
        ),
    )

    subject_id: str = Field(primary_key=True)
    bureau: str
    ruleset_id: str
    grade: str
    receipt_id: str
    silent: bool
    known_from: datetime


class Contest(Base, table=True):
    """An objection or a reconsideration, in its highest version, and what it contests.

    `targets` are named as in the case, such as `record/<id>` and `instrument/<id>`, and `grade`.
    Escalation waits while it is `running`.
    """

    __table_args__ = (sa.Index("ix_contest_subject", "subject_id", "running"),)

    case_id: str = Field(primary_key=True)
    subject_id: str
    number: str
    targets: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    running: bool
    version: int = Field(sa_type=sa.BigInteger)


@proven(without=("told",))
class EscalationStep(Base, table=True):
    """A step that was proposed in an escalation case, the decision on it, and its outcome.

    `notice_id` is the notice with the document of the step; a `moved` interview has an earlier one
    too. `answer`, `asked_for` and `answer_reasons` are what the subject says to its invitation;
    `undertaking` is what it undertook at the interview, and `undertaking_by` the last day. `told`
    is true once the bureau's daily digest has named the step in its present state. `statement` and
    `media` are what an exposure made public by itself before ADR 0055, of a closed case; one of an
    open case is moved to an exposure list.
    """

    __tablename__ = "escalation_step"
    __table_args__ = (
        sa.Index("ix_escalation_step_state", "step", "state", "step_id"),
        partial_index(
            "ix_escalation_step_undertaking",
            "undertaking_by",
            "escalation_id",
            where=OPEN_UNDERTAKING,
        ),
    )

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
    archive_cite: str = ""  # article by which the interview is recorded; empty if it is not
    record_id: str = ""
    archive_error: str = ""
    moved: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    answer: str = Field(default="", sa_column_kwargs={"server_default": ""})
    asked_for: date | None = None
    answer_reasons: str = Field(default="", sa_column_kwargs={"server_default": ""})
    answered_at: datetime | None = None
    undertaking: str = Field(default="", sa_column_kwargs={"server_default": ""})
    undertaking_by: date | None = None
    undertaking_outcome: str = Field(default="", sa_column_kwargs={"server_default": ""})
    undertaking_findings: str = Field(default="", sa_column_kwargs={"server_default": ""})
    statement: str = ""
    media: list[str] = Field(default_factory=list, sa_type=JsonColumn)


class EscalationDraft(Base, table=True):
    """A version, counted from 1, of a step's document as a person altered it."""

    __tablename__ = "escalation_draft"

    step_id: int = Field(primary_key=True, sa_type=sa.BigInteger)
    version: int = Field(primary_key=True)
    text: str  # empty for the platform's own words
    correct_by: date | None = None
    instruments: list[str] = Field(default_factory=list, sa_type=JsonColumn)  # red ones, by serial
    receipt_id: str = Field(default="", sa_column_kwargs={"server_default": ""})  # of the grade
    altered_by: str
    altered_at: datetime


class DocumentNumber(Base, table=True):
    """The last number that a bureau gave to a document of one kind of step in a year."""

    __tablename__ = "document_number"

    bureau: str = Field(primary_key=True)
    step: Step = Field(primary_key=True, sa_type=enum_column(Step))
    year: int = Field(primary_key=True)
    last: int
