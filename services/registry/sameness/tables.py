"""The database tables of what is perhaps the same, and of what was joined."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, enum_column
from plumbing.row_scope import bureau_index
from services.registry.base import Base


class LikeKind(StrEnum):
    """The kinds of things that may be perhaps the same."""

    SUBJECT = "subject"
    INSTRUMENT = "instrument"
    RECORD = "record"
    RESULT = "result"


class Likeness(Base, table=True):
    """Several things of the register that are perhaps one. Its sides are read from the register.

    `place` is what they have in common, from which the id follows: bureau and name; owner, type and
    serial number; subject, kind and days; or instrument and day. `apart` are the ids of the sides
    about which a person has decided: a further side makes the likeness wait again.
    """

    __tablename__ = "likeness"
    __table_args__ = (
        sa.Index("ix_likeness_oldest", "opened_at", "likeness_id"),
        sa.Index("ix_likeness_state", "state", "opened_at", "likeness_id"),
        sa.Index("ix_likeness_subject", "subject_id", "opened_at", "likeness_id"),
        bureau_index("ix_likeness_bureau", "opened_at", "likeness_id"),
        bureau_index("ix_likeness_bureau_state", "state", "opened_at", "likeness_id"),
    )

    likeness_id: str = Field(primary_key=True)
    kind: LikeKind = Field(sa_type=enum_column(LikeKind))
    place: list[str] = Field(sa_type=JsonColumn)
    bureau: str
    subject_id: str = ""
    label: str = ""  # the name or serial number as it is written
    type_code: str = ""
    record_kind: str = ""
    day: date | None = None
    state: str = "waiting"
    apart: list[str] = Field(default_factory=list, sa_type=JsonColumn)
    opened_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    ground: str = ""


class LikenessOfBatch(Base, table=True):
    """Which import found a likeness, or a further side of it."""

    __tablename__ = "likeness_of_batch"

    batch_id: str = Field(primary_key=True, foreign_key="import_batch.batch_id")
    likeness_id: str = Field(primary_key=True)


class Alias(Base, table=True):
    """The id, or the credit code, by which a thing was known before, and the id of what it is now.

    `kind` is subject, instrument or credit_code. `moved` is what joining took along, by kind, so
    that it can be told and undone.
    """

    __tablename__ = "alias"
    __table_args__ = (sa.Index("ix_alias_present", "kind", "present_id"),)

    kind: str = Field(primary_key=True)
    former_id: str = Field(primary_key=True)
    present_id: str
    since: datetime
    moved: dict[str, Any] | None = Field(default=None, sa_type=JsonColumn)
