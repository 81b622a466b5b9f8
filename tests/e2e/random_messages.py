"""Makes values that the wire can carry, and messages from values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import strategies as st

from protos.buf.validate import validate_pb2

Strategy = st.SearchStrategy[Any]
LIST_LENGTH = 4

DAYS = [
    "", "0000-00-00", "0001-01-01", "1000-06-15", "1899-12-31", "1900-01-01", "2024-02-29",
    "2026-02-30", "2026-13-01", "2026-00-10", "2026-08-31", "2026-09-01", "2026-09-14",
    "2026-09-15", "2027-02-28", "2999-12-31", "3000-01-01", "9999-12-31",
]  # fmt: skip
ODD_TEXTS = [
    "\0", "a\0b", " ", "\t\n", "\r\nBcc: somebody@elsewhere.example", "\u202e\u200f", "\ufeff",
    "𠮷𠮷", "e\u0301", "\U0010ffff", "'; DROP TABLE subject; --", "%_\\", "=cmd|' /C calc'!A0",
    "{}", "null", "NaN", "../../etc/passwd", "<b>", "${x}", "a" * 64, "权" * 64,
]  # fmt: skip
SECONDS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([0, -62135596800, -62135596801, 253402300799, 253402300800]),
)
INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
Make = Callable[[FieldDescriptor], Strategy]
RULES: Any = vars(validate_pb2)["field"]  # an extension, which its stub does not name
TIMESTAMP = Timestamp.DESCRIPTOR.full_name


def any_message(kind: type[Message]) -> Strategy:
    """A message with any values in its fields."""
    return messages(kind.DESCRIPTOR, any_value)


def messages(kind: Any, value: Make) -> Strategy:
    fields = {field.name: value(field) for field in kind.fields}
    required = {field.name for field in kind.fields if _is_required(field)}

    def build(values: dict[str, Any]) -> Message:
        message: Message = class_of(kind)()
        for name, field_value in values.items():
            put(message, kind.fields_by_name[name], field_value)
        return message

    always = {name: made for name, made in fields.items() if name in required}
    others = {name: made for name, made in fields.items() if name not in required}
    return st.builds(build, st.fixed_dictionaries(always, optional=others))


def put(message: Any, field: FieldDescriptor, value: Any) -> None:
    place = getattr(message, field.name)
    if _is_map(field):
        place.update(value)
    elif field.is_repeated:
        place.extend(value)
    elif field.message_type is not None:
        place.CopyFrom(value)
    else:
        setattr(message, field.name, value)


def _is_required(field: FieldDescriptor) -> bool:
    rules = rules_of(field)
    return bool(rules.required or rules.string.uuid or rules.string.min_len)


def class_of(kind: Any) -> Any:
    return message_factory.GetMessageClass(kind)


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def any_value(field: FieldDescriptor) -> Strategy:
    return plural(field, any_single_value, 0, LIST_LENGTH)


def plural(field: FieldDescriptor, value_of: Make, least: int, most: int) -> Strategy:
    if _is_map(field):
        entry: Any = field.message_type
        key, value = (entry.fields_by_name[name] for name in ("key", "value"))
        return st.dictionaries(value_of(key), value_of(value), min_size=least, max_size=most)
    if field.is_repeated:
        return st.lists(value_of(field), min_size=least, max_size=most)
    return value_of(field)


def any_single_value(field: FieldDescriptor) -> Strategy:
    if field.cpp_type in INTEGERS:
        least, most = INTEGERS[field.cpp_type]
        return st.integers(least, most) | st.sampled_from([least, most, 0, 1])
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return st.integers(-(2**31), 2**31 - 1) | st.integers(0, 20)
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return st.floats()
    if field.message_type is None:
        return st.binary() if field.type == FieldDescriptor.TYPE_BYTES else _odd_text()
    if field.message_type.full_name == TIMESTAMP:
        return st.builds(Timestamp, seconds=SECONDS, nanos=st.integers(-(2**31), 2**31 - 1))
    return messages(field.message_type, any_value)


def _odd_text() -> Strategy:
    return st.one_of(st.text(max_size=40), st.sampled_from(ODD_TEXTS), st.sampled_from(DAYS))


def rules_of(field: FieldDescriptor) -> Any:
    return field.GetOptions().Extensions[RULES]
