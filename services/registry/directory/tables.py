"""The database table of what institutions release of themselves."""

from __future__ import annotations

from datetime import date

from sqlmodel import Field

from plumbing.row_digests import proven
from services.registry.base import Base


@proven()
class InstitutionListing(Base, table=True):
    """What an institution lets the public know of it: S4 三(四).

    Nobody outside sees it before it is `released`. `consent` tells how the institution consented,
    if a unit head released it in its place.
    """

    __tablename__ = "institution_listing"

    institution_id: str = Field(primary_key=True, foreign_key="institution.institution_id")
    sites: str = ""
    division_code: str = ""
    contact: str = ""
    phone: str = ""
    website: str = ""
    released: bool = False
    released_on: date | None = None
    consent: str = ""
    version: int = 0
