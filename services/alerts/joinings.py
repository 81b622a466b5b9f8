"""The database table of what joinings of subjects gave to another subject."""

from __future__ import annotations

from sqlmodel import Field

from plumbing.database import JsonColumn
from services.alerts.base import Base


class Joining(Base, table=True):
    """The notices that a joining of subjects gave to the one that stays, so it can be undone."""

    former_id: str = Field(primary_key=True)
    present_id: str
    notices: list[str] = Field(sa_type=JsonColumn)
