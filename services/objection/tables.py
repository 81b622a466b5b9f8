"""Tables: cases, their steps, letters and reached rungs, and which records are under objection."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from law.objection import CaseKind, CaseState, Outcome
from plumbing.database import JsonColumn, SerialColumn, enum_column, own_registry

NO_TERM = date.max  # sorts cases without a running term behind all others


class Base(SQLModel, registry=own_registry()):
    """Base of this service's own tables."""


class Case(Base, table=True):
    """An objection or a repair from its lodging until nothing more follows from it.

    `term` is the ledger (D-07). `due_on` is derived from it for sorting, never truth: it is
    written anew whenever the ledger or the calendar changes. `settled_at` says that nothing more
    follows; until then the case has a workflow.
    """

    __tablename__ = "objection_case"
    __table_args__ = (
        sa.Index("ix_objection_case_bureau_due_on", "bureau", "due_on", "case_id"),
        sa.Index("ix_objection_case_settled_at", "settled_at"),
    )

    case_id: str = Field(primary_key=True)
    kind: CaseKind = Field(
        default=CaseKind.OBJECTION,
        sa_type=enum_column(CaseKind),
        sa_column_kwargs={"server_default": CaseKind.OBJECTION.value},
    )
    number: str = Field(unique=True)
    subject_id: str = Field(index=True)
    bureau: str
    record_ids: list[str] = Field(sa_type=JsonColumn)
    # What the records said when the case was lodged: the letter answers to that.
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

    extension_requested_by: str = ""
    extension_requested_days: int = 0
    extension_ground: str = ""

    outcome: Outcome | None = Field(default=None, sa_type=enum_column(Outcome))
    reasons: str = ""
    corrections: list[dict[str, Any]] = Field(default_factory=list, sa_type=JsonColumn)
    decided_by: str = ""
    decided_at: datetime | None = None

    # What is particular to a repair, as `repairs.repair_file` reads it.
    repair: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)

    # What following the decision through has come to know; None and empty until then.
    grade_before: str | None = None
    receipt_before: str = ""
    record_versions: dict[str, int] = Field(default_factory=dict, sa_type=JsonColumn)
    grade_after: str | None = None
    receipt_after: str = ""
    closed_at: datetime | None = None
    settled_at: datetime | None = None


class OpenRecord(Base, table=True):
    """A record under objection; a record has at most one open objection."""

    __tablename__ = "open_record"

    record_id: str = Field(primary_key=True)
    case_id: str = Field(index=True)


class OpenRepair(Base, table=True):
    """A record whose repair is applied for; it may be under objection as well.

    What is wrong with a record and what was put right since are questions of their own.
    """

    __tablename__ = "open_repair"

    record_id: str = Field(primary_key=True)
    case_id: str = Field(index=True)


class CaseStep(Base, table=True):
    """One step of a case: what was done, by whom, on what ground."""

    __tablename__ = "case_step"

    seq: int | None = Field(default=None, sa_column=sa.Column(SerialColumn, primary_key=True))
    case_id: str = Field(index=True)
    step: str
    at: datetime
    actor: str
    cite: str
    note: str = ""


class CaseLetter(Base, table=True):
    """A letter to the subject; one of each title in a case."""

    __tablename__ = "case_letter"

    case_id: str = Field(primary_key=True)
    title: str = Field(primary_key=True)
    letter_id: str
    body: str
    issued_at: datetime


class ReachedRung(Base, table=True):
    """A reminder point of a term that was reached; each once."""

    __tablename__ = "reached_rung"

    case_id: str = Field(primary_key=True)
    rung: str = Field(primary_key=True)
    at: datetime


class CaseNumber(Base, table=True):
    """How many objections a bureau has numbered in a year."""

    __tablename__ = "case_number"

    bureau: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


class RepairNumber(Base, table=True):
    """How many repairs a bureau has numbered in a year."""

    __tablename__ = "repair_number"

    bureau: str = Field(primary_key=True)
    year: int = Field(primary_key=True)
    last: int


# What holds the open records of a kind of case.
OPEN: dict[CaseKind, type[OpenRecord] | type[OpenRepair]] = {
    CaseKind.OBJECTION: OpenRecord,
    CaseKind.REPAIR: OpenRepair,
}
