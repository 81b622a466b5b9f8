"""Nobody alone: which offices exclude each other, what needs a second person, who stands back.

Sources: S1 20, which forbids arbitrary changes of credit data; S3 27; S4 四(一), 四(二); D-16.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from law.reader.ambiguities import read_readings
from law.reader.data_file import read_cite, read_header, read_requirements
from law.reader.packaged import understood
from law.reader.strict_reader import Reader


class Office(StrEnum):
    """The roles that an account can have."""

    OPERATOR = "operator"
    CASEWORKER = "caseworker"
    UNIT_HEAD = "unit_head"
    MUNICIPAL_REVIEWER = "municipal_reviewer"
    INSPECTOR = "inspector"
    VERIFICATION_INSTITUTION = "verification_institution"
    INTEGRATOR = "integrator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    PUBLIC = "public"


class Act(StrEnum):
    """The acts that one person proposes and another person releases."""

    CORRECT_RECORD = "correct_record"
    WITHDRAW_RECORD = "withdraw_record"
    UNDO_BATCH = "undo_batch"
    LOAD_AGAIN = "load_again"
    END_RED_ALERT = "end_red_alert"
    EXEMPT_INSTRUMENT = "exempt_instrument"
    CORRECT_INSTRUMENT = "correct_instrument"
    EXCEED_CYCLE = "exceed_cycle"
    SHOW_INSTITUTION = "show_institution"
    SHOW_EXPERT = "show_expert"
    APPOINT = "appoint"
    DISMISS_ADMINISTRATOR = "dismiss_administrator"
    JOIN_SUBJECTS = "join_subjects"
    PART_SUBJECTS = "part_subjects"
    SPLIT_SUBJECT = "split_subject"
    DEREGISTER_SUBJECT = "deregister_subject"
    SET_ORDER_TERMS = "set_order_terms"


class Tie(StrEnum):
    """What ties a person to a case, so that somebody else decides it."""

    AUTHOR = "author"
    APPLICANT = "applicant"
    TOOK_PART = "took_part"
    SAME_UNIT = "same_unit"
    RECUSED = "recused"


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An office that one account never joins with any of the offices `never_with`."""

    id: str
    office: Office
    never_with: frozenset[Office]
    cite: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Appointment:
    """The offices that one administrator proposes for an account and another releases."""

    offices: frozenset[Office]
    cite: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Release:
    """An act that takes effect when a second person, in the role `by`, releases it."""

    act: Act
    by: Office
    cite: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class StandsBack:
    """The reason why a person with a certain tie does not decide a case."""

    tie: Tie
    cite: str
    zh: str
    en: str


class Part(StrEnum):
    """The steps of a case by which a person takes part in its matter."""

    ACCEPT = "accept"
    DECLINE = "decline"
    REQUEST_EXTENSION = "request_extension"
    APPROVE_EXTENSION = "approve_extension"
    DECLINE_EXTENSION = "decline_extension"
    DECIDE = "decide"


@dataclass(frozen=True, slots=True)
class Parts:
    """The steps that nobody does in a case if they did one of them in a case that it follows."""

    steps: frozenset[Part]
    cite: str
    zh: str
    en: str


class RecusalGround(StrEnum):
    """The grounds on which a person may be asked to stand back from a case."""

    INTEREST = "interest"
    RELATION = "relation"


@dataclass(frozen=True, slots=True)
class RecusalReason:
    """A ground for recusal, with its article and its words."""

    ground: RecusalGround
    cite: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RecusalRules:
    """Who answers a request for recusal, on which grounds, and which steps wait for the answer."""

    by: Office
    cite: str
    grounds: tuple[RecusalReason, ...]
    waits: frozenset[Part]


@dataclass(frozen=True, slots=True)
class Separation:
    """All rules of the data file `separation.yaml`."""

    offices: tuple[Exclusion, ...]
    appointed: Appointment
    released: tuple[Release, ...]
    stands_back: tuple[StandsBack, ...]
    parts: Parts
    recusal: RecusalRules


def exclusions(offices: Collection[str]) -> tuple[Exclusion, ...]:
    """Returns the rules that these offices break if one account has them all (D-16)."""
    held = {Office(office) for office in offices}
    return tuple(
        rule for rule in _rules().offices if rule.office in held and rule.never_with & held
    )


def appointed() -> Appointment:
    """Returns the offices for which an account needs a second administrator (D-16)."""
    return _rules().appointed


