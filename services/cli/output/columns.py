"""The columns of an exported list: every field of its message, nested ones beside the others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from plumbing.clock import SHANGHAI
from services.cli.output.headings import heading

Cell = str | int | float | bool | date | datetime | None
# Fields of days: their texts are days, or blank. Any other text stays text, whatever it looks like.
DAYS = re.compile(r"on|.*_(?:on|from|to|until)")
TIMESTAMP = Timestamp.DESCRIPTOR.full_name


class Column(NamedTuple):
    """One column: its heading, and the cell of one thing; None where it says nothing."""

    heading: str
    of: Callable[[Any], Cell]


def columns_of(message: Descriptor) -> list[Column]:
    """Every field of a message, in its own order."""
    return [
        Column("·".join(filter(None, map(heading, path))), partial(_found, path))
        for path in _paths(message, ())
    ]


def _paths(
    message: Descriptor, before: tuple[FieldDescriptor, ...]
) -> Iterator[tuple[FieldDescriptor, ...]]:
    for field in message.fields:
        path = (*before, field)
        nested = field.message_type
        if nested is None or field.is_repeated or nested.full_name.startswith("google."):
            yield path
        else:
            yield from _paths(nested, path)


def _found(path: Sequence[FieldDescriptor], thing: Any) -> Cell:
    for field in path[:-1]:
        if not thing.HasField(field.name):
            return None
        thing = getattr(thing, field.name)
    last = path[-1]
    if last.has_presence and not thing.HasField(last.name):
        return None
    return _cell(last, getattr(thing, last.name))


def _cell(field: FieldDescriptor, value: Any) -> Cell:
    if field.is_repeated:
        return _several(field, value)
    if field.message_type is not None:
        is_moment = field.message_type.full_name == TIMESTAMP
        return value.ToDatetime(tzinfo=SHANGHAI) if is_moment else _json(MessageToDict(value))
    if field.enum_type is not None:
        return _name(field.enum_type, value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str) and DAYS.fullmatch(field.name):
        return _day(value)
    return value  # type: ignore[no-any-return]


def _several(field: FieldDescriptor, values: Any) -> str:
    if field.message_type is not None:
        told = [] if not values else _told(values)
        return _json(told) if told else ""
    if field.enum_type is not None:
        values = [_name(field.enum_type, value) for value in values]
    return "；".join(map(str, values))


def _told(values: Any) -> Any:
    if hasattr(values, "items"):  # a map
        return dict(values.items())
    return [MessageToDict(one, preserving_proto_field_name=True) for one in values]


def _name(kind: EnumDescriptor, value: int) -> str:
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.name).upper() + "_"
    return str(kind.values_by_number[value].name.removeprefix(prefix).lower())


def _day(text: str) -> Cell:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
