"""The database tables of the register. `version` counts the changes of a row, from 1."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field

from law.colours.rule import InstrumentState, VerificationResult
from law.evidence import Sector, SubjectKind
from plumbing.database import JsonColumn, enum_column
from plumbing.row_digests import proven
from plumbing.row_scope import bureau_index, partial_index
from services.registry.base import Base
from services.registry.calendars.tables import LoadedEdition
from services.registry.calibrations.tables import Calibration, CalibrationCycle, Dcc
from services.registry.certificates.tables import IN_FORCE, CertificateFile
from services.registry.directory.tables import InstitutionListing
from services.registry.identity.tables import Account
from services.registry.imports.tables import (
    ConfirmedHeading,
    ImportBatch,
    ImportedThing,
    ImportFault,
    ImportPiece,
    RejectedRow,
    TypeName,
)
from services.registry.institutions.tables import Authorisation, Capacity, Institution, Site
from services.registry.laboratories.tables import EnvironmentMark, EnvironmentRecord, Laboratory
from services.registry.lives.tables import SubjectAct
from services.registry.orders.tables import Order, OrderStep
from services.registry.orders.terms.tables import OrderTerms
from services.registry.people.tables import Qualification
from services.registry.permits.tables import Permit
from services.registry.photographs.tables import Photograph
from services.registry.proposals.tables import Proposal
from services.registry.publication.tables import Publication, Reply, Telling
from services.registry.questions.tables import Question
from services.registry.record_tables import Contest, Record, RecordVersion
from services.registry.sameness.tables import Alias, Likeness, LikenessOfBatch
from services.registry.upkeep.tables import UpkeepEntry, UpkeepFile

# Their tables belong to the same metadata.
__all__ = [
    "IN_FORCE",
    "Account",
    "Alias",
    "Authorisation",
    "Base",
    "Calibration",
    "CalibrationCycle",
    "Capacity",
    "CertificateFile",
    "ConfirmedHeading",
    "Contest",
    "Dcc",
    "EnvironmentMark",
    "EnvironmentRecord",
    "ImportBatch",
    "ImportFault",
    "ImportPiece",
    "ImportedThing",
    "Institution",
    "InstitutionListing",
    "Laboratory",
    "Likeness",
    "LikenessOfBatch",
    "LoadedEdition",
    "Order",
    "OrderStep",
    "OrderTerms",
    "Permit",
    "Photograph",
    "Proposal",
    "Publication",
    "Qualification",
    "Question",
    "Record",
    "RecordVersion",
    "RejectedRow",
    "Reply",
    "Site",
    "SubjectAct",
    "Telling",
    "TypeName",
    "UpkeepEntry",
    "UpkeepFile",
]
# Wrong passwords are counted in `tries` since, by name and source.
RETIRED = frozenset({"wrong_password"})

# Conditions of indexes, which a query repeats word for word so that the index is used.
IN_REVIEW = "in_review AND NOT removed"
REPEATED_SERIAL = "repeated_serial AND NOT removed"
MAKER_CODE = "maker_code <> '' AND NOT removed"
OWN_NUMBER = "owner_no <> '' AND NOT removed"
NON_COMPULSORY = "non_compulsory_ground <> '' AND NOT removed"
FORMER_MAKER_CODE = "maker_code <> '' AND removed"
# The verifications that their institution reported itself.
REPORTED = "report_by IS NOT NULL"
# Those that name a laboratory.
IN_LABORATORY = "worked_from <> ''"
RENAMED = "former_keys <> '' AND NOT removed"


@proven()
class Bureau(Base, table=True):
    """A market-regulation bureau, identified by its code.

    `streets` are the names of its streets, by which its instruments are counted; None without any.
    """

    __tablename__ = "bureau"

    code: str = Field(primary_key=True)
    name: str
    division_code: str = ""
    department: str = ""
    phone: str = ""
    email: str = ""
    gs1_prefix: str = Field(default="", sa_column_kwargs={"server_default": ""})
    streets: list[str] | None = Field(default=None, sa_type=JsonColumn)
    removed: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    version: int = 0


@proven(without=("initials", "name_key", "former_keys"))
class Subject(Base, table=True):
    """A subject of metrology credit. The credit code is unique among subjects that have one.

    `initials` are the pinyin initials of the name, `name_key` is the name as it is compared, and
    `former_keys` are the former names as they are compared, each in a line of its own. They are set
    whenever the row is saved. `code_ground` tells why a code is filed whose check digit disagrees.
    `origin_id` is the subject of which it was a part, empty if it was none.
    """

    __tablename__ = "subject"
    __table_args__ = (
        partial_index(
            "uq_subject_credit_code",
            "credit_code",
            where="credit_code <> '' AND NOT removed",
            unique=True,
        ),
        sa.Index("ix_subject_name", "name", "subject_id"),
        sa.Index("ix_subject_name_key", "name_key", "subject_id"),
        partial_index("ix_subject_renamed", "subject_id", where=RENAMED),
        sa.Index("ix_subject_by_credit_code", "credit_code", "subject_id"),
        partial_index("ix_subject_in_review", "name", "subject_id", where=IN_REVIEW),
        bureau_index("ix_subject_bureau_name", "name", "subject_id"),
        bureau_index("ix_subject_bureau_credit_code", "credit_code", "subject_id"),
        bureau_index("ix_subject_bureau_in_review", "name", "subject_id", where=IN_REVIEW),
    )

    subject_id: str = Field(primary_key=True)
    kind: SubjectKind = Field(sa_type=enum_column(SubjectKind))
    name: str
    credit_code: str = ""
    bureau: str = Field(foreign_key="bureau.code", index=True)
    sector: Sector = Field(sa_type=enum_column(Sector))
    person_in_charge: str = ""
    address: str = ""
    email: str = ""
    external_ref: str = Field(default="", index=True)
    initials: str = Field(default="", sa_column_kwargs={"server_default": ""})
    name_key: str = Field(default="", sa_column_kwargs={"server_default": ""})
    former_keys: str = Field(default="", sa_column_kwargs={"server_default": ""})
    former_names: list[dict[str, str]] | None = Field(default=None, sa_type=JsonColumn)
    code_ground: str = Field(default="", sa_column_kwargs={"server_default": ""})
    phone: str = Field(default="", sa_column_kwargs={"server_default": ""})
    deregistered_on: date | None = None
    deregistration_ground: str = Field(default="", sa_column_kwargs={"server_default": ""})
    origin_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    in_review: bool = False
    removed: bool = False
    version: int = 0


@proven(without=("serial_key",))
class Instrument(Base, table=True):
    """A measuring instrument. `bureau` and `in_review` have the values of its owner.

    `serial_key` is the serial number as it is compared, empty if it is no number such as 无. It is
    set whenever the row is saved. `repeated_serial` marks what a person has to look at: a number
    that occurs more than once for the type, or no number. `maker_code` is the path of the maker's
    GS1 Digital Link, unique among instruments. `owner_no`, the owner's own number, may be repeated.
    """

    __tablename__ = "instrument"
    __table_args__ = (
        partial_index("uq_instrument_maker_code", "maker_code", where=MAKER_CODE, unique=True),
        partial_index("ix_instrument_former_maker_code", "maker_code", where=FORMER_MAKER_CODE),
        partial_index("ix_instrument_owner_no", "owner_no", where=OWN_NUMBER),
        partial_index("ix_instrument_non_compulsory", "instrument_id", where=NON_COMPULSORY),
        bureau_index("ix_instrument_bureau_free", "instrument_id", where=NON_COMPULSORY),
        sa.Index("ix_instrument_serial_key", "type_code", "serial_key"),
        sa.Index("ix_instrument_serial", "serial_key"),
        sa.Index("ix_instrument_subject", "subject_id", "instrument_id"),
        bureau_index("ix_instrument_of_bureau", "instrument_id"),
        partial_index("ix_instrument_repeated_serial", "instrument_id", where=REPEATED_SERIAL),
        bureau_index("ix_instrument_bureau_repeated", "instrument_id", where=REPEATED_SERIAL),
    )

    instrument_id: str = Field(primary_key=True)
    subject_id: str = Field(foreign_key="subject.subject_id")
    bureau: str
    type_code: str
    model: str = ""
    serial_no: str
    serial_key: str = Field(default="", sa_column_kwargs={"server_default": ""})
    manufacturer: str = ""
    location: str = ""
    state: InstrumentState = Field(
        default=InstrumentState.SPARE, sa_type=enum_column(InstrumentState)
    )
    rotate_on: date | None = None
    # Parts whose state somebody gave, each with `name` and `state`, in order.
    parts: list[dict[str, str]] | None = Field(default=None, sa_type=JsonColumn)
    maker_code: str = Field(default="", sa_column_kwargs={"server_default": ""})
    owner_no: str = Field(default="", sa_column_kwargs={"server_default": ""})
    measuring_range: str = Field(default="", sa_column_kwargs={"server_default": ""})
    accuracy_class: str = Field(default="", sa_column_kwargs={"server_default": ""})
    non_compulsory_ground: str = Field(default="", sa_column_kwargs={"server_default": ""})
    spell: int = 0
    repeated_serial: bool = False
    in_review: bool = False
    removed: bool = False
    version: int = 0

    def use(self, state: InstrumentState) -> None:
        """Sets the instrument's state; adds 1 to `spell` if this puts the instrument into use."""
        self.spell += state == InstrumentState.IN_USE and self.state != state
        self.state = state


