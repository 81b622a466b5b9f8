"""The database tables of what acts on subjects gave to another subject."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn
from services.alerts.base import Base


class Joining(Base, table=True):
    """What a joining of subjects gave to the one that stays, so that it can be undone.

    `notices` and `webhooks` are ids of these, `contests` those of the cases in which something is
    contested, and `escalations` those of the escalation cases, with those that ended since the same
    matter went on. `mobile_confirmed_at` tells the mobile number that went along; None if none did.
    """

    former_id: str = Field(primary_key=True)
    present_id: str
    notices: list[str] = Field(sa_type=JsonColumn)
    contests: list[str] = Field(
        default_factory=list,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'[]'")},
    )
    escalations: list[str] = Field(
        default_factory=list,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'[]'")},
    )
    webhooks: list[str] = Field(
        default_factory=list,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'[]'")},
    )
    mobile_confirmed_at: datetime | None = None


class Split(Base, table=True):
    """The records that went to a part of a subject: the part has what contests them later."""

    __tablename__ = "split"
    __table_args__ = (sa.Index("ix_split_origin", "origin_id"),)

    part_id: str = Field(primary_key=True)
    origin_id: str
    records: list[str] = Field(sa_type=JsonColumn)
