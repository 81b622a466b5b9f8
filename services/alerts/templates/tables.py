"""The database table of the templates that bureaus set for texts of the platform."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index
from services.alerts.base import Base


class TemplateState(StrEnum):
    """Where a proposed template stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DISCARDED = "discarded"


@proven()
class NoticeTemplate(Base, table=True):
    """A version of a template; of a bureau and kind the one that was approved last is in force.

    `kind` is a kind of notice or a step of a follow-up. An empty `words` takes the platform's own
    words, and so does an empty `words_en` for the English text.
    """

    __tablename__ = "notice_template"
    __table_args__ = (
        sa.UniqueConstraint("bureau", "kind", "version"),
        sa.Index("ix_notice_template_newest", "proposed_at", "template_id"),
        bureau_index("ix_notice_template_bureau", "proposed_at", "template_id"),
    )

    template_id: str = Field(primary_key=True)
    bureau: str
    kind: str
    version: int
    words: str
    words_en: str
    ground: str
    state: TemplateState = Field(sa_type=enum_column(TemplateState))
    proposed_by: str
    proposed_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    reasons: str = ""
