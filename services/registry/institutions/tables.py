"""The database tables of verification institutions and their authorisations."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn
from plumbing.row_digests import proven
from services.registry.base import Base


@proven(without=("told_on", "since"))
class Institution(Base, table=True):
    """A verification institution; accounts and verifications name it by its unique name.

    `bureau` is the bureau that keeps it. `told_on` is the day on which it was last told of what is
    due, and `since` the one on which it came on file; None if that is not known any more.
    """

    __tablename__ = "institution"
    __table_args__ = (sa.Index("uq_institution_name", "name", unique=True),)

    institution_id: str = Field(primary_key=True)
    name: str
    credit_code: str = ""
    bureau: str
    contact: str = ""
    phone: str = ""
    email: str = ""
    told_on: date | None = None
    since: date | None = None
    version: int = 0


@proven()
class Authorisation(Base, table=True):
    """A type of instrument that an institution may verify on each day of a period, both inclusive.

    `document_no` is the number of the document that authorises it.
    """

    __tablename__ = "authorisation"
    __table_args__ = (sa.Index("ix_authorisation_type", "institution_id", "type_code"),)

    authorisation_id: str = Field(primary_key=True)
    institution_id: str = Field(foreign_key="institution.institution_id")
    type_code: str
    valid_from: date
    valid_until: date
    document_no: str
    version: int = 0


@proven()
class Site(Base, table=True):
    """A place where an institution verifies; no types means all that it may verify.

    `at_owner` tells that it comes to where the owner uses the instrument. Nobody outside finds it,
    also no applicant, before the institution itself has `released` it.
    """

    __tablename__ = "institution_site"
    __table_args__ = (sa.Index("uq_institution_site_name", "institution_id", "name", unique=True),)

    site_id: str = Field(primary_key=True)
    institution_id: str = Field(foreign_key="institution.institution_id")
    name: str
    address: str = ""
    type_codes: list[str] = Field(sa_type=JsonColumn)
    at_owner: bool = False
    released: bool = False
    closed: bool = False
    version: int = 0


@proven()
class Capacity(Base, table=True):
    """How many instruments of some types together an institution completes on a working day.

    It is what the institution says of itself, from a day on; 0 means that it says nothing any more.
    Of several for a type, the one with the latest first day holds.
    """

    __tablename__ = "institution_capacity"
    __table_args__ = (sa.Index("ix_institution_capacity", "institution_id", "from_on"),)

    capacity_id: str = Field(primary_key=True)
    institution_id: str = Field(foreign_key="institution.institution_id")
    type_codes: list[str] = Field(sa_type=JsonColumn)
    per_day: int
    from_on: date
    version: int = 0
