"""The database table of the terms that bureaus state for orders."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index
from services.registry.base import Base


@proven()
class OrderTerms(Base, table=True):
    """What a bureau stated for its orders, in working days, from a day on; rows never change.

    0 means that the bureau states none from that day on. Of several of one day, the one that was
    released last holds.
    """

    __tablename__ = "order_terms"
    __table_args__ = (
        sa.Index("ix_order_terms_of_bureau", "bureau", "valid_from"),
        sa.Index("ix_order_terms_newest", "valid_from", "terms_id"),
        bureau_index("ix_order_terms_bureau", "valid_from", "terms_id"),
    )

    terms_id: str = Field(primary_key=True)
    bureau: str
    acceptance_days: int
    completion_days: int
    valid_from: date
    source: str
    set_by: str
    released_by: str
    released_at: datetime
