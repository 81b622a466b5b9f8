"""What grading keeps: the evidence it was told of, and every grade with its receipt."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from law.evidence import RecordKind, RecordStatus, Sector, Severity, SubjectKind
from plumbing.database import JsonColumn, SerialColumn, enum_column, own_registry


class Base(SQLModel, registry=own_registry()):
    """Base of grading's own tables."""


class Subject(Base, table=True):
    """A subject as the registry last told of it.

    With version 0 it is not registered yet: records came first, and this row is what their
    transactions lock. `next_change_on` is the day on which its grade changes by time alone.
    """

    __tablename__ = "subject"

    subject_id: str = Field(primary_key=True, max_length=64)
    version: int = Field(default=0, sa_type=sa.BigInteger)
    kind: SubjectKind | None = Field(default=None, sa_type=enum_column(SubjectKind))
    sector: Sector | None = Field(default=None, sa_type=enum_column(Sector))
    bureau: str = Field(default="", index=True)
    removed: bool = False
    in_review: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    next_change_on: date | None = Field(default=None, index=True)


class Record(Base, table=True):
    """A credit record as the registry last told of it; what grading has no need of is left out.

    A removed record stays as a tombstone, so that an older version cannot bring it back.
    """

    __tablename__ = "record"

    record_id: str = Field(primary_key=True, max_length=64)
    version: int = Field(sa_type=sa.BigInteger)
    subject_id: str = Field(index=True, max_length=64)
    removed: bool
    kind: RecordKind = Field(sa_type=enum_column(RecordKind))
    severity: Severity | None = Field(default=None, sa_type=enum_column(Severity))
    occurred_on: date | None = None
    determined_on: date
    entered_on: date
    status: RecordStatus = Field(sa_type=enum_column(RecordStatus))
    status_on: date | None = None
    verified: bool
    final: bool
    contested: bool
    points: int | None = None


class Grade(Base, table=True):
    """One statement: from when to when a grade was in force, and while this was what was known.

    Both intervals are half-open. `grade` is None where the subject is not graded, and the reason
    says why. `digest` is over everything the grade rests on, so that equal gradings are told.
    """

    __tablename__ = "grade"
    __table_args__ = (
        sa.Index("ix_grade_newest", "subject_id", "known_from", "in_force_from", "grade_id"),
        # At most one grade of a subject is known and in force from now on.
        sa.Index(
            "ix_grade_current",
            "subject_id",
            unique=True,
            sqlite_where=sa.text("known_to IS NULL AND in_force_to IS NULL"),
            postgresql_where=sa.text("known_to IS NULL AND in_force_to IS NULL"),
        ),
    )

    grade_id: str = Field(primary_key=True, max_length=64)
    subject_id: str = Field(max_length=64)
    bureau: str
    grade: str | None = None
    score: int | None = None
    ruleset_id: str = ""
    ruleset_hash: str = ""
    in_force_from: date
    in_force_to: date | None = None
    known_from: datetime
    known_to: datetime | None = None
    receipt_id: str = ""
    contested: bool = False
    no_record: bool = False
    example_values: bool = False
    not_graded_zh: str = ""
    not_graded_en: str = ""
    digest: str


class Receipt(Base, table=True):
    """A receipt as `law.grading` wrote it; it never changes."""

    __tablename__ = "receipt"

    receipt_id: str = Field(primary_key=True, max_length=64)
    subject_id: str = Field(index=True, max_length=64)
    document: dict[str, Any] = Field(sa_type=JsonColumn)


class Impact(Base, table=True):
    """A rehearsal: who would move from which grade to which if a text governed from a day on.

    `evidence` is the digest of what it rests on. Nothing is activated before somebody in charge
    has looked at its impact (`seen_by`, `seen_at`).
    """

    __tablename__ = "impact"

    impact_id: str = Field(primary_key=True, max_length=64)
    bureau: str = Field(index=True)
    sectors: list[str] = Field(sa_type=JsonColumn)  # empty: every sector
    ruleset_id: str
    ruleset_hash: str
    as_of: date
    evidence: str
    subjects: int
    moved: int
    counts: list[dict[str, Any]] = Field(sa_type=JsonColumn)
    run_by: str
    run_at: datetime
    seen_by: str = ""
    seen_at: datetime | None = None


class ImpactMove(Base, table=True):
    """A subject whose grade an impact says would move; None where a text gives none."""

    __tablename__ = "impact_move"

    impact_id: str = Field(primary_key=True, max_length=64)
    subject_id: str = Field(primary_key=True, max_length=64)
    bureau: str
    ruleset_before: str
    before: str | None = None
    after: str | None = None


class Activation(Base, table=True):
    """A text made to govern a jurisdiction from a day on, over the packaged table; never removed.

    Of those that fit, the one from the latest day decides, and of these the latest made.
    """

    __tablename__ = "activation"

    seq: int | None = Field(default=None, primary_key=True, sa_type=SerialColumn)
    activation_id: str = Field(unique=True, max_length=64)
    bureau: str
    sectors: list[str] = Field(sa_type=JsonColumn)  # empty: every sector
    ruleset_id: str
    ruleset_hash: str
    valid_from: date
    impact_id: str = Field(unique=True, max_length=64)
    adopted_draft: bool
    ground: str
    activated_by: str
    activated_at: datetime


class IndexState(StrEnum):
    """Whether an index is open to everyone."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class IndexAssessment(Base, table=True):
    """An area scored once by its table; what was found and what came of it never change.

    `area_id` is the same for every assessment of the same bureau, kind and name.
    """

    __tablename__ = "index_assessment"
    __table_args__ = (sa.Index("ix_index_assessment_newest", "assessed_at", "index_id"),)

    index_id: str = Field(primary_key=True, max_length=64)
    area_id: str = Field(index=True, max_length=64)
    area_name: str
    area_kind: str
    bureau: str
    table_id: str
    table_hash: str
    findings: dict[str, Any] = Field(sa_type=JsonColumn)
    result: dict[str, Any] = Field(sa_type=JsonColumn)
    assessed_on: date
    assessed_by: str
    assessed_at: datetime
    state: IndexState = Field(default=IndexState.DRAFT, sa_type=enum_column(IndexState))
    published_by: str = ""
    published_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None
    withdrawal_ground: str = ""


class YearEnd(Base, table=True):
    """What the end of a year did to the classes of a text; written once, when the run is done."""

    __tablename__ = "year_end"

    ruleset_id: str = Field(primary_key=True)
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ran_at: datetime
    moves: list[dict[str, Any]] = Field(sa_type=JsonColumn)  # bureau, before, after, subjects
