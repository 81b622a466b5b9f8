"""Reads and checks what a person enters of a permit. Reads nothing of the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from law.disclosure.personal_data import personal_data
from law.errors import InvalidInput
from law.identifiers import check_credit_code
from law.identity import document_key
from law.permits import matter_of, matters
from law.reader.strict_reader import Reader
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.permit_cells import category
from services.registry.validation import optional_text

_TEXTS = ("document_name", "certificate_name", "content")


@dataclass(frozen=True)
class PermitContent:
    """The fields of a permit that people enter."""

    matter: str
    document_name: str
    document_no: str
    category: str
    certificate_name: str
    permit_no: str
    content: str
    decided_on: date
    valid_from: date | None
    valid_until: date | None
    open_ended: bool
    authority: str
    authority_code: str
    provided_by: str


def read_content(reader: Reader, today: date) -> PermitContent:
    """Reads and checks a permit; adds a fault for each bad field.

    A permit without the number of its decision has that of its certificate. Its kind must be one
    that the law had on the day of the decision, and not another one than its names say.
    """
    permit_no = optional_text(reader, "permit_no")
    content = PermitContent(
        matter=reader.text("matter"),
        document_name=reader.text("document_name").strip(),
        document_no=optional_text(reader, "document_no") or permit_no,
        category=optional_text(reader, "category"),
        certificate_name=optional_text(reader, "certificate_name"),
        permit_no=permit_no,
        content=optional_text(reader, "content"),
        decided_on=reader.day("decided_on"),
        valid_from=reader.day_or_none("valid_from"),
        valid_until=reader.day_or_none("valid_until"),
        open_ended=reader.flag("open_ended", False),
        authority=reader.text("authority").strip(),
        authority_code=_authority_code(reader),
        provided_by=optional_text(reader, "provided_by"),
    )
    _check_matter(reader, content)
    _check_days(reader, content, today)
    _check_texts(reader, content)
    return content


def _authority_code(reader: Reader) -> str:
    code = optional_text(reader, "authority_code")
    try:
        return check_credit_code(code) if code else ""
    except InvalidInput as error:
        for fault in error.faults:
            reader.fault("authority_code", fault.message_zh, fault.message_en, fault.cite)
        return ""


def _check_matter(reader: Reader, content: PermitContent) -> None:
    known = {one.value.id: one for one in matters()}
    chosen = known.get(content.matter)
    if chosen is None:
        if content.matter:
            reader.fault("matter", "没有这项计量许可", f"must be one of: {', '.join(known)}")
        return
    if not chosen.validity.holds(content.decided_on):
        zh = f"作出决定时法律没有“{chosen.value.zh}”这项许可"
        en = f"on that day the law had no {chosen.value.en}"
        reader.fault("decided_on", zh, en, cite=chosen.cite)
    texts = (content.document_name, content.certificate_name, content.content, content.category)
    named = matter_of(*texts)
    if named is not None and named.value.id != content.matter:
        zh = f"与名称不符：名称写的是“{named.value.zh}”"
        reader.fault("matter", zh, f"the names are those of {named.value.en}", cite=named.cite)


def _check_days(reader: Reader, content: PermitContent, today: date) -> None:
    first, last = content.valid_from, content.valid_until
    if content.decided_on > today:
        reader.fault("decided_on", "决定日期不得晚于今天", "must not be after today")
    if last and content.open_ended:
        reader.fault("valid_until", "长期有效的不填最后一日", "one without an end has no last day")
    elif last and last < max(content.decided_on, first or date.min):
        zh = "最后一日不得早于决定日期和有效期的第一日"
        reader.fault("valid_until", zh, "must not be before decided_on and valid_from")


def _check_texts(reader: Reader, content: PermitContent) -> None:
    if not document_key(content.document_no):
        zh, en = "须有行政许可决定文书号，或者许可编号", "a permit has a number"
        reader.fault("document_no", zh, en)
    try:
        if content.category:
            category(content.category)
    except BadCell as error:
        reader.fault("category", error.zh, error.en)
    for name in (one for one in _TEXTS if personal_data(getattr(content, one))):
        zh = "含有身份证件号码或者电话号码，请删去：登记中不保存个人信息"
        reader.fault(name, zh, "has the number of an identity card or telephone: leave it out")