@proven(without=("certificate_key",))
class Verification(Base, table=True):
    """One verification of one instrument, or of one `part` of it: a nozzle, channel or phase.

    A certificate number is unique in its institution, but for the parts of one instrument;
    `certificate_key` is the number as it is compared, empty if it is none. One that is `set_aside`
    decides no colour: another one of its day stands; one that `precedes` is known to come before
    the others of its day (C-43). If the institution reported it itself, it has the day on which it
    did, and the last day to report result and certificate. `certificate_on` is the day of the
    first file of its certificate. One that was done in a laboratory names it, and has the moments
    in Beijing time at which the work began and ended.
    """

    __tablename__ = "verification"
    __table_args__ = (
        partial_index(
            "uq_verification_certificate",
            "institution",
            "certificate_no",
            "part",
            where="certificate_no <> '' AND certificate_key <> '' AND NOT removed",
            unique=True,
        ),
        sa.Index("ix_verification_instrument", "instrument_id", "verified_on"),
        sa.Index("ix_verification_institution", "institution", "verified_on", "verification_id"),
        sa.Index("ix_verification_certificate_key", "certificate_key"),
        partial_index("ix_verification_reported", "report_by", "verification_id", where=REPORTED),
        partial_index(
            "ix_verification_reported_of",
            *("institution", "report_by", "verification_id"),
            where=REPORTED,
        ),
        partial_index(
            "ix_verification_laboratory",
            "institution",
            "laboratory",
            "worked_from",
            where=IN_LABORATORY,
        ),
    )

    verification_id: str = Field(primary_key=True)
    instrument_id: str = Field(foreign_key="instrument.instrument_id")
    result: VerificationResult = Field(sa_type=enum_column(VerificationResult))
    verified_on: date
    valid_until: date | None = None
    institution: str
    certificate_no: str = ""
    certificate_key: str = Field(default="", sa_column_kwargs={"server_default": ""})
    certificate_sha256: str = ""
    method: str = ""
    part: str = Field(default="", sa_column_kwargs={"server_default": ""})
    set_aside: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    removed: bool = False
    reported_on: date | None = None
    report_by: date | None = None
    certificate_on: date | None = None
    precedes: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    laboratory: str = Field(default="", sa_column_kwargs={"server_default": ""})
    worked_from: str = Field(default="", sa_column_kwargs={"server_default": ""})
    worked_until: str = Field(default="", sa_column_kwargs={"server_default": ""})
    version: int = 0


class LabelKey(Base, table=True):
    """The key of the codes on labels. It stays the same while labels are in use."""

    __tablename__ = "label_key"

    key_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    secret: str


@proven()
class ActivatedText(Base, table=True):
    """An activation that grading announced: a ruleset governs in a bureau from a day on."""

    __tablename__ = "activated_text"

    activation_id: str = Field(primary_key=True)
    bureau: str
    sectors: list[str] = Field(sa_type=JsonColumn)
    ruleset_id: str
    valid_from: date
    activated_at: datetime


class AnnouncedClock(Base, table=True):
    """The offset of the sandbox's clock that was last announced to the services; a single row."""

    __tablename__ = "announced_clock"

    name: str = Field(default="sandbox", primary_key=True)
    offset_seconds: float