def released_by(office: Office) -> frozenset[Act]:
    """Returns the acts that an office releases."""
    return frozenset(rule.act for rule in _rules().released if rule.by is office)


def release_of(act: Act) -> Release:
    """Returns who releases an act, and by which article (S1 20)."""
    return next(rule for rule in _rules().released if rule.act is act)


def stands_back(tie: Tie) -> StandsBack:
    """Returns why a person with this tie does not decide a case (S3 27)."""
    return next(rule for rule in _rules().stands_back if rule.tie is tie)


def parts() -> Parts:
    """Returns the steps by which a person takes part in a matter (S3 27)."""
    return _rules().parts


def recusal() -> RecusalRules:
    """Returns who answers a request for recusal, and on which grounds (C-35)."""
    return _rules().recusal


@cache
def _rules() -> Separation:
    return understood("separation", read_separation)


def read_separation(reader: Reader) -> Separation:
    """Reads `separation.yaml`: every act and every tie must be listed once, in their order."""
    read_header(
        reader,
        *("requirements", "offices", "appointed", "released", "stands_back", "parts"),
        *("recusal", "ambiguities"),
    )
    read_requirements(reader)
    read_readings(reader)
    rules = Separation(
        tuple(_exclusion(item) for item in reader.each("offices")),
        _appointment(reader.below("appointed")),
        tuple(_release(item) for item in reader.each("released")),
        tuple(_stands_back(item) for item in reader.each("stands_back")),
        _parts(reader.below("parts")),
        _recusal(reader.below("recusal")),
    )
    _note_all(reader, "released", [rule.act for rule in rules.released], list(Act))
    _note_all(reader, "stands_back", [rule.tie for rule in rules.stands_back], list(Tie))
    return rules


def _note_all(reader: Reader, key: str, listed: list[StrEnum], known: list[StrEnum]) -> None:
    if listed != known:
        reader.fault(key, "应依次各列一次", f"must list each once, in order: {', '.join(known)}")


def _exclusion(reader: Reader) -> Exclusion:
    reader.only("id", "office", "never_with", "cite", "zh", "en")
    office = reader.choice("office", Office)
    never_with = frozenset(reader.choices("never_with", Office))
    if not never_with or office in never_with:
        reader.fault("never_with", "应为其他角色", "must be other offices")
    return Exclusion(
        id=reader.text("id"), office=office, never_with=never_with,
        cite=read_cite(reader), zh=reader.text("zh"), en=reader.text("en"),
    )  # fmt: skip


def _appointment(reader: Reader) -> Appointment:
    reader.only("offices", "cite", "zh", "en")
    offices = frozenset(reader.choices("offices", Office))
    return Appointment(
        offices=offices, cite=read_cite(reader), zh=reader.text("zh"), en=reader.text("en")
    )


def _release(reader: Reader) -> Release:
    reader.only("id", "by", "cite", "zh", "en")
    return Release(
        act=reader.choice("id", Act), by=reader.choice("by", Office),
        cite=read_cite(reader), zh=reader.text("zh"), en=reader.text("en"),
    )  # fmt: skip


def _stands_back(reader: Reader) -> StandsBack:
    reader.only("id", "cite", "zh", "en")
    return StandsBack(
        tie=reader.choice("id", Tie),
        cite=read_cite(reader), zh=reader.text("zh"), en=reader.text("en"),
    )  # fmt: skip


def _parts(reader: Reader) -> Parts:
    reader.only("steps", "cite", "zh", "en")
    steps = frozenset(reader.choices("steps", Part))
    return Parts(steps=steps, cite=read_cite(reader), zh=reader.text("zh"), en=reader.text("en"))


def _recusal(reader: Reader) -> RecusalRules:
    reader.only("by", "cite", "grounds", "waits")
    grounds = tuple(_recusal_reason(item) for item in reader.each("grounds"))
    _note_all(reader, "grounds", [one.ground for one in grounds], list(RecusalGround))
    return RecusalRules(
        by=reader.choice("by", Office), cite=read_cite(reader), grounds=grounds,
        waits=frozenset(reader.choices("waits", Part)),
    )  # fmt: skip


def _recusal_reason(reader: Reader) -> RecusalReason:
    reader.only("id", "cite", "zh", "en")
    return RecusalReason(
        ground=reader.choice("id", RecusalGround),
        cite=read_cite(reader), zh=reader.text("zh"), en=reader.text("en"),
    )  # fmt: skip
