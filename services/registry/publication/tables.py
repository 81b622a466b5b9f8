"""The database table of what was decided about the publication of records."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from law.disclosure.data import Classification
from law.disclosure.publication import PublicationState
from plumbing.database import enum_column
from plumbing.row_digests import proven
from services.registry.base import Base


@proven()
class Publication(Base, table=True):
    """What a confidentiality review decided about a record; a record without a row waits for it.

    `content` is a digest of what was reviewed, and `summary` the text that was released.
    `public_from` is the first day on which the public is shown it; None means at once.
    """

    __tablename__ = "publication"
    __table_args__ = (sa.Index("ix_publication_state", "state", "record_id"),)

    record_id: str = Field(primary_key=True, foreign_key="record.record_id")
    state: PublicationState = Field(sa_type=enum_column(PublicationState))
    classification: Classification = Field(sa_type=enum_column(Classification))
    personal_data: bool = False
    content: str = ""
    summary: str = ""
    reasons: str = ""
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    told_on: date | None = None
    public_from: date | None = None
