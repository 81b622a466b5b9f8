"""Validates requests: reports all faults at once, each with its path, in Chinese and English.

The rules are in the .proto files beside the fields (protovalidate); the Chinese messages are in
this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import protovalidate
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from law.errors import Fault, InvalidInput
from law.reader.strict_reader import Reader, refuse

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
    "repeated.min_items": "至少 {value} 项",
    "repeated.max_items": "至多 {value} 项",
    "repeated.unique": "不能重复",
    "map.max_pairs": "至多 {value} 对",
    "enum.defined_only": "须为已定义的值",
    "enum.not_in": "须选择一个值",
}

# Control characters: no text of people has them, databases refuse NUL, terminals act on others.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Within these years every period of the law ends on a date; the law has the same limits.
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)

_validator = protovalidate.Validator()


def check(request: Message) -> None:
    """Checks a request against its rules. Raises InvalidInput with all faults found.

    Besides the rules of the fields, no text may contain control characters, and every moment must
    be in the years 1900 to 2999.
    """
    faults = [_fault(violation) for violation in _validator.collect_violations(request)]
    faults += _faults_within(request, "")
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
            yield from _faults_of(item, f"{path}{field.name}")


def _faults_of(value: object, path: str) -> Iterator[Fault]:
    if isinstance(value, str):
        if _CONTROL.search(value):
            yield Fault(path, "不能含有控制字符", "must not hold control characters")
    elif isinstance(value, Timestamp):
        if not _is_sane(value):
            yield Fault(path, "时间应在1900–2999年之内", "must be a moment of the years 1900–2999")
    elif isinstance(value, Message):
        yield from _faults_within(value, f"{path}.")


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
