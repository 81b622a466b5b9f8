"""The database tables of alerts: copies of rows of the register (the projection), and its own rows.

The projection stores the highest version received of each row; a removed row is marked `removed`.
No projected row refers to another by foreign key, because their events arrive in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Field

from law.colours.basis import RED_WITHOUT_DATE, Basis
from law.colours.rule import Colour, InstrumentState, VerificationResult
from plumbing.calendars.editions import AppliedEditionColumns
from plumbing.database import JsonColumn, SerialColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.alerts.base import Base
from services.alerts.circulars.tables import Authority, Circular, CircularEntry, CircularReceiver
from services.alerts.due_dates import CalendarFeed, CalibrationDue
from services.alerts.escalation.tables import (
    AwaitedOrder,
    DocumentNumber,
    Escalation,
    EscalationAlert,
    EscalationDraft,
    EscalationState,
    EscalationStep,
    StepState,
)
from services.alerts.exposure_lists.tables import ExposureEntry, ExposureList
from services.alerts.institutions import Institution
from services.alerts.joinings import Joining, Split
from services.alerts.ladders.tables import Ladder
from services.alerts.languages import Language
from services.alerts.notes_of_cases import UNTOLD, Arrival, TermNote
from services.alerts.notice_kinds import Failure, NoticeKind, NoticeState
from services.alerts.notices.tables import DeadAddress, DigestPreference, NoticeAttempt, Rhythm
from services.alerts.templates.tables import NoticeTemplate
from services.alerts.text_messages.tables import MobileNumber
from services.alerts.webhooks.tables import Webhook, WebhookAttempt, WebhookMessage

RETIRED = frozenset({"awaited_order.subject_id", "brought_instrument.subject_id"})
__all__ = [  # the tables of escalation and of notes belong to the same metadata
    "UNTOLD",
    "Arrival",
    "Authority",
    "AwaitedOrder",
    "Base",
    "CalendarFeed",
    "CalibrationDue",
    "Circular",
    "CircularEntry",
    "CircularReceiver",
    "DeadAddress",
    "DigestPreference",
    "DocumentNumber",
    "Escalation",
    "EscalationAlert",
    "EscalationDraft",
    "EscalationState",
    "EscalationStep",
    "ExposureEntry",
    "ExposureList",
    "Failure",
    "Institution",
    "Joining",
    "Ladder",
    "MobileNumber",
    "NoticeAttempt",
    "NoticeKind",
    "NoticeState",
    "NoticeTemplate",
    "Rhythm",
    "Split",
    "StepState",
    "TermNote",
    "Webhook",
    "WebhookAttempt",
    "WebhookMessage",
]

ZH = Language.CHINESE
_ZH = {"server_default": ZH.value}
# Conditions of indexes, which a query repeats word for word so that the index is used.
ON_FILE = "standing <> 'removed'"
TOLD_OF = "NOT baseline"
UNTOLD_RED = "baseline AND colour = 'red'"
TO_REPORT = "report_by IS NOT NULL"
OF_OTHERS = "recipient <> ''"  # than subjects and bureaus


def _both(name: str, *columns: str) -> tuple[sa.Index, sa.Index]:
    """The indexes of instruments on file for the lists of everybody and of a bureau."""
    of_bureau = bureau_index(name.format("bureau_"), *columns, where=ON_FILE)
    return partial_index(name.format(""), *columns, where=ON_FILE), of_bureau


class Bureau(Base, table=True):
    """A bureau and its contact details."""

    code: str = Field(primary_key=True)
    name: str
    department: str
    phone: str
    email: str
    version: int = Field(sa_type=sa.BigInteger)


# The right to add rows to `Watch`, which several transactions may want at once.
NEW_WATCHES = "new watches"


class Watch(Base, table=True):
    """The last day that a bureau's daily watch has handled, inclusive; None before the first run.

    Transactions that raise alerts for the bureau lock this row, and so take turns. `modes` says how
    the types were verified, but those verified periodically, when the colours of the instruments
    were derived: by the catalogue of that release and day (`adopting`). `told_through` is the last
    day whose digests were issued: it is behind while missed days are handled in several
    transactions.
    """

    bureau: str = Field(primary_key=True)
    watched_through: date | None = None
    told_through: date | None = None
    modes: Mapping[str, str] = Field(
        default_factory=dict,
        sa_type=JsonColumn,
        sa_column_kwargs={"server_default": sa.text("'{}'")},
    )


class Subject(Base, table=True):
    """A credit subject and the e-mail address for its notices.

    `sector` and `address` choose the portions in which first notices are released. They are empty
    for a subject that has not changed since alerts began to keep them.
    """

    subject_id: str = Field(primary_key=True)
    bureau: str
    name: str
    kind: str
    email: str
    sector: str = Field(default="", sa_column_kwargs={"server_default": ""})
    address: str = Field(default="", sa_column_kwargs={"server_default": ""})
    in_review: bool
    removed: bool
    deregistered: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    version: int = Field(sa_type=sa.BigInteger)

    @property
    def placeholder(self) -> bool:
        """Whether the subject gets no notices, because it is in review or was removed."""
        return self.in_review or self.removed

    @property
    def unwatched(self) -> bool:
        """Whether nobody is warned of its instruments: it is a placeholder or deregistered."""
        return self.placeholder or self.deregistered


class Instrument(Base, table=True):
    """An instrument, and the basis of its colour (see `law.colours.basis`).

    `standing` is that basis; `valid_until` is the last valid day, inclusive. `watched` is false
    while the instrument or its owner is in review or removed, or the owner is deregistered.
    `quiet_on` is the day on which the present basis came with a first load or the end of a review,
    by the account `quiet_by`: an alert due by then is recorded without a notice. `since` is the day
    of the governing verification; for one never verified, the day on which alerts learned of this.
    `ranked_on` orders instruments by severity: the last valid day, the first of all days for what
    is red without one, the last for what has no colour. `parts` are those whose state is
    registered, each with `name` and `state`.
    """

    __table_args__ = (
        sa.Index("ix_instrument_due", "bureau", "standing", "valid_until"),
        bureau_index(  # holds all that the colour board counts
            "ix_instrument_counted",
            *("bureau", "type_code", "standing", "valid_until"),
            where=ON_FILE,
        ),
        *_both("ix_instrument_{}ranked_on", "ranked_on", "instrument_id", "bureau", "standing"),
        *_both("ix_instrument_{}type_code", "type_code", "ranked_on", "instrument_id"),
        *_both("ix_instrument_{}serial_no", "serial_no", "instrument_id"),
        partial_index(
            "ix_instrument_owned", "subject_id", "ranked_on", "instrument_id", where=ON_FILE
        ),
    )

    instrument_id: str = Field(primary_key=True)
    subject_id: str = Field(index=True)
    bureau: str
    type_code: str
    serial_no: str
    owner_no: str = Field(default="", sa_column_kwargs={"server_default": ""})
    non_compulsory: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    state: InstrumentState = Field(sa_type=enum_column(InstrumentState))
    rotate_on: date | None = None
    parts: list[dict[str, str]] | None = Field(default=None, sa_type=JsonColumn)
    spell: int
    in_review: bool
    removed: bool
    version: int = Field(sa_type=sa.BigInteger)
    watched: bool = False
    standing: Basis = Field(default=Basis.REMOVED, sa_type=enum_column(Basis))
    governing_id: str = ""
    last_result: VerificationResult | None = Field(
        default=None, sa_type=enum_column(VerificationResult)
    )
    valid_until: date | None = None
    since: date | None = None
    quiet_on: date | None = None
    quiet_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    ranked_on: date = Field(default=date.max, sa_column_kwargs={"server_default": "9999-12-31"})

    def rank(self) -> date:
        """Returns the day by which the instrument is listed among others, the most severe first."""
        if self.standing in RED_WITHOUT_DATE:
            return date.min
        return (self.standing == Basis.DATED and self.valid_until) or date.max


class BoardPart(Base, table=True):
    """The instruments of a type at a bureau; `version` grows whenever one of them changes."""

    __tablename__ = "board_part"

    bureau: str = Field(primary_key=True)
    type_code: str = Field(primary_key=True)
    version: int = Field(sa_type=sa.BigInteger)


@event.listens_for(Instrument, "before_insert")
@event.listens_for(Instrument, "before_update")
def _rank(_mapper: object, _connection: object, row: Instrument) -> None:
    row.ranked_on = row.rank()


class Verification(Base, table=True):
    """A verification of an instrument.

    Of several on one day, the one recorded last governs (C-19), but one that is `set_aside` or, if
    there is another one, that `precedes`.
    `certificate_no` and `institution` are empty where it came before they were stored.
    `report_by` is the last day on which its certificate is uploaded in time, inclusive; None once
    it was, where none is due, and of what has not changed since alerts began to keep it.
    """

    __table_args__ = (
        partial_index("ix_verification_to_report", "institution", "report_by", where=TO_REPORT),
    )

    verification_id: str = Field(primary_key=True)
    instrument_id: str = Field(index=True)
    result: VerificationResult = Field(sa_type=enum_column(VerificationResult))
    verified_on: date
    valid_until: date | None = None
    recorded_at: datetime
    place: int  # position within the event that recorded it, from 0
    set_aside: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    precedes: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    part: str = Field(default="", sa_column_kwargs={"server_default": ""})
    report_by: date | None = None
    removed: bool
    version: int = Field(sa_type=sa.BigInteger)
    certificate_no: str = Field(default="", sa_column_kwargs={"server_default": ""})
    institution: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Record(Base, table=True):
    """A credit record, with only the fields that notices need."""

    __tablename__ = "credit_record"

    record_id: str = Field(primary_key=True)
    subject_id: str
    kind: str
    summary: str
    source_ref: str
    determined_on: date
    version: int = Field(sa_type=sa.BigInteger)


class Alert(Base, table=True):
    """An alert that an instrument reached a colour.

    There is one row per instrument, spell of use, verification and colour: once its basis is
    another, such as a corrected day, it is raised anew when it is due. A spell of use lasts from
    the day an instrument comes into use to the day it leaves use. `notice_id` is null until a
    notice names the alert, and empty for a `baseline` alert, which no notice may name. A bureau
    releases the red ones in portions: such an alert is no longer `baseline`, has `released_at` and
    `released_by`, and is told like any other. The day on
    which the instrument reached the colour under the law is not stored:
    `law.colours.basis.reached_on` derives it.
    """

    __table_args__ = (
        sa.UniqueConstraint("instrument_id", "spell", "governing_id", "colour"),
        sa.Index("ix_alert_subject", "subject_id", "alert_id"),
        sa.Index("ix_alert_instrument", "instrument_id", "alert_id"),
        bureau_index("ix_alert_bureau", "alert_id"),
        bureau_index("ix_alert_bureau_told", "alert_id", where=TOLD_OF),
        partial_index("ix_alert_told", "alert_id", where=TOLD_OF),
        partial_index("ix_alert_untold_red", "alert_id", where=UNTOLD_RED),
        sa.Index(
            "ix_alert_untold",
            "bureau",
            sqlite_where=sa.text("notice_id IS NULL"),
            postgresql_where=sa.text("notice_id IS NULL"),
        ),
    )

    alert_id: int | None = Field(default=None, primary_key=True, sa_type=SerialColumn)
    instrument_id: str
    spell: int
    governing_id: str
    colour: Colour = Field(sa_type=enum_column(Colour))
    subject_id: str
    bureau: str
    type_code: str
    serial_no: str
    standing: Basis = Field(sa_type=enum_column(Basis))
    valid_until: date | None = None
    since: date | None = None
    raised_at: datetime
    baseline: bool
    notice_id: str | None = None
    released_at: datetime | None = None
    released_by: str = Field(default="", sa_column_kwargs={"server_default": ""})


@proven(without=("attempts", "error", "failure", "read_at"))
class Notice(Base, table=True):
    """A notice and its delivery. `key` identifies the cause; each key has only one notice.

    `about` is what the notice is about, named as in events: `case/…`, `escalation/…`, `batch/…` or
    empty. `recipient` names an institution or a receiver outside to which it goes, empty for a
    subject or a bureau. `letter_id`, `number` and `check_code` belong to the letter that the notice
    brings; empty for other notices.
    """

    __table_args__ = (
        sa.Index("ix_notice_number", "number"),
        sa.Index("ix_notice_newest", "created_at", "notice_id"),
        sa.Index("ix_notice_subject", "subject_id", "created_at", "notice_id"),
        sa.Index("ix_notice_state_newest", "state", "created_at", "notice_id"),
        bureau_index("ix_notice_bureau", "created_at", "notice_id"),
        partial_index(
            "ix_notice_recipient", "recipient", "created_at", "notice_id", where=OF_OTHERS
        ),
        bureau_index("ix_notice_bureau_state", "state", "created_at", "notice_id"),
    )

    notice_id: str = Field(primary_key=True)
    key: str = Field(unique=True)
    kind: NoticeKind = Field(sa_type=enum_column(NoticeKind))
    subject_id: str
    bureau: str
    address: str
    title: str
    body: str
    title_en: str = Field(default="", sa_column_kwargs={"server_default": ""})
    body_en: str = Field(default="", sa_column_kwargs={"server_default": ""})
    language: Language = Field(default=ZH, sa_type=enum_column(Language), sa_column_kwargs=_ZH)
    state: NoticeState = Field(sa_type=enum_column(NoticeState))
    attempts: int = 0
    error: str = ""
    failure: Failure = Field(
        default=Failure.NONE,
        sa_type=enum_column(Failure),
        sa_column_kwargs={"server_default": Failure.NONE.value},
    )
    created_at: datetime
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    acknowledged_at: datetime | None = None
    about: str = Field(default="", sa_column_kwargs={"server_default": ""})
    letter_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    number: str = Field(default="", sa_column_kwargs={"server_default": ""})
    check_code: str = Field(default="", sa_column_kwargs={"server_default": ""})
    recipient: str = Field(default="", sa_column_kwargs={"server_default": ""})
    # The link of the registry whose secret part is put into the mail, and only there.
    link_id: str = Field(default="", sa_column_kwargs={"server_default": ""})


class AppliedEdition(AppliedEditionColumns, Base, table=True):
    """An edition of the working-day calendar that an administrator loaded and another applied."""

    __tablename__ = "applied_edition"
