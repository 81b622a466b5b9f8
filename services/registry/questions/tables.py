"""The database table of the questions that imports leave for a person."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import enum_column
from plumbing.row_scope import bureau_index
from services.registry.base import Base


class Asked(StrEnum):
    """The kinds of questions: what about a row of a file a person has to decide."""

    REJECTED_ALONE = "rejected_alone"
    REVOKED = "revoked"
    DISPUTED = "disputed"
    OTHER_STATE = "other_state"
    BY_NAME = "by_name"
    NOT_FINAL = "not_final"


class Question(Base, table=True):
    """Something in an imported file that only a person can decide.

    The same row of a later file asks nothing anew, whatever the thing belongs to then (`asking`).
    A question about an instrument waits as long as the instrument is in use and no pass is known of
    it; one about a penalty that is not final, as long as its record is active and not final.
    `bureau` is that of the subject.
    """

    __tablename__ = "question"
    __table_args__ = (
        sa.Index("ix_question_oldest", "opened_at", "question_id"),
        sa.Index("ix_question_state", "state", "opened_at", "question_id"),
        sa.Index("ix_question_subject", "subject_id", "opened_at", "question_id"),
        sa.Index("ix_question_instrument", "instrument_id"),
        sa.Index("ix_question_record", "record_id"),
        sa.Index("ix_question_batch", "batch_id", "opened_at", "question_id"),
        bureau_index("ix_question_bureau", "opened_at", "question_id"),
        bureau_index("ix_question_bureau_state", "state", "opened_at", "question_id"),
    )

    question_id: str = Field(primary_key=True)
    kind: Asked = Field(sa_type=enum_column(Asked))
    bureau: str
    subject_id: str
    instrument_id: str = ""
    record_id: str = ""
    source_ref: str = ""
    day: date
    provided_by: str = ""
    summary: str = ""
    severity: str = ""
    batch_id: str = Field(foreign_key="import_batch.batch_id")
    state: str = "waiting"
    answer: str = ""
    ground: str = ""
    opened_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
