"""The database table of permits of metrology."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field

from law.identity import document_key, folded
from plumbing.row_digests import proven
from plumbing.row_scope import partial_index
from services.registry.base import Base

# The permits with a last day. A query has the name of the table too, and is served by the index.
_ENDING = "valid_until IS NOT NULL AND NOT removed"
ENDING = "permit.valid_until IS NOT NULL AND NOT permit.removed"


@proven(without=("number_key", "authority_key"))
class Permit(Base, table=True):
    """A permit of metrology of a subject: S3 6(二), S4 二(一)6.

    It is known by its subject, its authority and the number of its decision as they are compared:
    `number_key` and `authority_key`, which are set whenever the row is saved. `matter` is one of
    the kinds of the law (`law/permits.py`). `valid_until` is None if it has no end, which
    `open_ended` tells, or if no last day is known. `ended` tells how a person says that it ended,
    such as `revoked`.
    """

    __tablename__ = "permit"
    __table_args__ = (
        partial_index(
            "uq_permit_decision",
            "subject_id",
            "number_key",
            "authority_key",
            where="NOT removed",
            unique=True,
        ),
        sa.Index("ix_permit_subject", "subject_id", "decided_on", "permit_id"),
        sa.Index("ix_permit_newest", "decided_on", "permit_id"),
        partial_index("ix_permit_ending", "valid_until", "permit_id", where=_ENDING),
    )

    permit_id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.subject_id")
    matter: str
    document_name: str
    document_no: str
    category: str = ""
    certificate_name: str = ""
    permit_no: str = ""
    content: str = ""
    decided_on: date
    valid_from: date | None = None
    valid_until: date | None = None
    open_ended: bool = False
    authority: str
    authority_code: str = ""
    provided_by: str = ""
    entered_on: date
    entered_by: str = ""
    ended: str = ""
    ended_on: date | None = None
    ended_ground: str = ""
    number_key: str = ""
    authority_key: str = ""
    removed: bool = False
    version: int = 0

    def set_keys(self) -> None:
        """Sets the columns by which the permit is compared."""
        self.number_key = document_key(self.document_no)
        self.authority_key = authority_key(self.authority_code, self.authority)


def authority_key(code: str, name: str) -> str:
    """Returns what an authority is known by: its credit code, or else its name as compared."""
    return code or folded(name)
