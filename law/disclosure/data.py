"""The data of disclosure: periods, ceilings, fields for each audience, classifications.

Every rule has its article and the days on which it holds. The data must list every kind of subject
and every audience, so that no field becomes public because a line was forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeVar

from law.evidence import Severity, SubjectKind
from law.figures import Version
from law.reader.ambiguities import read_readings
from law.reader.data_file import (
    DATED,
    note_each,
    note_rivals,
    read_dated,
    read_figure,
    read_header,
    read_requirements,
)
from law.reader.packaged import understood
from law.reader.strict_reader import Reader
from law.reader.texts import is_citation
from law.separation import Office
from law.terms.data import Basis
from law.texts_in_force.load import GRADING
from law.texts_in_force.model import Origin

T = TypeVar("T")


class Audience(StrEnum):
    """The groups of persons to whom information about a subject may be shown."""

    PUBLIC = "public"  # anyone, without asking: lists and pages
    SCAN = "scan"  # anyone who scans an instrument's code
    QUERY = "query"  # somebody who asks about one subject
    SHARING = "sharing"  # another authority
    SUBJECT = "subject"  # the subject itself
    OFFICIAL = "official"  # the bureau's staff within their duties


class Field(StrEnum):
    """The fields of a subject's data; each field is shown or withheld as a whole."""

    NAME = "name"
    CREDIT_CODE = "credit_code"
    PERSON_IN_CHARGE = "person_in_charge"
    IDENTITY_NUMBER = "identity_number"
    ADDRESS = "address"
    CONTACT = "contact"
    PRACTICE = "practice"  # licences to practise of a natural person
    LICENCE = "licence"
    INSTRUMENT = "instrument"
    VERIFICATION = "verification"
    GRADE = "grade"
    COMMITMENT = "commitment"
    POSITIVE_RECORD = "positive_record"
    ADVERSE_RECORD = "adverse_record"
    RECORD_SOURCE = "record_source"
    COMPLAINANT = "complainant"


class Classification(StrEnum):
    """The confidentiality of content; it decides which audiences may see the content (S1 18)."""

    OPEN = "open"
    INTERNAL = "internal"  # not reviewed yet, or for the bureaus and the subject only
    PRIVACY = "privacy"
    COMMERCIAL_SECRET = "commercial_secret"
    STATE_SECRET = "state_secret"
    UNPUBLISHED_ELSEWHERE = "unpublished_elsewhere"
    BARRED_BY_LAW = "barred_by_law"


@dataclass(frozen=True, slots=True)
class Period:
    """The disclosure period of a record under a text: its years, its first day and the deletion.

    `deletes` is true if the text deletes records whose periods are over, by the article
    `delete_cite`.
    """

    years: int
    origin: Origin
    basis: Basis
    deletes: bool
    cite: str
    delete_cite: str


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The longest time, in calendar months, of publication of an adverse record of one severity."""

    severity: Severity
    months: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class AllowedFields:
    """The fields that one audience may see of one kind of subject, with the article."""

    fields: tuple[Field, ...]
    cite: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The audiences that may see content of one classification, with the article."""

    audiences: tuple[Audience, ...]
    cite: str


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """The roles whose people review a record before its publication, with the article."""

    by: tuple[Office, ...]
    cite: str


@dataclass(frozen=True, slots=True)
class ReplyWindow:
    """The working days between the notice to the subject and an unfavourable publication.

    `example` is true if no text states the number and it stands in for the bureau's own.
    """

    days: int
    example: bool
    cite: str


@dataclass(frozen=True, slots=True)
class LogPeriod:
    """The calendar months for which a log of access is kept at least, with the article."""

    months: int
    cite: str


@dataclass(frozen=True, slots=True)
class ContactRule:
    """The article by which how somebody is reached is kept no longer than what it was given for."""

    cite: str


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """How many characters the subject's reply beside a record may have, with the article.

    `example` is true if no text states the number.
    """

    characters: int
    example: bool
    cite: str


@dataclass(frozen=True, slots=True)
class AnnouncementRule:
    """The days for which a repair is announced, the first included, with the article.

    `example` is true if no text states the number.
    """

    days: int
    example: bool
    cite: str


Versions = tuple[Version[T], ...]


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """All rules of the data file `disclosure.yaml`."""

    periods: Mapping[str, Versions[Period]]
    ceilings: Versions[Ceiling]
    fields: Mapping[SubjectKind, Mapping[Audience, Versions[AllowedFields]]]
    needs_authority: Versions[frozenset[SubjectKind]]
    classifications: Mapping[Classification, Versions[Reach]]
    review: Versions[ReviewRule]
    windows: Mapping[str, Versions[ReplyWindow]]
    log_kept: Versions[LogPeriod]
    contact_kept: Versions[ContactRule]
    reply: Versions[ReplyRule]
    repair_announced: Versions[AnnouncementRule]


@cache
def disclosure_rules() -> DisclosureRules:
    """Returns the packaged rules of disclosure."""
    return understood("disclosure", read_disclosure)


