"""The table of the verification institutions, as the register announces them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Field

from services.alerts.base import Base


class Institution(Base, table=True):
    """A verification institution; an account that speaks for it has its name, which never changes.

    `bureau` is the one that keeps it.
    """

    institution_id: str = Field(primary_key=True)
    name: str = Field(unique=True)
    bureau: str
    email: str
    version: int = Field(sa_type=sa.BigInteger)
