"""The database tables of credit records: each as it is, all that it was, and what contests it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from law.evidence import RecordKind, RecordStatus, Severity
from plumbing.database import JsonColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import partial_index
from services.registry.base import Base


@proven()
class Record(Base, table=True):
    """The present version of a credit record."""

    __tablename__ = "record"
    __table_args__ = (
        partial_index(
            "uq_record_source",
            "subject_id",
            "kind",
            "source_ref",
            "determined_on",
            where="NOT removed",
            unique=True,
        ),
        sa.Index("ix_record_subject", "subject_id", "determined_on", "record_id"),
        # For the daily expiry: the records on file, the oldest first.
        partial_index(
            "ix_record_kept",
            "determined_on",
            "record_id",
            where="status <> 'expired' AND NOT removed",
        ),
    )

    record_id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.subject_id")
    bureau: str
    kind: RecordKind = Field(sa_type=enum_column(RecordKind))
    severity: Severity | None = Field(default=None, sa_type=enum_column(Severity))
    occurred_on: date
    determined_on: date
    entered_on: date
    status: RecordStatus = Field(default=RecordStatus.ACTIVE, sa_type=enum_column(RecordStatus))
    status_on: date | None = None
    verified: bool = False
    final: bool = False
    contested: bool = False
    points: int | None = None
    source_ref: str
    provided_by: str = ""
    summary: str = ""
    entered_by: str = ""
    # By a decision, the record still counts but is no longer shown to the public (S4 五(三)).
    disclosure_stopped: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    # Everybody who wrote or approved a version; empty for rows that an earlier release wrote.
    authors: list[str] | None = Field(default=None, sa_type=JsonColumn)
    removed: bool = False
    version: int = 0


@proven()
class RecordVersion(Base, table=True):
    """The content of a credit record at each of its versions, the present version included."""

    __tablename__ = "record_version"

    record_id: str = Field(primary_key=True, foreign_key="record.record_id")
    version: int = Field(primary_key=True)
    state: dict[str, Any] = Field(sa_type=JsonColumn)
    at: datetime


@proven()
class Contest(Base, table=True):
    """A case that contests a record. The record stays marked until its last case has ended."""

    __tablename__ = "contest"

    record_id: str = Field(primary_key=True, foreign_key="record.record_id")
    case_id: str = Field(primary_key=True)