def read_disclosure(reader: Reader) -> DisclosureRules:
    """Reads `disclosure.yaml`.

    A missing legal text, kind of subject, audience or classification is a fault.
    """
    read_header(
        reader, "periods", "severity_caps", "severity_caps_source", "log_kept", "contact_kept",
        "audiences", "fields", "query_needs_authority", "classifications", "review", "windows",
        "reply", "repair_announced", "ambiguities",
    )  # fmt: skip
    read_readings(reader)
    _check_audiences(reader.below("audiences"))
    periods = reader.below("periods")
    note_each(periods, GRADING)
    kinds, contents = reader.below("fields"), reader.below("classifications")
    windows = reader.below("windows")
    note_each(windows, GRADING)
    note_each(kinds, SubjectKind)
    note_each(contents, Classification)
    return DisclosureRules(
        {name: read_figure(periods, name, _period) for name in GRADING if name in periods.data},
        _ceilings(reader),
        {kind: _of_kind(kinds, kind) for kind in SubjectKind if kind in kinds.data},
        read_figure(reader, "query_needs_authority", _needing),
        {
            name: read_figure(contents, name, _reach)
            for name in Classification
            if name in contents.data
        },
        read_figure(reader, "review", _review),
        {name: read_figure(windows, name, _window) for name in GRADING if name in windows.data},
        read_figure(reader, "log_kept", _log_period),
        read_figure(reader, "contact_kept", _contact),
        read_figure(reader, "reply", _reply),
        read_figure(reader, "repair_announced", _announced),
    )


def _review(reader: Reader) -> ReviewRule:
    reader.only("by", "requirements", *DATED)
    read_requirements(reader)
    return ReviewRule(reader.choices("by", Office), reader.text("cite"))


def _log_period(reader: Reader) -> LogPeriod:
    reader.only("months", *DATED)
    return LogPeriod(reader.whole("months", least=1), reader.text("cite"))


def _contact(reader: Reader) -> ContactRule:
    reader.only(*DATED)
    return ContactRule(reader.text("cite"))


def _window(reader: Reader) -> ReplyWindow:
    reader.only("days", "example", *DATED)
    return ReplyWindow(
        reader.whole("days", least=1), reader.flag("example", False), reader.text("cite")
    )


def _reply(reader: Reader) -> ReplyRule:
    reader.only("characters", "example", *DATED)
    return ReplyRule(
        reader.whole("characters", least=1), reader.flag("example", False), reader.text("cite")
    )


def _announced(reader: Reader) -> AnnouncementRule:
    reader.only("days", "example", "requirements", *DATED)
    read_requirements(reader)
    return AnnouncementRule(
        reader.whole("days", least=1), reader.flag("example", False), reader.text("cite")
    )


def _needing(reader: Reader) -> frozenset[SubjectKind]:
    reader.only("kinds", *DATED)
    return frozenset(reader.choices("kinds", SubjectKind))


def _check_audiences(reader: Reader) -> None:
    note_each(reader, Audience)
    for name in reader.data:
        audience = reader.below(name)
        audience.only("name_zh", "name_en", "requirements")
        audience.text("name_zh")
        audience.text("name_en")
        read_requirements(audience)


def _period(reader: Reader) -> Period:
    reader.only("years", "origin", "basis", "deletes", "delete_cite", "requirements", *DATED)
    read_requirements(reader)
    delete_cite = reader.text("delete_cite")
    if delete_cite and not is_citation(delete_cite):
        reader.fault("delete_cite", f"引用不明：{delete_cite}", f"cites no text: {delete_cite}")
    return Period(
        years=reader.whole("years", least=1),
        origin=reader.choice("origin", Origin),
        basis=reader.choice("basis", Basis),
        deletes=reader.flag("deletes", False),
        cite=reader.text("cite"),
        delete_cite=delete_cite,
    )


def _ceilings(reader: Reader) -> Versions[Ceiling]:
    """Reads the ceilings, and whether they were confirmed, with the sources."""
    source = reader.below("severity_caps_source")
    source.only("confirmed", "looked_at", "note_zh", "note_en")
    confirmed = source.flag("confirmed", False)
    source.text("note_zh")
    source.text("note_en")
    if confirmed and not source.texts("looked_at"):
        source.fault("looked_at", "已核实的须注明出处", "what is confirmed names its places")
    items = reader.each("severity_caps")
    ceilings = tuple(read_dated(item, _ceiling) for item in items)
    for severity in Severity:
        same = [version.validity for version in ceilings if version.value.severity is severity]
        note_rivals(reader, f"severity_caps.{severity}", same)
    return ceilings


def _ceiling(reader: Reader) -> Ceiling:
    reader.only("severity", "months", "origin", *DATED)
    return Ceiling(
        reader.choice("severity", Severity),
        reader.whole("months", least=1),
        reader.choice("origin", Origin),
    )


def _of_kind(reader: Reader, kind: SubjectKind) -> Mapping[Audience, Versions[AllowedFields]]:
    audiences = reader.below(kind)
    note_each(audiences, Audience)
    fields = {
        audience: read_figure(audiences, audience, _allowed)
        for audience in Audience
        if audience in audiences.data
    }
    if kind is SubjectKind.NATURAL_PERSON:
        for version in fields.get(Audience.PUBLIC, ()):
            if version.value.fields:
                zh, en = "自然人不得向社会公开", "a natural person is never shown openly"
                audiences.fault("public.fields", zh, en, cite="S4 三(五)")
    return fields


def _allowed(reader: Reader) -> AllowedFields:
    reader.only("fields", *DATED)
    return AllowedFields(reader.choices("fields", Field), reader.text("cite"))


def _reach(reader: Reader) -> Reach:
    reader.only("audiences", *DATED)
    return Reach(reader.choices("audiences", Audience), reader.text("cite"))
