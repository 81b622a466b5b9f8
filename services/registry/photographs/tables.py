"""The database table of photographs of instruments."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.row_digests import proven
from services.registry.base import Base


@proven()
class Photograph(Base, table=True):
    """A photograph of an instrument; `shows` is plate or form.

    The preview holds its pixels alone. A picture of which none can be made has no preview.
    """

    __tablename__ = "photograph"
    __table_args__ = (
        sa.Index("uq_photograph_file", "instrument_id", "sha256", unique=True),
        sa.Index("ix_photograph_sha256", "sha256"),
        sa.Index("ix_photograph_preview", "preview_sha256"),
    )

    photograph_id: str = Field(primary_key=True)
    instrument_id: str = Field(foreign_key="instrument.instrument_id")
    shows: str
    sha256: str
    size: int = Field(sa_type=sa.BigInteger)
    kind: str
    file_name: str
    uploaded_by: str
    uploaded_at: datetime
    preview_sha256: str = ""
    preview_size: int = 0
