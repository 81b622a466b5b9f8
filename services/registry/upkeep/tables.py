"""The database tables of the log of upkeep of instruments."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.row_digests import proven
from services.registry.base import Base


@proven()
class UpkeepEntry(Base, table=True):
    """What was done to an instrument, or found on it, on a day: S2 附件2-3, 附件2-6, 附件2-13.

    `kind` is one of the kinds of the law (`law/upkeep.py`). An entry stays as it was written; one
    that was wrong has the id of its correction in `corrected_by`, and the correction has its id in
    `corrects`, with a ground. `verification_id` is the result by which the instrument is to be
    verified again, empty if it need not be.
    """

    __tablename__ = "upkeep_entry"
    __table_args__ = (
        sa.Index("ix_upkeep_instrument", "instrument_id", "done_on", "upkeep_id"),
        sa.Index("ix_upkeep_newest", "done_on", "upkeep_id"),
    )

    upkeep_id: str = Field(primary_key=True)
    instrument_id: str = Field(foreign_key="instrument.instrument_id")
    kind: str
    part: str = ""
    done_on: date
    done_by: str
    what: str
    seal_no: str = ""
    corrects: str = ""
    ground: str = ""
    corrected_by: str = ""
    verification_id: str = ""
    entered_by: str
    entered_at: datetime


@proven()
class UpkeepFile(Base, table=True):
    """A photograph or another file of an entry; the content lies in the store of files."""

    __tablename__ = "upkeep_file"
    __table_args__ = (
        sa.Index("uq_upkeep_file", "upkeep_id", "sha256", unique=True),
        sa.Index("ix_upkeep_file_sha256", "sha256"),
    )

    file_id: str = Field(primary_key=True)
    upkeep_id: str = Field(foreign_key="upkeep_entry.upkeep_id")
    sha256: str
    size: int = Field(sa_type=sa.BigInteger)
    kind: str
    file_name: str
    uploaded_by: str
    uploaded_at: datetime
