"""The database tables of grading: evidence, grades, receipts, impacts, indices and year-ends."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from law.evidence import RecordKind, RecordStatus, Sector, Severity, SubjectKind
from plumbing.database import JsonColumn, SerialColumn, enum_column, own_registry
from plumbing.row_digests import proven


class Base(SQLModel, registry=own_registry()):
    """The base class of grading's database tables."""


class Subject(Base, table=True):
    """A subject as the registry last announced it.

    Version 0 means that records of the subject were announced before the subject itself; the row
    exists so that it can be locked. `next_change_on` is the next day on which time alone changes
    its grade.
    """

    __tablename__ = "subject"

    subject_id: str = Field(primary_key=True, max_length=64)
    version: int = Field(default=0, sa_type=sa.BigInteger)
    kind: SubjectKind | None = Field(default=None, sa_type=enum_column(SubjectKind))
    sector: Sector | None = Field(default=None, sa_type=enum_column(Sector))
    bureau: str = Field(default="", index=True)
    removed: bool = False
    in_review: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    deregistered_on: date | None = None
    next_change_on: date | None = Field(default=None, index=True)


class Record(Base, table=True):
    """A credit record as the registry last announced it, with only the fields that grading needs.

    A removed record is not deleted, so that an older version that arrives late cannot restore it.
    `released` and `public_from` say whether a review has released it to the public, and from which
    day; their own counter is `publication`. Records from before such events count as released.
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
    released: bool = Field(default=False, sa_column_kwargs={"server_default": sa.true()})
    public_from: date | None = None
    publication: int = Field(
        default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"}
    )

    def is_public(self, on: date) -> bool:
        """Returns whether the public grade of a day may rest on the record.

        One of good conduct always counts; an adverse one from the first day of its publication.
        """
        shown = self.released and (self.public_from is None or self.public_from <= on)
        return self.kind.positive or shown


@proven()
class Grade(Base, table=True):
    """A grade statement: a grade, the days on which it is in force, and the period it is known.

    Both intervals exclude their end. `grade` is None where the subject is not graded; then
    `not_graded_*` has the reason. Equal digests mean the same result for the same reasons.
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


@proven()
class PublicGrade(Base, table=True):
    """What the public is shown of a subject's grade while its own rests on unreleased records.

    It is the grade that follows from the other records; a subject without a row has no such record.
    `grade_id` is that of the statement that the public was shown before, if it says the same.
    """

    __tablename__ = "public_grade"

    subject_id: str = Field(primary_key=True, max_length=64)
    grade_id: str
    grade: str | None = None
    score: int | None = None
    ruleset_id: str = ""
    ruleset_hash: str = ""
    in_force_from: date
    known_from: datetime
    contested: bool = False
    no_record: bool = False
    example_values: bool = False
    not_graded_zh: str = ""
    not_graded_en: str = ""
    digest: str


@proven()
class Receipt(Base, table=True):
    """A receipt as `law.grading` computed it; its text never changes after it is stored.

    `content` is the text or a list of its parts (`receipts/cutting.py`). It is None in a row of an
    earlier release; such a row has the whole receipt as `document`, which is empty otherwise.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        sa.Index(
            "ix_receipt_whole",
            "receipt_id",
            sqlite_where=sa.text("content IS NULL"),
            postgresql_where=sa.text("content IS NULL"),
        ),
    )

    receipt_id: str = Field(primary_key=True, max_length=64)
    subject_id: str = Field(index=True, max_length=64)
    document: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    content: bytes | None = None


class ReceiptPart(Base, table=True):
    """A part of receipts, stored once; its name is the SHA-256 of its content."""

    __tablename__ = "receipt_part"

    name: bytes = Field(primary_key=True)
    content: bytes


class ImpactState(StrEnum):
    """The state of an impact; only one that is done can be read and lead to an activation."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@proven(without=("done",))
class Impact(Base, table=True):
    """The result of an impact run: how grades would change if a ruleset governed a jurisdiction.

    `as_of` is the first day it would govern, and `evidence` the digest of the data it was computed
    from. While it runs, `done` of its `subjects` are graded, and the result is empty. A ruleset is
    activated only after a person in charge has read its impact (`seen_by`, `seen_at`).
    """

    __tablename__ = "impact"
    __table_args__ = (
        sa.Index("ix_impact_newest", "run_at", "impact_id"),
        sa.Index(
            "ix_impact_running",
            "run_at",
            "impact_id",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        ),
    )

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
    state: str = Field(
        default=ImpactState.DONE, sa_column_kwargs={"server_default": ImpactState.DONE.value}
    )
    done: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    seen_by: str = ""
    seen_at: datetime | None = None


class ImpactMove(Base, table=True):
    """A subject whose grade an impact would change; a grade is None where the subject has none."""

    __tablename__ = "impact_move"

    impact_id: str = Field(primary_key=True, max_length=64)
    subject_id: str = Field(primary_key=True, max_length=64)
    bureau: str
    ruleset_before: str
    before: str | None = None
    after: str | None = None


@proven()
class Activation(Base, table=True):
    """An activation: a ruleset that governs a jurisdiction from a day on; never removed.

    It has priority over the packaged table of jurisdictions. If several activations apply, the one
    with the latest first day decides; among those, the one activated last.
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
    """The state of an index; only a published index can be read by everyone."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@proven()
class IndexAssessment(Base, table=True):
    """One scoring of an area by its table; the findings and the result never change.

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


@proven()
class YearEnd(Base, table=True):
    """The changes of subjects' classes at the end of a year under a ruleset.

    The row is written once, when the year is closed.
    """

    __tablename__ = "year_end"

    ruleset_id: str = Field(primary_key=True)
    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    ran_at: datetime
    moves: list[dict[str, Any]] = Field(sa_type=JsonColumn)  # bureau, before, after, subjects
