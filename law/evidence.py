"""Evidence: the records about a subject, with one set of record kinds for all legal texts.

Each ruleset defines the effect of each kind of record. A dossier is a subject with its records; it
is the only evidence that grading reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from law.errors import Fault
from law.reader.strict_reader import Reader, refuse


class SubjectKind(StrEnum):
    """The kinds of credit subjects (S3 2)."""

    ORGANISATION = "organisation"
    INDIVIDUAL_BUSINESS = "individual_business"
    NATURAL_PERSON = "natural_person"


class Sector(StrEnum):
    """The trade in which a subject uses measuring instruments (R-038 to R-041).

    The list contains the sectors of all legal texts.
    """

    MARKET = "market"
    FUEL_STATION = "fuel_station"
    CHARGING_STATION = "charging_station"
    CATERING = "catering"
    RETAIL = "retail"
    MEDICAL = "medical"
    OPTICAL = "optical"
    TRANSPORT = "transport"
    UTILITY = "utility"
    POSTAL = "postal"
    TELECOM = "telecom"
    ENERGY = "energy"
    CALIBRATION_SERVICE = "calibration_service"
    PREPACKAGED_GOODS = "prepackaged_goods"
    SCENIC_AREA = "scenic_area"
    STREET_BLOCK = "street_block"
    OTHER = "other"


class RecordKind(StrEnum):
    """The kinds of credit records: first the positive ones, then the adverse ones."""

    AWARD = "award"
    CERTIFICATION = "certification"
    COMMITMENT_MADE = "commitment_made"
    COMMITMENT_KEPT = "commitment_kept"
    PUBLIC_SERVICE = "public_service"
    SOUND_MANAGEMENT = "sound_management"
    COMPLIANCE = "compliance"
    POSITIVE_OTHER = "positive_other"
    UNVERIFIED_USE = "unverified_use"
    FAILED_VERIFICATION_USE = "failed_verification_use"
    OVERDUE_USE = "overdue_use"
    TAMPERING = "tampering"  #: seal broken, accuracy destroyed, cheating device
    MARK_FORGERY = "mark_forgery"
    CERTIFICATE_FORGERY = "certificate_forgery"
    DATA_FORGERY = "data_forgery"
    DISPUTE_WITH_IMPACT = "dispute_with_impact"
    ACCIDENT_WITH_IMPACT = "accident_with_impact"
    SHORT_MEASURE = "short_measure"
    NET_CONTENT_NONCONFORMITY = "net_content_nonconformity"
    COMPLAINT_UPHELD = "complaint_upheld"
    INSPECTION_FAILED = "inspection_failed"
    COMMITMENT_MISSING = "commitment_missing"
    COMMITMENT_BROKEN = "commitment_broken"  #: a public self-commitment, not kept
    PERMIT_FRAUD = "permit_fraud"
    PROMISE_BROKEN = "promise_broken"  #: a credit promise made in an administrative matter
    PENALTY = "penalty"
    ADMINISTRATIVE_MEASURE = "administrative_measure"  #: interview, admonition, order to rectify
    CRIME = "crime"
    OBSTRUCTION = "obstruction"
    NON_PERFORMANCE = "non_performance"
    ADVERSE_OTHER = "adverse_other"
    SERIOUS_OTHER = "serious_other"

    @property
    def positive(self) -> bool:
        """True for a record kind in favour of the subject, False for an adverse one."""
        return self in POSITIVE


POSITIVE = frozenset(list(RecordKind)[: list(RecordKind).index(RecordKind.UNVERIFIED_USE)])
ADVERSE = frozenset(RecordKind) - POSITIVE


class Severity(StrEnum):
    """How serious an adverse fact is (GBF-2025-22: 轻微, 一般, 严重)."""

    MINOR = "minor"
    GENERAL = "general"
    SERIOUS = "serious"


class RecordStatus(StrEnum):
    """Whether a record still counts: only `active` does; other statuses end it on `status_on`."""

    ACTIVE = "active"
    CORRECTED = "corrected"  #: replaced by a corrected record
    WITHDRAWN = "withdrawn"
    REPAIRED = "repaired"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Record:
    """One credit record.

    All dates are local days. A status other than active ends the record on `status_on`, the first
    day on which the record no longer counts; if `status_on` is None, the record never counts.
    `final` means that review and litigation are over. `points` are the bureau's own points, a whole
    number without a sign; they replace the points of the ruleset.
    """

    id: str
    kind: RecordKind
    determined_on: date
    entered_on: date
    occurred_on: date | None = None
    severity: Severity | None = None
    status: RecordStatus = RecordStatus.ACTIVE
    status_on: date | None = None
    verified: bool = True
    final: bool = False
    contested: bool = False
    points: int | None = None
    source: str = ""

    def stands_on(self, day: date) -> bool:
        """Returns whether the record is still valid on a day.

        An objection alone does not end a record.
        """
        if self.status is RecordStatus.ACTIVE:
            return True
        return self.status_on is not None and day < self.status_on

    def to_json(self) -> dict[str, object]:
        """Returns the record as JSON values, with every field; missing values are null."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "severity": self.severity.value if self.severity else None,
            "occurred_on": _iso(self.occurred_on),
            "determined_on": _iso(self.determined_on),
            "entered_on": _iso(self.entered_on),
            "status": self.status.value,
            "status_on": _iso(self.status_on),
            "verified": self.verified,
            "final": self.final,
            "contested": self.contested,
            "points": self.points,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Previous:
    """The class of a subject in `year`; None means the year before the day of grading."""

    grade: str
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A credit subject with all its records.

    `bureau` is the division code or the bureau's own id. `previous` are the classes given in
    earlier years (Tianjin, C-17); without them, the classes are computed year by year from the
    oldest record.
    """

    subject_id: str
    sector: Sector
    subject_kind: SubjectKind
    records: tuple[Record, ...] = ()
    previous: tuple[Previous, ...] = ()
    bureau: str = ""

    def to_json(self) -> dict[str, object]:
        """Returns the dossier as JSON values that `from_json` can read."""
        document: dict[str, object] = {
            "subject": {
                "id": self.subject_id,
                "kind": self.subject_kind.value,
                "bureau": self.bureau,
                "sector": self.sector.value,
            },
            "records": [record.to_json() for record in self.records],
        }
        if self.previous:
            document["previous"] = [{"year": p.year, "class": p.grade} for p in self.previous]
        return document

    @staticmethod
    def from_json(document: object) -> Dossier:
        """Reads a dossier from JSON values. Raises InvalidInput with every fault and its path."""
        faults: list[Fault] = []
        dossier = read_dossier(Reader(document, "", faults))
        refuse(faults, "信用档案不符合要求", "The dossier is not valid.")
        return dossier


_RECORD_FIELDS = tuple(Record.__slots__)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def read_dossier(reader: Reader) -> Dossier:
    """Reads a dossier that is part of a larger document.

    Its faults are added to those of the reader.
    """
    reader.only("subject", "records", "previous")
    subject = reader.below("subject")
    subject.only("id", "kind", "bureau", "sector")
    records = tuple(_read_record(item) for item in reader.each("records"))
    _note_repeated_ids(reader, records)
    return Dossier(
        subject_id=subject.text("id"),
        sector=subject.choice("sector", Sector),
        subject_kind=subject.choice("kind", SubjectKind),
        records=records,
        previous=_read_previous(reader),
        bureau=_read_bureau(subject),
    )


def _read_bureau(subject: Reader) -> str:
    # The bureau of an unassigned subject is empty; a missing field is a fault.
    return "" if subject.data.get("bureau") == "" else subject.text("bureau")


def _read_record(reader: Reader) -> Record:
    reader.only(*_RECORD_FIELDS)
    return Record(
        id=reader.text("id"),
        kind=reader.choice("kind", RecordKind),
        determined_on=reader.day("determined_on"),
        entered_on=reader.day("entered_on"),
        occurred_on=reader.day_or_none("occurred_on"),
        severity=reader.choice_or_none("severity", Severity),
        status=reader.choice("status", RecordStatus, RecordStatus.ACTIVE),
        status_on=reader.day_or_none("status_on"),
        verified=reader.flag("verified", True),
        final=reader.flag("final", False),
        contested=reader.flag("contested", False),
        points=reader.whole_or_none("points", least=0),
        source=_read_source(reader),
    )


def _read_source(reader: Reader) -> str:
    return "" if reader.data.get("source") in (None, "") else reader.text("source")


def _note_repeated_ids(reader: Reader, records: tuple[Record, ...]) -> None:
    seen: set[str] = set()
    for index, record in enumerate(records):
        if record.id and record.id in seen:
            reader.fault(f"records[{index}].id", "编号重复", f"repeats id {record.id}")
        seen.add(record.id)


def _read_previous(reader: Reader) -> tuple[Previous, ...]:
    """Reads `previous`: one class, a year with its class, or a list of those."""
    value = reader.data.get("previous")
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return (_read_year(reader.below("previous")),)
    if isinstance(value, list):
        return tuple(_read_year(item) for item in reader.each("previous"))
    return (Previous(_read_class(reader, "previous")),)


def _read_year(reader: Reader) -> Previous:
    reader.only("year", "class")
    return Previous(_read_class(reader, "class"), reader.whole_or_none("year", least=1900))


def _read_class(reader: Reader, key: str) -> str:
    value = str(reader.data.get(key))
    if value in ("1", "2", "3"):
        return value
    reader.fault(key, "应为1、2或3", "must be 1, 2 or 3", cite="S0 附件二")
    return "2"
