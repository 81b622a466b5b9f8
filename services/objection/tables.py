"""The database tables of objection: cases, steps, letters, reminders and open records."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from law.objection import CaseKind, CaseState, Outcome
from law.terms.workdays import edition
from plumbing.database import JsonColumn, SerialColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import partial_index
from services.objection.base import AppliedEdition, Base
from services.objection.case_indexes import INDEXES
from services.objection.number_tables import (
    CaseNumber,
    LetterNumber,
    ReconsiderationNumber,
    RepairNumber,
)
from services.objection.publicity.tables import PublicChange
from services.objection.sharings.tables import ReceiverNotice, SharedRecord, Sharing
from services.objection.stuck_steps import UNTRIED, StuckStep

__all__ = [  # of the same metadata: editions, numbers, refused steps, sharings and public changes
    "UNTRIED", "AppliedEdition", "Base", "CaseNumber", "LetterNumber", "PublicChange",
    "ReceiverNotice", "ReconsiderationNumber", "RepairNumber", "SharedRecord", "Sharing",
    "StuckStep",
]  # fmt: skip

NO_TERM = date.max  # sorts cases without a running term behind all others
WAITS = "approved IS NULL"  # a request for recusal without an answer
UNSEEN = "seen_at IS NULL"


@proven(without=("due_on", "accept_by", "calendar"))
class Case(Base, table=True):
    """A case of any kind, from its lodging until all its consequences were carried out.

    `term` is the ledger of the term (D-07). `due_on` is the last day computed from it, stored for
    sorting, and computed again whenever the ledger or the calendar changes; so is `accept_by`, the
    last day to accept or decline a lodged case. A case has a workflow until `settled_at`, from
    which no consequence remains.
    """

    __tablename__ = "objection_case"
    __table_args__ = INDEXES

    case_id: str = Field(primary_key=True)
    # The subject's sector when the case was lodged; empty for cases of earlier releases.
    sector: str = Field(default="", sa_column_kwargs={"server_default": ""})
    kind: CaseKind = Field(
        default=CaseKind.OBJECTION,
        sa_type=enum_column(CaseKind),
        sa_column_kwargs={"server_default": CaseKind.OBJECTION.value},
    )
    number: str = Field(unique=True)
    # The objection that is reconsidered, or the reconsideration that sent this objection back.
    follows: str = Field(default="", sa_column_kwargs={"server_default": ""})
    subject_id: str
    bureau: str
    record_ids: list[str] = Field(sa_type=JsonColumn)
    # The records as they were on the day of lodging: the letter answers to that.
    records_as_lodged: list[dict[str, str]] = Field(sa_type=JsonColumn)
    state: CaseState = Field(sa_type=enum_column(CaseState))
    version: int = Field(default=0, sa_type=sa.BigInteger)

    grounds: str
    evidence: list[str] = Field(sa_type=JsonColumn)
    lodged_by: str
    lodged_at: datetime

    caseworker: str = ""
    accepted_at: datetime | None = None
    term: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    due_on: date = NO_TERM
    accept_by: date = Field(default=NO_TERM, sa_column_kwargs={"server_default": str(NO_TERM)})
    # The edition by which its last days were told; None for a case of before editions were kept.
    calendar: int | None = Field(default_factory=lambda: edition().number)

    extension_requested_by: str = ""
    extension_requested_days: int = 0
    extension_ground: str = ""

    outcome: Outcome | None = Field(default=None, sa_type=enum_column(Outcome))
    reasons: str = ""
    corrections: list[dict[str, Any]] = Field(default_factory=list, sa_type=JsonColumn)
    decided_by: str = ""
    decided_at: datetime | None = None
    # For whom what follows is carried out, since the case was given to somebody when it was stuck.
    carried_by: str = Field(default="", sa_column_kwargs={"server_default": ""})

    # The subject withdrew such a case before: the records are contested once this one is accepted.
    marks_on_acceptance: bool = Field(
        default=False, sa_column_kwargs={"server_default": sa.false()}
    )

    # What the subject was asked to supplement last: `missing`, the ledger `term`, `supplied_on`.
    supplement: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)

    # What is contested, as `contested.items` reads it; empty for repairs and for cases of earlier
    # releases, which contest their records.
    items: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'[]'")},
    )
    # Of an objection to a grade, as `contested.grades` reads it.
    contested_grade: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    # Who lodged the case for the subject, as `mandates` reads it; with the subject to which that
    # account belongs, and the last day of the mandate.
    agent: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
    agent_subject_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    agent_until: date | None = None
    # The day on which the agent sent a later mandate that nobody has checked; None without one.
    mandate_sent_on: date | None = None

    # What only a repair has, as `repairs.repair_file` reads it.
    repair: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)

    # Found while the decision is carried out; None and empty until then.
    grade_before: str | None = None
    receipt_before: str = ""
    record_versions: dict[str, int] = Field(default_factory=dict, sa_type=JsonColumn)
    grade_after: str | None = None
    receipt_after: str = ""
    closed_at: datetime | None = None
    settled_at: datetime | None = None
    # By receipt that the case cites; `check` compares them with what grading holds. A case of an
    # earlier release has none.
    receipt_digests: dict[str, str] = Field(
        default_factory=dict,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )

    @property
    def acting_for(self) -> str:
        """The account for which what follows from the case is carried out."""
        return self.carried_by or self.decided_by or self.lodged_by

    @property
    def marks_records(self) -> bool:
        """Whether the records of the case are contested while it is open, as of now."""
        return self.accepted_at is not None or not self.marks_on_acceptance


class OpenRecord(Base, table=True):
    """The link of a record to its open objection or reconsideration; a record has at most one.

    So has any other contested thing, an entry of the register; its `record_id` is the item's key.
    """

    __tablename__ = "open_record"

    record_id: str = Field(primary_key=True)
    case_id: str = Field(index=True)


class OpenRepair(Base, table=True):
    """The link of a record to its open application for repair; a record has at most one.

    The record may have an open objection at the same time, because two questions are separate:
    whether a record is wrong, and whether its cause was put right.
    """

    __tablename__ = "open_repair"

    record_id: str = Field(primary_key=True)
    case_id: str = Field(index=True)


@proven()
class CaseStep(Base, table=True):
    """One step of a case: the action, its time, the person, and the article."""

    __tablename__ = "case_step"

    seq: int | None = Field(default=None, sa_column=sa.Column(SerialColumn, primary_key=True))
    case_id: str = Field(index=True)
    step: str
    at: datetime
    actor: str
    cite: str
    note: str = ""


@proven()
class CaseNote(Base, table=True):
    """A note of a person of a bureau on a case; no subject reads it."""

    __tablename__ = "case_note"
    __table_args__ = (sa.Index("ix_case_note_case", "case_id", "at", "note_id"),)

    note_id: str = Field(primary_key=True)
    case_id: str
    author: str
    text: str
    at: datetime


class CaseMention(Base, table=True):
    """A person whom a note names; `seen_at` is null until they confirm to have read it."""

    __tablename__ = "case_mention"
    __table_args__ = (
        sa.Index("ix_case_mention_note", "note_id", "account_id"),
        partial_index("ix_case_mention_unseen", "account_id", "at", "note_id", where=UNSEEN),
    )

    account_id: str = Field(primary_key=True)
    note_id: str = Field(primary_key=True)
    case_id: str
    at: datetime
    seen_at: datetime | None = None


@proven()
class Recusal(Base, table=True):
    """A request that a person stands back from a case, and its answer.

    `bureau` is that of the case when it was asked. `approved` is None while it waits.
    """

    __tablename__ = "recusal"
    __table_args__ = (
        sa.Index("ix_recusal_case", "case_id", "asked_at"),
        partial_index("ix_recusal_waiting", "asked_at", "recusal_id", "bureau", where=WAITS),
    )

    recusal_id: str = Field(primary_key=True)
    case_id: str
    number: str
    bureau: str
    person: str
    name: str
    is_head: bool
    # Bureaus above with somebody who answers; only they answer where the person is a unit head.
    above: list[str] = Field(sa_type=JsonColumn)
    ground: str
    reasons: str
    asked_by: str
    asked_at: datetime
    approved: bool | None = None
    answer: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    successor: str = ""


@proven()
class CaseLetter(Base, table=True):
    """A letter to the subject of a case; a case has at most one of each title.

    `number`, `check_code` and `template`, the text by which it was written with its version, are
    empty for letters of before they were introduced.
    """

    __tablename__ = "case_letter"
    __table_args__ = (sa.Index("ix_case_letter_number", "number"),)

    case_id: str = Field(primary_key=True)
    title: str = Field(primary_key=True)
    letter_id: str
    body: str
    issued_at: datetime
    number: str = Field(default="", sa_column_kwargs={"server_default": ""})
    check_code: str = Field(default="", sa_column_kwargs={"server_default": ""})
    template: str = Field(default="", sa_column_kwargs={"server_default": ""})


HELD_FOR_A_CASE = "case_id = ''"


class Joining(Base, table=True):
    """What a joining of subjects gave to the one that stays, by ids, so that it can be undone."""

    __tablename__ = "joining"

    former_id: str = Field(primary_key=True)
    present_id: str
    cases: list[str] = Field(sa_type=JsonColumn)
    evidence: list[str] = Field(sa_type=JsonColumn)
    acted_in: list[str] = Field(sa_type=JsonColumn)
    sharings: list[str] = Field(
        default_factory=list,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'[]'")},
    )
    # By sharing, its records before those that were removed gave way to the same ones.
    shared: dict[str, list[str]] = Field(
        default_factory=dict,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )
    # By what the public is told, its record before and whether that was withheld.
    announced: dict[str, Any] = Field(
        default_factory=dict,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )


@proven()
class CaseEvidence(Base, table=True):
    """A file that is evidence in a case; `case_id` is empty until its case is lodged.

    The file lies in the store under its digest. Once it is erased, this row has its digest and
    length, and neither name nor description. `classification` is one of `Classification`, and
    `purpose` the paper of an application for repair that it is, or empty.
    """

    __tablename__ = "case_evidence"
    __table_args__ = (
        sa.Index("ix_case_evidence_case", "case_id", "uploaded_at"),
        partial_index("ix_case_evidence_held", "subject_id", "uploaded_at", where=HELD_FOR_A_CASE),
        sa.Index("ix_case_evidence_sha256", "sha256"),
        sa.Index("ix_case_evidence_preview", "preview_sha256"),
    )

    evidence_id: str = Field(primary_key=True)
    case_id: str = ""
    subject_id: str
    sha256: str
    size: int = Field(sa_type=sa.BigInteger)
    kind: str
    file_name: str
    description: str = ""
    classification: str
    purpose: str = Field(default="", sa_column_kwargs={"server_default": ""})
    uploaded_by: str
    uploaded_at: datetime
    by_subject: bool
    preview_sha256: str = ""
    preview_size: int = 0
    erased_at: datetime | None = None


@proven()
class LetterDelivery(Base, table=True):
    """A letter that was served on paper, as somebody recorded it; the last one of a letter counts.

    `means` is one of `Means`; `remark` names the proof.
    """

    __tablename__ = "letter_delivery"
    __table_args__ = (sa.Index("ix_letter_delivery_case", "case_id", "recorded_at"),)

    delivery_id: str = Field(primary_key=True)
    case_id: str
    letter_id: str
    means: str
    served_on: date
    remark: str
    recorded_by: str
    recorded_at: datetime


class ReachedRung(Base, table=True):
    """A reminder or escalation of a case's term that was announced; each is announced once."""

    __tablename__ = "reached_rung"

    case_id: str = Field(primary_key=True)
    rung: str = Field(primary_key=True)
    at: datetime


# The table of open records of each kind of case.
OPEN: dict[CaseKind, type[OpenRecord] | type[OpenRepair]] = {
    CaseKind.OBJECTION: OpenRecord,
    CaseKind.RECONSIDERATION: OpenRecord,
    CaseKind.REPAIR: OpenRepair,
}
