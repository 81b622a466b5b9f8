"""The database table of what joinings of subjects gave to another subject."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn
from services.alerts.base import Base


class Joining(Base, table=True):
    """What a joining of subjects gave to the one that stays, so that it can be undone.

    `notices` are ids of notices, and `contests` those of the cases in which something is contested.
    """

    former_id: str = Field(primary_key=True)
    present_id: str
    notices: list[str] = Field(sa_type=JsonColumn)
    contests: list[str] = Field(
        default_factory=list,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'[]'")},
    )
