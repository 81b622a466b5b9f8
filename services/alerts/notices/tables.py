"""The tables of deliveries: receipts of attempts, and the addresses that take no mail."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from plumbing.row_scope import partial_index
from services.alerts.base import Base

_UNTOLD = "notice_id = ''"


class NoticeAttempt(Base, table=True):
    """The receipt of an attempt: the answer of whoever took the notice over, or why nobody did."""

    __tablename__ = "notice_attempt"

    notice_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime
    accepted: bool
    answer: str


class DeadAddress(Base, table=True):
    """An address of a subject that takes no mail; `notice_id` is empty until a digest names it."""

    __tablename__ = "dead_address"
    __table_args__ = (partial_index("ix_dead_address_untold", "bureau", where=_UNTOLD),)

    subject_id: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    bureau: str
    error: str
    at: datetime
    notice_id: str = ""
