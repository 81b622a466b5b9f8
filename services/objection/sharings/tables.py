"""The database tables of sharings of records, and of the notices to their receivers."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.objection.base import Base

TO_SEND = "(email = '' OR undelivered_on IS NOT NULL) AND sent_on IS NULL"


@proven()
class Sharing(Base, table=True):
    """Records of one subject that a bureau shared with an authority or an organisation.

    `way` is one of `ways.Way`. `source` names the circular and its entry by which an authority was
    told of the subject; empty for other ways. Without an `email` its receiver gets notices by
    hand. It lasts until `ended_at`.
    """

    __tablename__ = "sharing"
    __table_args__ = (
        bureau_index("ix_sharing_bureau", "entered_at", "sharing_id"),
        sa.Index("ix_sharing_newest", "entered_at", "sharing_id"),
        sa.Index("ix_sharing_subject", "subject_id"),
        sa.Index("ix_sharing_source", "source"),
    )

    sharing_id: str = Field(primary_key=True)
    bureau: str
    subject_id: str
    record_ids: list[str] = Field(sa_type=JsonColumn)
    with_grade: bool
    receiver: str
    email: str
    contact: str
    way: str
    shared_on: date
    document: str
    purpose: str
    entered_by: str
    entered_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_reasons: str = ""
    source: str = Field(default="", sa_column_kwargs={"server_default": ""})


class SharedRecord(Base, table=True):
    """The link of a record to a sharing of it."""

    __tablename__ = "shared_record"

    record_id: str = Field(primary_key=True)
    sharing_id: str = Field(primary_key=True)


@proven()
class ReceiverNotice(Base, table=True):
    """A notice to a receiver of what a case did to the records that it had got.

    A sharing gets one of each case. One without a `case_id` says that the subject of a circular
    came off the exposure list. One with an `email` is mailed by alerts; any other, and one
    whose mail was given up on `undelivered_on`, waits until somebody has recorded that it was sent.
    `failure` tells why, as `Notice.failure` of alerts does.
    """

    __tablename__ = "receiver_notice"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "sharing_id"),
        partial_index("ix_receiver_notice_to_send", "issued_at", "notice_id", where=TO_SEND),
    )

    notice_id: str = Field(primary_key=True)
    case_id: str
    sharing_id: str
    bureau: str
    receiver: str
    email: str
    contact: str
    record_ids: list[str] = Field(sa_type=JsonColumn)
    title: str
    body: str
    issued_at: datetime
    due_on: date
    undelivered_on: date | None = None
    failure: str = Field(default="", sa_column_kwargs={"server_default": ""})
    sent_on: date | None = None
    means: str = ""
    remark: str = ""
    recorded_by: str = ""
    recorded_at: datetime | None = None

    @property
    def object(self) -> str:
        """What the audit calls the matter of this notice: its case, or else its sharing."""
        return f"case/{self.case_id}" if self.case_id else f"sharing/{self.sharing_id}"
