"""The database table of proposals."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn
from plumbing.row_scope import bureau_index
from services.registry.base import Base

_WAITING = sa.text("state = 'waiting'")


class Proposal(Base, table=True):
    """A change that one person proposes and another releases.

    `request` is the request as it was sent, `base_version` the version of the object that it
    changes, and `changes` are the fields with their values before and after. `institution` is the
    name of the verification institution for which it was proposed. `basis` is the digest of what a
    release depends on, empty where it depends on the version. At most one proposal about an object
    waits.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        sa.Index("ix_proposal_oldest", "proposed_at", "proposal_id"),
        sa.Index("ix_proposal_state", "state", "proposed_at", "proposal_id"),
        sa.Index("ix_proposal_proposer", "proposed_by", "proposed_at", "proposal_id"),
        sa.Index("ix_proposal_object", "object", "proposed_at", "proposal_id"),
        sa.Index("ix_proposal_institution", "institution", "proposed_at", "proposal_id"),
        bureau_index("ix_proposal_bureau", "proposed_at", "proposal_id"),
        bureau_index("ix_proposal_bureau_state", "state", "proposed_at", "proposal_id"),
        sa.Index(
            "uq_proposal_waiting",
            "object",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    proposal_id: str = Field(primary_key=True)
    act: str
    request_type: str
    request: bytes
    object: str
    subject_id: str
    bureau: str
    state: str
    ground: str
    changes: list[dict[str, str]] = Field(sa_type=JsonColumn)
    base_version: int
    proposed_by: str
    proposed_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    reasons: str = ""
    institution: str = Field(default="", sa_column_kwargs={"server_default": ""})
    basis: str = Field(default="", sa_column_kwargs={"server_default": ""})
