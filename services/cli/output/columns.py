"""The columns of an exported list: every field of its message and, after each id, a name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from plumbing.clock import SHANGHAI
from plumbing.spreadsheets import Cell
from services.cli.output.headings import NAME_HEADINGS, heading, name_heading
from services.cli.output.language import choose
from services.cli.output.names import ACCOUNT_FIELDS, PLACED, Names
from services.cli.output.words import ruleset_name, type_name, vocabulary, word

Path = tuple[FieldDescriptor, ...]
# Names of fields with a day or nothing. Any other text stays a text, even if it looks like a day.
DAYS = re.compile(r"on|.*_(?:on|from|to|until)")
TIMESTAMP = Timestamp.DESCRIPTOR.full_name


class Column(NamedTuple):
    """A column of an exported list: its heading, and the function that returns a message's cell.

    The function returns None for an empty cell.
    """

    heading: str
    of: Callable[[Any, Names], Cell]


def columns_of(message: Descriptor) -> list[Column]:
    """Returns a column for each field of a message and, after each id, a column for its name."""
    return list(_columns(message))


def paths_of(message: Descriptor, before: Path = ()) -> Iterator[Path]:
    """Yields the path of each field of a message, including the fields of nested messages."""
    for field in message.fields:
        path = (*before, field)
        nested = field.message_type
        if nested is None or field.is_repeated or nested.full_name.startswith("google."):
            yield path
        else:
            yield from paths_of(nested, path)


def value_at(path: Sequence[FieldDescriptor], message: Any) -> Any:
    """Returns the value of the field at a path; None if a field on the path is not set."""
    for field in path[:-1]:
        if not message.HasField(field.name):
            return None
        message = getattr(message, field.name)
    last = path[-1]
    if last.has_presence and not message.HasField(last.name):
        return None
    return getattr(message, last.name)


def cell_of(path: Sequence[FieldDescriptor]) -> Callable[[Any, Names], Cell]:
    """Returns what makes the cell of a message: a day, a moment, a number, or a text in words.

    What the field is like is asked here, once, and not for each cell of a long list.
    """
    last = path[-1]
    read, name = _reader(last), last.name
    if len(path) == 1 and not last.has_presence:
        return lambda message, _names: read(getattr(message, name))

    def cell(message: Any, _names: Names) -> Cell:
        value = value_at(path, message)
        return None if value is None else read(value)

    return cell


def name_at(path: Sequence[FieldDescriptor], message: Any, names: Names) -> str:
    """Returns the name that belongs to the id at a field path; empty if it is unknown."""
    value, field = value_at(path, message), path[-1].name
    if not value:
        return ""
    match field:
        case "type_code":
            return type_name(value)
        case "ruleset_id":
            return ruleset_name(value)
        case "instrument_id":
            return names.place(value)
    return names.name(field, value)


def is_named(field: FieldDescriptor) -> bool:
    """Returns True if a field contains the id of another object, which has a name."""
    message = field.containing_type.name if field.containing_type else ""
    if field.name == "subject_id":
        return message != "Subject"
    if field.name == "instrument_id":
        return message in PLACED
    if field.name == "ruleset_id":
        return message != "Ruleset"
    return not field.is_repeated and (field.name in NAME_HEADINGS or field.name in ACCOUNT_FIELDS)


def _told_beside(field: FieldDescriptor) -> bool:
    """Whether the message tells the name of the object in a field of its own."""
    beside = field.containing_type.fields_by_name.values() if field.containing_type else ()
    return name_heading(field) in map(heading, beside)


def enum_code(kind: EnumDescriptor, value: int) -> str:
    """Returns the code of an enum's value: ROLE_UNIT_HEAD becomes `unit_head`."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.name).upper() + "_"
    return str(kind.values_by_number[value].name.removeprefix(prefix).lower())


def _columns(message: Descriptor) -> Iterator[Column]:
    for path in paths_of(message):
        *before, last = path
        above = [*filter(None, map(heading, before))]
        yield Column("·".join(filter(None, (*above, heading(last)))), cell_of(path))
        if is_named(last) and not _told_beside(last):
            yield Column("·".join((*above, name_heading(last))), partial(name_at, path))


def _reader(field: FieldDescriptor) -> Callable[[Any], Cell]:
    """What makes a cell of a value of the field."""
    if field.is_repeated:
        return partial(_joined, field)
    if field.message_type is not None:
        is_moment = field.message_type.full_name == TIMESTAMP
        return _moment if is_moment else _message
    if (codes := field.enum_type) is not None:
        return lambda value: _word(field, enum_code(codes, value))
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes.hex
    if field.type != FieldDescriptor.TYPE_STRING:
        return _as_it_is
    if DAYS.fullmatch(field.name):
        return _day
    return partial(_word, field) if vocabulary(field) else _as_it_is


def _as_it_is(value: Any) -> Cell:
    return value  # type: ignore[no-any-return]


def _moment(value: Any) -> Cell:
    return value.ToDatetime(tzinfo=SHANGHAI)  # type: ignore[no-any-return]


def _message(value: Any) -> Cell:
    return _json(MessageToDict(value))


def _word(field: FieldDescriptor, code: str) -> str:
    return choose(word(vocabulary(field), code), code)


def _joined(field: FieldDescriptor, values: Any) -> str:
    if field.message_type is not None:
        return _json(_plain(values)) if values else ""
    if field.enum_type is not None:
        values = [enum_code(field.enum_type, value) for value in values]
    return "；".join(_word(field, str(value)) for value in values)


def _plain(values: Any) -> Any:
    if hasattr(values, "items"):  # a map
        return dict(values.items())
    return [MessageToDict(value, preserving_proto_field_name=True) for value in values]


def _day(text: str) -> Cell:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
