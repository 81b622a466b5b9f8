"""Validates requests: reports all faults at once, each with its path, in Chinese and English.

The rules are in the .proto files beside the fields (protovalidate); the Chinese messages are in
this module. Three rules hold for every request and stand here alone: which characters a text may
contain, what a mail address is, and in which years a moment lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import protovalidate
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from law.errors import Fault, InvalidInput
from law.reader.strict_reader import Reader, refuse
from plumbing import characters
from plumbing.check_only import only_checks
from plumbing.mail_address import REASON_EN, REASON_ZH, is_mail_address

_CHINESE = {
    "required": "必填",
    "string.uuid": "须为 UUID",
    "string.uuid_empty": "须为 UUID，不能为空",
    "string.min_len": "不能少于 {value} 个字",
    "string.max_len": "不能超过 {value} 个字",
    "string.pattern": "格式不符",
    "string.in": "须为下列之一：{value}",
    "int32.gte": "不能小于 {value}",
    "int32.lte": "不能大于 {value}",
    "int32.gte_lte": "超出允许范围",
    "int64.gte": "不能小于 {value}",
    "bytes.min_len": "不能少于 {value} 个字节",
    "bytes.max_len": "不能超过 {value} 个字节",
    "repeated.min_items": "至少 {value} 项",
    "repeated.max_items": "至多 {value} 项",
    "repeated.unique": "不能重复",
    "map.max_pairs": "至多 {value} 对",
    "enum.defined_only": "须为已定义的值",
    "enum.not_in": "须选择一个值",
}

# Fields whose texts may have several lines; every other field is one line. The last three of an
# import repeat headings and cells of a file, which may have line breaks.
SEVERAL_LINES = frozenset(
    {
        "ground", "grounds", "reason", "reasons", "summary", "minutes", "note", "promise",
        "missing", "reply", "released_text", "evidence", "draft_text", "findings_json",
        "claims_json", "columns", "values", "constants", "facts", "close_reasons",
        "undertaking", "findings", "purpose", "apart_ground", "verified_how", "discard_reasons",
        "what", "words", "words_en", "sites",
    }
)  # fmt: skip
# A password is never shown, and one that was set with an odd character must still open the account.
_PASSWORDS = frozenset({"password", "old_password", "new_password", "first_password"})
# Within these years every period of the law ends on a date; the law has the same limits.
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)

_validator = protovalidate.Validator()


def check(request: Message) -> None:
    """Checks a request against its rules. Raises InvalidInput with all faults found.

    A request that only checks needs no request id (`plumbing.check_only`). Besides the rules of the
    fields: no text may contain characters that cannot be seen (`plumbing.characters`), every e-mail
    must be one mail address, and every moment must be in the years 1900 to 2999.
    """
    own = list(_faults_within(request, ""))
    told = {fault.field for fault in own}
    contract = map(_fault, _validator.collect_violations(request))
    if only_checks(request) and not request.request_id:  # type: ignore[attr-defined]
        told.add("request_id")  # that there is none is no fault
    faults = [fault for fault in contract if fault.field not in told] + own
    if faults:
        raise InvalidInput(faults=faults)


def day(text: str, field: str) -> date | None:
    """Reads a date (YYYY-MM-DD) from the text of a request field; returns None for an empty text.

    Raises InvalidInput, which names the field, if the text is not a date in the years 1900 to 2999.
    """
    faults: list[Fault] = []
    value = Reader({field: text or None}, "", faults).day_or_none(field)
    refuse(faults, InvalidInput.message_zh, "The input is not valid.")
    return value


def _faults_within(message: Message, path: str) -> Iterator[Fault]:
    for field, value in message.ListFields():
        values = value if field.is_repeated else (value,)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            values = [*value.keys(), *value.values()]
        for item in values:
            yield from _faults_of(item, field, f"{path}{field.name}")


def _faults_of(value: object, field: FieldDescriptor, path: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if reasons := _reasons(value, field):
            yield Fault(path, *reasons)
    elif isinstance(value, Timestamp):
        if not _is_sane(value):
            yield Fault(path, "时间应在1900–2999年之内", "must be a moment of the years 1900–2999")
    elif isinstance(value, Message):
        yield from _faults_within(value, f"{path}.")


def _reasons(text: str, field: FieldDescriptor) -> tuple[str, str] | None:
    """Why a text is refused, in Chinese and English; None for a good one."""
    if field.name in _PASSWORDS or _is_cell(field):
        barred = characters.control(text)
    else:
        barred = characters.barred(text, several_lines=field.name in SEVERAL_LINES)
    if barred:
        return characters.reasons(barred)
    if field.name == "email" and text and not _is_cell(field) and not is_mail_address(text):
        return REASON_ZH, REASON_EN
    return None


def _is_cell(field: FieldDescriptor) -> bool:
    """Whether a text is a cell of an import, whose faults are reported with its row instead."""
    return field.containing_type is not None and field.containing_type.name.endswith("Item")


def _is_sane(stamp: Timestamp) -> bool:
    within = _FIRST.timestamp() <= stamp.seconds < _LAST.timestamp()
    return within and 0 <= stamp.nanos < 10**9


def _fault(violation: protovalidate.Violation) -> Fault:
    proto = violation.proto
    elements = proto.field.elements if proto.field else ()
    path = ".".join(element.field_name for element in elements)
    value = violation.rule_value
    shown = "、".join(map(str, value)) if isinstance(value, list | tuple) else value
    zh = _CHINESE.get(proto.rule_id, "不符合要求").format(value=shown)
    return Fault(path, zh, proto.message or proto.rule_id)
