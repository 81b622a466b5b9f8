"""The database table of the editions of the calendar that were loaded."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, enum_column
from plumbing.row_digests import proven
from services.registry.base import Base


class EditionState(StrEnum):
    """Where an edition stands."""

    LOADED = "loaded"
    APPLIED = "applied"
    DISCARDED = "discarded"


@proven()
class LoadedEdition(Base, table=True):
    """The arrangement of a year as a file told it; `number` is that of the edition once applied.

    `file_sha256` is the digest of the file that was loaded, beside that of the notice itself.
    """

    __tablename__ = "calendar_edition"
    __table_args__ = (sa.Index("ix_calendar_edition_loaded_at", "loaded_at", "edition_id"),)

    edition_id: str = Field(primary_key=True)
    state: EditionState = Field(default=EditionState.LOADED, sa_type=enum_column(EditionState))
    number: int = 0
    arrangement: dict[str, Any] = Field(sa_type=JsonColumn)
    file_sha256: str
    loaded_by: str
    loaded_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    ground: str = ""
