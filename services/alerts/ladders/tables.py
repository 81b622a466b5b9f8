"""The database table of the figures that bureaus set for their follow-ups."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index
from services.alerts.base import Base


class LadderState(StrEnum):
    """Where proposed figures stand."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DISCARDED = "discarded"


@proven()
class Ladder(Base, table=True):
    """Figures that an administrator proposed for a bureau, in working days by name.

    A wait that begins on `valid_from` or later begins by them, once approved.
    """

    __tablename__ = "ladder"
    __table_args__ = (
        sa.Index("ix_ladder_newest", "proposed_at", "ladder_id"),
        sa.Index("ix_ladder_of_bureau", "bureau", "state", "valid_from"),
        bureau_index("ix_ladder_bureau", "proposed_at", "ladder_id"),
    )

    ladder_id: str = Field(primary_key=True)
    bureau: str
    figures: dict[str, int] = Field(sa_type=JsonColumn)
    valid_from: date
    ground: str
    state: LadderState = Field(sa_type=enum_column(LadderState))
    proposed_by: str
    proposed_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    reasons: str = ""
