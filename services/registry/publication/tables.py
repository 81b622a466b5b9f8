"""The database table of what was decided about the publication of records."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

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
    `public_from` is the first day on which the public is shown it; None means at once, unless it
    `awaits_telling`: then it is the window after the day on which the subject will have been told.
    `revision` counts the changes that were announced.
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
    awaits_telling: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    revision: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class Manner(StrEnum):
    """How a subject was told of a record."""

    MAIL = "mail"  # the mail server accepted the notice
    PORTAL = "portal"  # the subject opened the notice
    BY_HAND = "by_hand"


class Means(StrEnum):
    """How a telling by hand reached the subject."""

    SERVED = "served"  # handed over against a signature
    LEFT = "left"
    POSTED = "posted"
    ANNOUNCED = "announced"
    OTHER = "other"


@proven()
class Telling(Base, table=True):
    """Who told the subject of an adverse record: a record without a row was told to nobody.

    `told_on` is None while nobody did. `content` is a digest of what the subject was told of, and
    `asked_at` the moment at which somebody last asked for the notice. `means` and `remark` belong
    to a telling by hand.
    """

    __tablename__ = "telling"

    record_id: str = Field(primary_key=True, foreign_key="record.record_id")
    content: str = ""
    told_on: date | None = None
    manner: Manner | None = Field(default=None, sa_type=enum_column(Manner))
    notice_id: str = ""
    noted_by: str = ""
    remark: str = ""
    means: Means | None = Field(default=None, sa_type=enum_column(Means))
    asked_at: datetime | None = None


class ReplyState(StrEnum):
    """How far a subject's reply has come."""

    WAITING = "waiting"
    RELEASED = "released"
    WITHHELD = "withheld"
    WITHDRAWN = "withdrawn"


@proven()
class Reply(Base, table=True):
    """The subject's own reply to an adverse record; `content` is a digest of what it replies to.

    `released` is the text that the public is shown, and `revision` counts the texts written.
    """

    __tablename__ = "reply"
    __table_args__ = (sa.Index("ix_reply_state", "state", "record_id"),)

    record_id: str = Field(primary_key=True, foreign_key="record.record_id")
    content: str
    text: str
    revision: int = 0
    state: ReplyState = Field(sa_type=enum_column(ReplyState))
    written_by: str
    written_at: datetime
    released: str = ""
    reasons: str = ""
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
