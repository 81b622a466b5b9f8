"""The database tables of certificates of calibration, of calibrations and of their cycles."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.registry.base import Base

# Conditions of indexes, which a query repeats word for word so that the index is used.
CONFIRMED = "withdrawn_ground = ''"
DUE = "calibration.due_on IS NOT NULL"


class DccState(StrEnum):
    """What became of a certificate."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


@proven()
class Dcc(Base, table=True):
    """A Digital Calibration Certificate as it was sent, with what was read in it.

    `institution` is that of whoever sent it, empty for a bureau; `bureau` is that of the sender.
    `reading` is what the reader found (`dcc/dcc_subprocess.py`): a proposal and no fact.
    """

    __tablename__ = "dcc"
    __table_args__ = (
        sa.Index("uq_dcc_sent_once", "sha256", "institution", "bureau", unique=True),
        sa.Index("ix_dcc_newest", "uploaded_at", "dcc_id"),
        sa.Index("ix_dcc_institution", "institution", "uploaded_at", "dcc_id"),
        bureau_index("ix_dcc_bureau", "uploaded_at", "dcc_id"),
    )

    dcc_id: str = Field(primary_key=True)
    state: DccState = Field(default=DccState.WAITING, sa_type=enum_column(DccState))
    file_name: str
    sha256: str
    size: int = Field(sa_type=sa.BigInteger)
    institution: str = ""
    bureau: str = ""
    uploaded_by: str
    uploaded_at: datetime
    reading: dict[str, Any] = Field(sa_type=JsonColumn)
    ground: str = ""
    version: int = 0


@proven(without=("certificate_key",))
class Calibration(Base, table=True):
    """A calibration of an instrument that a person confirmed. It decides no colour.

    One item of a certificate is at most one calibration in force. `due_on` is the day of the next
    one by the owner's cycle; only the latest calibration in force of an instrument has it.
    """

    __tablename__ = "calibration"
    __table_args__ = (
        partial_index("uq_calibration_item", "dcc_id", "item", where=CONFIRMED, unique=True),
        sa.Index("ix_calibration_instrument", "instrument_id", "calibrated_on", "calibration_id"),
        sa.Index("ix_calibration_newest", "calibrated_on", "calibration_id"),
        sa.Index("ix_calibration_certificate_key", "certificate_key"),
        partial_index("ix_calibration_due", "due_on", "calibration_id", where="due_on IS NOT NULL"),
    )

    calibration_id: str = Field(primary_key=True)
    instrument_id: str = Field(foreign_key="instrument.instrument_id")
    dcc_id: str = Field(foreign_key="dcc.dcc_id")
    item: int
    certificate_no: str
    certificate_key: str
    laboratory: str
    calibrated_on: date
    issued_on: date | None = None
    conformity: str = ""
    conditions: list[dict[str, str]] = Field(sa_type=JsonColumn)
    signature: str
    confirmed_by: str
    confirmed_at: datetime
    ground: str = ""
    withdrawn_ground: str = ""
    due_on: date | None = None
    version: int = 0


@proven()
class CalibrationCycle(Base, table=True):
    """After how many months the owner of an instrument has it calibrated again; 0 for no cycle.

    `due_on` is the day that was announced last, and `due_version` counts how often it moved.
    """

    __tablename__ = "calibration_cycle"

    instrument_id: str = Field(primary_key=True, foreign_key="instrument.instrument_id")
    months: int
    set_by: str
    set_at: datetime
    due_on: date | None = None
    due_version: int = Field(
        default=0, sa_type=sa.BigInteger, sa_column_kwargs={"server_default": "0"}
    )
