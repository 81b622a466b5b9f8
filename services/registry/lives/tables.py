"""The database table of the acts of which the life of a subject consists."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, enum_column
from plumbing.row_digests import proven
from services.registry.base import Base


class LifeAct(StrEnum):
    """The kinds of acts."""

    SPLIT = "split"
    RECODED = "recoded"
    DEREGISTERED = "deregistered"
    REINSTATED = "reinstated"
    JOINED = "joined"
    PARTED = "parted"


@proven()
class TwinsApart(Base, table=True):
    """A decision that two namesakes are not the same, kept from the side of each of them.

    `facts` is what told the two of them apart when it was decided, the own side first: the decision
    holds as long as they say the same.
    """

    __tablename__ = "twins_apart"

    subject_id: str = Field(primary_key=True, foreign_key="subject.subject_id")
    other_id: str = Field(primary_key=True, foreign_key="subject.subject_id")
    facts: str
    ground: str
    at: datetime
    by: str


@proven()
class SubjectAct(Base, table=True):
    """One act of the life of a subject, and the other subject that it concerns, if any.

    `day` is the day from which it holds. `kept` is what undoing it and telling of it need, by kind:
    the ids of what went along, or the credit code before.
    """

    __tablename__ = "subject_act"
    __table_args__ = (
        sa.Index("ix_subject_act_subject", "subject_id", "at", "act_id"),
        sa.Index("ix_subject_act_other", "other_id", "at", "act_id"),
    )

    act_id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.subject_id")
    other_id: str = ""
    act: LifeAct = Field(sa_type=enum_column(LifeAct))
    day: date
    ground: str
    former_code: str = ""
    other_name: str = ""
    kept: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    at: datetime
    by: str
    undone_at: datetime | None = None
