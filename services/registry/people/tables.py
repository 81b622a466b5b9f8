"""The database table of qualifications."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from law.people import QualificationKind
from plumbing.database import enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import partial_index
from services.registry.base import Base

# A query repeats these conditions word for word, with the table, so that their index is used.
ENDING = "valid_until IS NOT NULL AND ended_ground = ''"
# Those that are shown to others: institutions to the public, experts to whoever is signed in.
PUBLIC = "consent <> '' AND ended_ground = ''"


@proven(without=("number_key",))
class Qualification(Base, table=True):
    """Who is qualified for what, under which number and until when.

    It is known by its kind and its number as it is compared, `number_key`, which is set whenever
    the row is saved. `institution` names what a person belongs to. `consent` tells how a
    calibration institution consented to be public, or an expert to be found by whoever is signed
    in (C-48); `contact` is how that expert is reached.
    """

    __tablename__ = "qualification"
    __table_args__ = (
        sa.Index("uq_qualification_number", "kind", "number_key", unique=True),
        sa.Index("ix_qualification_name", "name", "qualification_id"),
        partial_index("ix_qualification_ending", "valid_until", "qualification_id", where=ENDING),
        partial_index("ix_qualification_public", "name", "qualification_id", where=PUBLIC),
    )

    qualification_id: str = Field(primary_key=True)
    kind: QualificationKind = Field(sa_type=enum_column(QualificationKind))
    number: str
    number_key: str
    name: str
    scope: str = ""
    institution: str = ""
    bureau: str = Field(foreign_key="bureau.code")
    valid_from: date
    valid_until: date | None = None
    ended_ground: str = ""
    consent: str = ""
    contact: str = Field(default="", sa_column_kwargs={"server_default": ""})
    version: int = 0
