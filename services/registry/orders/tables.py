"""The database tables of orders for verification and their steps."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.registry.base import Base
from services.registry.orders.states import OrderReason, OrderState

# The orders that have not ended; a query repeats it word for word so that its index is used.
UNENDED = "due_on IS NOT NULL"
LATE = "late"


@proven()
class Order(Base, table=True):
    """An application for the verification of one instrument.

    An instrument has at most one that has not ended. `bureau` is that of the subject that applied.
    `due_on` is the last day on which the institution takes its next step in time, None at the end.
    It follows from `term_days` working days; 0 stands for those of the law's data, in an order of
    an earlier release. `terms_id` is what a bureau stated of them, empty if they are the law's.
    `valid_until` is the last day of the verification in force on the day of the application.
    """

    __tablename__ = "verification_order"
    __table_args__ = (
        partial_index("uq_order_unended", "instrument_id", where=UNENDED, unique=True),
        sa.Index("ix_order_instrument", "instrument_id", "order_id"),
        sa.Index("ix_order_subject", "subject_id", "applied_on", "order_id"),
        sa.Index("ix_order_institution", "institution", "applied_on", "order_id"),
        sa.Index("ix_order_newest", "applied_on", "order_id"),
        bureau_index("ix_order_bureau", "applied_on", "order_id"),
        partial_index(
            "ix_order_institution_due", "institution", "due_on", "order_id", where=UNENDED
        ),
        partial_index("ix_order_subject_due", "subject_id", "due_on", "order_id", where=UNENDED),
        partial_index("ix_order_due", "due_on", "order_id", where=UNENDED),
        bureau_index("ix_order_bureau_due", "due_on", "order_id", where=UNENDED),
    )

    order_id: str = Field(primary_key=True)
    instrument_id: str = Field(foreign_key="instrument.instrument_id")
    type_code: str
    serial_no: str
    subject_id: str = Field(foreign_key="subject.subject_id")
    bureau: str
    institution: str
    state: OrderState = Field(sa_type=enum_column(OrderState))
    reason: OrderReason = Field(sa_type=enum_column(OrderReason))
    applied_on: date
    applied_by: str
    valid_until: date | None = None
    due_on: date | None = None
    term_days: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    terms_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    appointed_on: date | None = None
    verification_id: str = ""
    note: str = ""
    version: int = 0


@proven()
class OrderStep(Base, table=True):
    """A step that an order took; `number` counts them from 1.

    It is `late` if the institution took it after its last day, or the bureau ended the order then.
    """

    __tablename__ = "verification_order_step"
    __table_args__ = (partial_index("ix_order_step_late", "at", "order_id", where=LATE),)

    order_id: str = Field(primary_key=True, foreign_key="verification_order.order_id")
    number: int = Field(primary_key=True)
    state: OrderState = Field(sa_type=enum_column(OrderState))
    at: datetime
    by: str
    ground: str = ""
    appointed_on: date | None = None
    late: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
