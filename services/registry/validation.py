"""Reads and checks the content of subjects, instruments, verifications and credit records.

Each function `read_…` reads one mapping (a message or a row of a file) through a `Reader`, adds
every fault with its field, and returns the content. No function here reads the register.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from google.protobuf.message import Message

from law.colours.rule import Mode, VerificationResult
from law.errors import Fault, InvalidInput
from law.evidence import RecordKind, Sector, Severity, SubjectKind
from law.identifiers import check_credit_code
from law.identity import part_key, stated
from law.instruments import code_of, mode_of, rotation
from law.reader.strict_reader import Reader
from plumbing.clock import SHANGHAI
from services.registry.gs1 import maker_code

# Of the work at one verification: what is compared with the records of its laboratory.
LONGEST_WORK = timedelta(days=31)


@dataclass(frozen=True)
class SubjectContent:
    """The fields of a subject that people enter."""

    kind: SubjectKind
    name: str
    credit_code: str
    bureau: str
    sector: Sector
    person_in_charge: str
    address: str
    email: str
    external_ref: str
    in_review: bool
    code_ground: str = ""
    phone: str = ""


@dataclass(frozen=True)
class InstrumentContent:
    """The fields of an instrument that people enter."""

    subject_id: str
    type_code: str
    model: str
    serial_no: str
    manufacturer: str
    location: str
    rotate_on: date | None
    maker_code: str = ""
    owner_no: str = ""
    measuring_range: str = ""
    accuracy_class: str = ""
    non_compulsory_ground: str = ""


@dataclass(frozen=True)
class VerificationContent:
    """The fields of a verification that people enter."""

    instrument_id: str
    result: VerificationResult
    verified_on: date
    valid_until: date | None
    institution: str
    certificate_no: str
    certificate_sha256: str
    method: str
    part: str = ""
    laboratory: str = ""
    worked_from: str = ""
    worked_until: str = ""


@dataclass(frozen=True)
class RecordContent:
    """The fields of a credit record that people enter."""

    kind: RecordKind
    severity: Severity | None
    occurred_on: date
    determined_on: date
    verified: bool
    final: bool
    points: int | None
    source_ref: str
    provided_by: str
    summary: str


def reader_of(message: Message, path: str, faults: list[Fault]) -> Reader:
    """Returns a Reader that checks the non-empty fields of `message`.

    It appends each fault to `faults`; `path` is the beginning of the field's name in a fault.
    """
    return Reader({field.name: value for field, value in message.ListFields()}, path, faults)


def read_subject(reader: Reader) -> SubjectContent:
    """Reads and checks the content of a subject; adds a fault for each bad field.

    The credit code must follow GB 32100; a code that was issued with another check digit needs the
    ground on which it is filed. A natural person must have none.
    """
    content = SubjectContent(
        kind=reader.choice("kind", SubjectKind),
        name=reader.text("name").strip(),
        credit_code=_code_of_no_person(reader),
        bureau=reader.text("bureau"),
        sector=reader.choice("sector", Sector),
        person_in_charge=optional_text(reader, "person_in_charge"),
        address=optional_text(reader, "address"),
        email=optional_text(reader, "email"),
        external_ref=optional_text(reader, "external_ref"),
        in_review=reader.flag("in_review", False),
        code_ground=needed_ground(
            optional_text(reader, "credit_code"), optional_text(reader, "code_ground")
        ),
        phone=optional_text(reader, "phone"),
    )
    if content.kind is SubjectKind.NATURAL_PERSON and content.credit_code:
        reader.fault(
            "credit_code", "自然人没有统一社会信用代码", "a natural person has no credit code"
        )
    return content


def read_instrument(
    reader: Reader, today: date, *, rotates_on: date | None = None
) -> InstrumentContent:
    """Reads and checks the content of an instrument; adds a fault for each bad field.

    Its day of replacement must not be so far after `today` that it would never be due, unless it is
    on file: `rotates_on` hinders nobody who changes something else. State, bureau and marks are not
    part of it: the register sets them.
    """
    return InstrumentContent(
        subject_id=reader.text("subject_id"),
        type_code=code_of(reader.text("type_code").strip()),
        model=optional_text(reader, "model"),
        serial_no=reader.text("serial_no").strip(),
        manufacturer=optional_text(reader, "manufacturer"),
        location=optional_text(reader, "location"),
        rotate_on=_rotation_day(reader, today, rotates_on),
        maker_code=_maker_code(reader),
        owner_no=stated(optional_text(reader, "owner_no")),
        measuring_range=stated(optional_text(reader, "measuring_range")),
        accuracy_class=stated(optional_text(reader, "accuracy_class")),
        non_compulsory_ground=stated(optional_text(reader, "non_compulsory_ground")),
    )


def _rotation_day(reader: Reader, today: date, filed: date | None) -> date | None:
    day, rule = reader.day_or_none("rotate_on"), rotation()
    if day == filed:
        return day
    if day is not None and date.min < day < rule.not_before:
        zh = f"轮换日期不能早于 {rule.not_before}，那一日起计量器具才实行强制检定"
        en = f"must not be before {rule.not_before}, when verification became compulsory"
        reader.fault("rotate_on", zh, en, cite=rule.cite)
    elif day is not None and day > (latest := rule.not_after(today)):
        zh = f"轮换日期不能晚于 {latest}，请核对年份"
        reader.fault("rotate_on", zh, f"must not be after {latest}; see to the year")
    return day


def read_verification(reader: Reader, today: date) -> VerificationContent:
    """Reads and checks the content of a verification; adds a fault for each bad field.

    A verification must not be dated after `today`.
    """
    content = VerificationContent(
        instrument_id=reader.text("instrument_id"),
        result=reader.choice("result", VerificationResult),
        verified_on=reader.day("verified_on"),
        valid_until=reader.day_or_none("valid_until"),
        institution=reader.text("institution").strip(),
        certificate_no=optional_text(reader, "certificate_no"),
        certificate_sha256=optional_text(reader, "certificate_sha256"),
        method=optional_text(reader, "method"),
        part=part_key(optional_text(reader, "part")),
        laboratory=optional_text(reader, "laboratory"),
        worked_from=optional_text(reader, "worked_from"),
        worked_until=optional_text(reader, "worked_until"),
    )
    if content.verified_on > today:
        reader.fault("verified_on", "检定日期不得晚于今天", "must not be after today")
    if content.valid_until:
        _check_validity(reader, content, content.valid_until)
    return content


def check_dated(reader: Reader, content: VerificationContent, type_code: str) -> None:
    """Adds a fault if a pass has no last day of validity, unless its type needs none (C-19)."""
    passed = content.result is VerificationResult.PASS
    if (
        passed
        and content.valid_until is None
        and not only_verified_first(type_code, content.verified_on)
    ):
        reader.fault("valid_until", "检定合格须填写有效期", "a pass needs the last valid day")


def check_work(reader: Reader, content: VerificationContent) -> None:
    """Adds a fault if it is not said in which laboratory and when a verification was done.

    Nobody has to say it; who does says all of it. The work ends on the day of the verification or
    before, and lasts a month at most.
    """
    said = {name: getattr(content, name) for name in ("laboratory", "worked_from", "worked_until")}
    if not any(said.values()):
        return
    for name in (name for name, value in said.items() if not value):
        zh = "实验室、检定开始时间和结束时间须一起填写，或者都不填"
        reader.fault(name, zh, "give laboratory, beginning and end of the work, or none of them")
    moments = {name: _moment(reader, name, said[name]) for name in ("worked_from", "worked_until")}
    begun, ended = moments["worked_from"], moments["worked_until"]
    if begun is None or ended is None:
        return
    if ended < begun:
        reader.fault("worked_until", "不得早于检定开始时间", "must not be before worked_from")
    elif ended - begun > LONGEST_WORK:
        days = LONGEST_WORK.days
        reader.fault("worked_until", f"检定不得超过 {days} 天", f"lasts more than {days} days")
    if ended.date() > content.verified_on:
        reader.fault("worked_until", "不得晚于检定日期当天", "must not be after verified_on")


def _moment(reader: Reader, name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
        found.astimezone(UTC)  # its records are looked up so
    except (ValueError, OverflowError):
        zh, en = "没有这一时刻，应如 2026-10-08T09:00", "is no moment such as 2026-10-08T09:00"
        reader.fault(name, zh, en)
        return None
    return found


def only_verified_first(type_code: str, on: date) -> bool:
    """Returns whether the catalogue of a day requires at most one verification of a type."""
    return mode_of(type_code, on) is not Mode.PERIODIC


def read_record(reader: Reader, today: date) -> RecordContent:
    """Reads and checks the content of a credit record; adds a fault for each bad field.

    The day of the event must not be after the day of determination, nor that day after `today`.
    """
    content = RecordContent(
        kind=reader.choice("kind", RecordKind),
        severity=reader.choice_or_none("severity", Severity),
        occurred_on=reader.day("occurred_on"),
        determined_on=reader.day("determined_on"),
        verified=reader.flag("verified", False),
        final=reader.flag("final", False),
        points=reader.whole_or_none("points", least=0),
        source_ref=reader.text("source_ref").strip(),
        provided_by=optional_text(reader, "provided_by"),
        summary=optional_text(reader, "summary"),
    )
    if content.occurred_on > content.determined_on:
        reader.fault("occurred_on", "发生日期不得晚于认定日期", "must not be after determined_on")
    if content.determined_on > today:
        reader.fault("determined_on", "认定日期不得晚于今天", "must not be after today")
    return content


def _check_validity(reader: Reader, content: VerificationContent, valid_until: date) -> None:
    if content.result is not VerificationResult.PASS:
        reader.fault("valid_until", "只有检定合格才有有效期", "only a pass is valid until a day")
    elif valid_until < content.verified_on:
        reader.fault("valid_until", "有效期不得早于检定日期", "must not be before verified_on")


def _credit_code(reader: Reader) -> str:
    code = optional_text(reader, "credit_code")
    if not code:
        return ""
    try:
        return check_credit_code(code, digit=not optional_text(reader, "code_ground"))
    except InvalidInput as error:
        for fault in error.faults:
            zh, en = fault.message_zh, fault.message_en
            if _is_whole(code):
                zh += "；确系登记机关发放的，请写明登记的依据"
                en += "; if it was issued so, say on what ground it is filed"
            reader.fault("credit_code", zh, en, fault.cite)
        return code


def _maker_code(reader: Reader) -> str:
    try:
        return maker_code(optional_text(reader, "maker_code"))
    except InvalidInput as error:
        for fault in error.faults:
            reader.fault("maker_code", fault.message_zh, fault.message_en)
        return ""


def _code_of_no_person(reader: Reader) -> str:
    """The credit code; that of a natural person, who has none, is not checked any further."""
    is_person = reader.data.get("kind") == SubjectKind.NATURAL_PERSON
    return optional_text(reader, "credit_code") if is_person else _credit_code(reader)


def _is_whole(code: str) -> bool:
    """Whether nothing but the check digit of a credit code may be wrong."""
    try:
        return bool(check_credit_code(code, digit=False))
    except InvalidInput:
        return False


def needed_ground(code: str, ground: str) -> str:
    """Returns the ground on which a code is filed; empty for a code whose check digit agrees."""
    try:
        check_credit_code(code)
    except InvalidInput:
        return ground if code else ""
    return ""


def optional_text(reader: Reader, key: str) -> str:
    """Returns a text without outer blanks; None, "" and a missing field give an empty one."""
    value = reader.data.get(key)
    return reader.text(key).strip() if value not in (None, "") else ""
