"""The database table of the files of certificates."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.row_scope import partial_index
from services.registry.base import Base

# A condition of an index, which a query repeats word for word so that the index is used.
IN_FORCE = "superseded_at IS NULL"


class CertificateFile(Base, table=True):
    """One version of the file of a certificate; at most one version of each is in force."""

    __tablename__ = "certificate_file"
    __table_args__ = (
        sa.Index("uq_certificate_file_version", "verification_id", "version", unique=True),
        partial_index(
            "uq_certificate_file_in_force", "verification_id", where=IN_FORCE, unique=True
        ),
        sa.Index("ix_certificate_file_newest", "uploaded_at", "certificate_id"),
        partial_index(
            "ix_certificate_file_newest_in_force", "uploaded_at", "certificate_id", where=IN_FORCE
        ),
        sa.Index("ix_certificate_file_sha256", "sha256"),
    )

    certificate_id: str = Field(primary_key=True)
    verification_id: str = Field(foreign_key="verification.verification_id")
    version: int
    sha256: str
    size: int = Field(sa_type=sa.BigInteger)
    kind: str
    file_name: str
    uploaded_by: str
    uploaded_at: datetime
    reason: str = ""
    superseded_at: datetime | None = None
