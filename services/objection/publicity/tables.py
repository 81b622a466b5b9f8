"""The database table of the changes that cases made to public records."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.row_digests import proven
from services.objection.base import Base

NOT_YET = date.max  # noted before the decision is carried out


@proven()
class PublicChange(Base, table=True):
    """The change of a record by a case that found it public.

    It is told to the public from `changed_on`. A repair is also announced until `announced_until`;
    that day is date.min without an announcement. An announcement is not shown while a review keeps
    the record from the public: `withheld`, by the `revision` of its publication in the register.
    """

    __tablename__ = "public_change"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "record_id"),
        sa.Index("ix_public_change_day", "changed_on", "change_id"),
        sa.Index("ix_public_change_announced", "announced_until"),
        sa.Index("ix_public_change_subject", "subject_id"),
        sa.Index("ix_public_change_record", "record_id"),
    )

    change_id: str = Field(primary_key=True)
    case_id: str
    record_id: str
    subject_id: str
    subject_name: str
    bureau: str
    kind: str
    source_ref: str
    change: str
    changed_on: date = NOT_YET
    announced_until: date = date.min
    cite: str = ""
    example: bool = False
    withheld: bool = False
    revision: int = Field(default=0, sa_type=sa.BigInteger)
