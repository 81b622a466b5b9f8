"""Validation of a request: every field at once, each fault with its path, in Chinese and English.

The rules stand in the .proto beside the fields (protovalidate); this says them in Chinese.
"""

from __future__ import annotations

import protovalidate
from google.protobuf.message import Message

from law.errors import Fault, InvalidInput

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

_validator = protovalidate.Validator()


def check(request: Message) -> None:
    """Refuses a request that breaks a rule of its contract, listing every fault."""
    faults = [_fault(violation) for violation in _validator.collect_violations(request)]
    if faults:
        raise InvalidInput(faults=faults)


def _fault(violation: protovalidate.Violation) -> Fault:
    said = violation.proto
    elements = said.field.elements if said.field else ()
    path = ".".join(element.field_name for element in elements)
    value = violation.rule_value
    shown = "、".join(map(str, value)) if isinstance(value, list | tuple) else value
    zh = _CHINESE.get(said.rule_id, "不符合要求").format(value=shown)
    return Fault(path, zh, said.message or said.rule_id)
