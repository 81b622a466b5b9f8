"""The database tables of laboratories, their records and the marks on verifications."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from law.laboratories import Finding
from plumbing.database import enum_column
from plumbing.row_digests import proven
from services.registry.base import Base


@proven()
class Laboratory(Base, table=True):
    """A laboratory that an institution is specially authorised to keep, on each day of a period.

    Verifications name it by its name, which is unique in its institution. Nobody outside finds it
    before it is `released`.
    """

    __tablename__ = "laboratory"
    __table_args__ = (
        sa.Index("uq_laboratory_name", "institution_id", "name", unique=True),
        sa.Index("ix_laboratory_by_name", "name", "laboratory_id"),
    )

    laboratory_id: str = Field(primary_key=True)
    institution_id: str = Field(foreign_key="institution.institution_id")
    name: str
    site: str = ""
    document_no: str
    valid_from: date
    valid_until: date
    released: bool = False
    version: int = 0


@proven()
class EnvironmentRecord(Base, table=True):
    """What a sensor of a laboratory measured in the hour that begins at `hour`.

    `temperature` is in hundredths of a degree Celsius, `humidity` in hundredths of a percent.
    """

    __tablename__ = "environment_record"
    __table_args__ = (sa.Index("ix_environment_record_hour", "laboratory_id", "hour", "sensor"),)

    laboratory_id: str = Field(primary_key=True, foreign_key="laboratory.laboratory_id")
    sensor: str = Field(primary_key=True)
    hour: datetime = Field(primary_key=True)
    temperature: int
    humidity: int


@proven()
class EnvironmentMark(Base, table=True):
    """What the records of a laboratory say of a verification that was done there.

    `regulation` and the limits are those that were compared, empty if there are none on file. The
    extremes are of the hours of the work, empty without records. `note` tells what the bureau found
    when it looked.
    """

    __tablename__ = "environment_mark"
    __table_args__ = (sa.Index("ix_environment_mark_newest", "worked_from", "verification_id"),)

    verification_id: str = Field(primary_key=True, foreign_key="verification.verification_id")
    finding: Finding = Field(sa_type=enum_column(Finding))
    laboratory: str
    worked_from: str
    worked_until: str
    regulation: str = ""
    example: bool = False
    least_temperature: int | None = None
    most_temperature: int | None = None
    least_humidity: int | None = None
    most_humidity: int | None = None
    hours: int
    hours_missing: int
    hours_outside: int
    lowest_temperature: int | None = None
    highest_temperature: int | None = None
    lowest_humidity: int | None = None
    highest_humidity: int | None = None
    marked_at: datetime
    note: str = ""
    noted_by: str = ""
    noted_at: datetime | None = None
    version: int = 0
