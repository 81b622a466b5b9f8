"""The tables of deliveries, of how subjects want their notices, and what is yet to be told."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field

from plumbing.database import JsonColumn, enum_column
from plumbing.row_scope import partial_index
from services.alerts.base import Base
from services.alerts.languages import Language

_UNTOLD = "notice_id = ''"
_ZH = Language.CHINESE


class NoticeAttempt(Base, table=True):
    """The receipt of an attempt: the answer of whoever took the notice over, or why nobody did."""

    __tablename__ = "notice_attempt"

    notice_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime
    accepted: bool
    answer: str


class DeadAddress(Base, table=True):
    """An address that takes no mail; `notice_id` is empty until a digest names it.

    It is one of a subject, or of the institution whose key `subject_id` has.
    """

    __tablename__ = "dead_address"
    __table_args__ = (partial_index("ix_dead_address_untold", "bureau", where=_UNTOLD),)

    subject_id: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    bureau: str
    error: str
    at: datetime
    notice_id: str = ""


class UntoldResult(Base, table=True):
    """A result or a certificate of a verification of which the owner is still to be told.

    `passed` is true if it was passed and that is news. `certificate` is the version of the file
    that came, 0 for none, and `reason` why it replaced the one before. A row goes once it is told.
    """

    __tablename__ = "untold_result"

    verification_id: str = Field(primary_key=True)
    passed: bool = False
    certificate: int = 0
    reason: str = ""
    at: datetime


class BroughtInstrument(Base, table=True):
    """An instrument that was brought to an institution: the last step, and the day of it.

    `untold` is true until a digest tells it. `state` is that of the order, in `version`. It is kept
    until its owner was told that it was returned, or its order ended without a result.
    """

    __tablename__ = "brought_instrument"
    __table_args__ = (partial_index("ix_brought_instrument_untold", "order_id", where="untold"),)

    order_id: str = Field(primary_key=True)
    state: str
    step_on: date
    version: int = Field(sa_type=sa.BigInteger)
    untold: bool


class UntoldUpkeep(Base, table=True):
    """A repair or a broken seal that an owner noted; it goes once the bureau is told."""

    __tablename__ = "untold_upkeep"

    upkeep_id: str = Field(primary_key=True)
    instrument_id: str
    kind: str
    done_on: date


class KnownDcc(Base, table=True):
    """A certificate of calibration; `untold` while it waits and nobody who confirms was told."""

    __tablename__ = "known_dcc"
    __table_args__ = (partial_index("ix_known_dcc_untold", "bureau", where="untold"),)

    dcc_id: str = Field(primary_key=True)
    institution: str
    bureau: str
    certificate_no: str
    laboratory: str
    version: int = Field(sa_type=sa.BigInteger)
    untold: bool


class Rhythm(StrEnum):
    """How often a subject gets its digest: weekly on its day, but at once with a red alert."""

    DAILY = "daily"
    WEEKLY = "weekly"


class DigestPreference(Base, table=True):
    """How a subject wants its notices; without a row digests are mailed each day, in Chinese.

    `subject_id` is that of a subject, or the key of an institution, whose mails without a row are
    in both languages (`owners`).

    `language` holds for all of its mails, but not for letters under law, which are Chinese.
    `weekday` is the day of a weekly digest, from 0 for Monday. No mail is sent from `quiet_from`
    until before `quiet_until`, such as 22:00 and 07:00; empty for no quiet hours. Of the kinds
    `portal_only` nothing is mailed, and digests are not unless `mailed`; of the kinds `by_webhook`
    and `by_sms` only what no webhook or gateway takes. `sms_also` adds a text message to the mails
    of other kinds.
    """

    __tablename__ = "digest_preference"

    subject_id: str = Field(primary_key=True)
    rhythm: Rhythm = Field(sa_type=enum_column(Rhythm))
    mailed: bool
    language: Language = Field(
        default=_ZH,
        sa_type=enum_column(Language),
        sa_column_kwargs={"server_default": _ZH.value},
    )
    weekday: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    quiet_from: str = Field(default="", sa_column_kwargs={"server_default": ""})
    quiet_until: str = Field(default="", sa_column_kwargs={"server_default": ""})
    portal_only: list[str] | None = Field(default=None, sa_type=JsonColumn)
    by_webhook: list[str] | None = Field(default=None, sa_type=JsonColumn)
    by_sms: list[str] | None = Field(default=None, sa_type=JsonColumn)
    sms_also: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
