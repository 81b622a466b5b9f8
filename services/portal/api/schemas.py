"""JSON Schemas of the messages of the contract, with the rules that JSON Schema can say.

A message that people send has its rules (length, pattern, choices, required) and no other names. A
message that they receive has only its form: what is left out has its default value, and a later
release may add fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import protovalidate
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from protos.buf.validate import validate_pb2
from services.portal.api.comments import comment

Schema = dict[str, Any]
_REF = "#/components/schemas/"
_RULES: Any = validate_pb2.DESCRIPTOR.extensions_by_name["field"]
_ONEOF_RULES: Any = validate_pb2.DESCRIPTOR.extensions_by_name["oneof"]
_WHOLE = ("integer", "string")  # protobuf writes 64-bit numbers as texts, and reads both
_PLAIN: dict[int, Schema] = {
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {
        "type": "string",
        "contentEncoding": "base64",
        "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    },
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.TYPE_INT32: {
        "type": "integer",
        "format": "int32",
        "minimum": -(2**31),
        "maximum": 2**31 - 1,
    },
    FieldDescriptor.TYPE_INT64: {"type": "string", "pattern": "^-?[0-9]{1,18}$"},
}
# A moment of the years that the platform knows, in the form that protobuf reads.
_MOMENT = {"type": "string", "format": "date-time"}
_SENT_MOMENT = {"pattern": "^(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]{1,9})?Z$"}
_validator = protovalidate.Validator()


class Schemas:
    """The schemas of an interface, collected while its operations refer to messages."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def sent(self, message: Descriptor) -> Schema:
        """Returns a reference to the schema of a message that callers send."""
        return self._reference(message, sent=True)

    def received(self, message: Descriptor) -> Schema:
        """Returns a reference to the schema of a message that callers receive."""
        return self._reference(message, sent=False)

    def _reference(self, message: Descriptor, *, sent: bool) -> Schema:
        name = message.full_name.removeprefix("quanheng.") + ("-sent" if sent else "")
        if name not in self.components:
            self.components[name] = {}  # a message may contain itself
            self.components[name] = self._object(message, sent=sent)
        return {"$ref": _REF + name}

    def _object(self, message: Descriptor, *, sent: bool) -> Schema:
        fields = {f.json_name: self._field(f, sent=sent) for f in message.fields}
        schema: Schema = {"type": "object", "properties": fields}
        if told := comment(message.full_name):
            schema["description"] = told
        if sent:
            schema["additionalProperties"] = False
            schema |= _choices(message)
            if required := required_of(message):
                schema["required"] = sorted(required)
        return schema

    def _field(self, field: FieldDescriptor, *, sent: bool) -> Schema:
        rules = field.GetOptions().Extensions[_RULES]
        schema: Schema
        if entry := _map_entry(field):
            value = self._one(entry.fields_by_name["value"], sent=sent)
            schema = {"type": "object", "additionalProperties": value}
            schema |= _of_map(rules.map) if sent else {}
        elif field.is_repeated:
            item = self._one(field, sent=sent)
            item = item | _rules_of(field, rules.repeated.items) if sent else item
            schema = {"type": "array", "items": item} | (_of_list(rules.repeated) if sent else {})
        else:
            schema = self._one(field, sent=sent) | (_rules_of(field, rules) if sent else {})
        told = comment(field.full_name)
        return schema | {"description": told} if told else schema

    def _one(self, field: FieldDescriptor, *, sent: bool) -> Schema:
        """The schema of one value of a field."""
        if field.message_type is not None:
            if field.message_type.full_name == "google.protobuf.Timestamp":
                return _MOMENT | (_SENT_MOMENT if sent else {})
            return self._reference(field.message_type, sent=sent)
        if field.enum_type is not None:
            return {"type": "string", "enum": [value.name for value in field.enum_type.values]}
        plain = dict(_PLAIN[field.type])
        if sent and field.type == FieldDescriptor.TYPE_INT64:
            plain |= {"type": list(_WHOLE), "minimum": -(10**18), "maximum": 10**18}
        return plain


@cache
def required_of(message: Descriptor) -> frozenset[str]:
    """Returns the JSON names of the fields whose default value their rules refuse."""
    empty = message_factory.GetMessageClass(message)()
    names = set()
    for violation in _validator.collect_violations(empty):
        path = violation.proto.field.elements if violation.proto.field else ()
        if len(path) == 1 and path[0].field_name in message.fields_by_name:
            names.add(message.fields_by_name[path[0].field_name].json_name)
    return frozenset(names)


def _map_entry(field: FieldDescriptor) -> Descriptor | None:
    """The message of one pair, of a field that is a map."""
    message = field.message_type
    return message if message is not None and message.GetOptions().map_entry else None


def _choices(message: Descriptor) -> Schema:
    """Of the fields of a oneof at most one may be given, or exactly one where it is required."""
    groups = []
    for oneof in message.oneofs:
        names = [field.json_name for field in oneof.fields]
        if len(names) == 1:  # an optional field
            continue
        one_of: list[Schema] = [{"required": [name]} for name in names]
        if not oneof.GetOptions().Extensions[_ONEOF_RULES].required:
            one_of.append({"not": {"anyOf": list(one_of)}})
        groups.append({"oneOf": one_of})
    return {"allOf": groups} if groups else {}


def _rules_of(field: FieldDescriptor, rules: Any) -> Schema:
    """The rules of one value: texts, numbers, bytes and enums."""
    kind = rules.WhichOneof("type")
    if kind == "string":
        return dict(_of_string(rules.string))
    if kind == "bytes" and rules.bytes.min_len:
        # In JSON they are base64, four characters for up to three bytes.
        return {"minLength": 4 * -(-rules.bytes.min_len // 3)}
    if kind in ("int32", "int64"):
        return dict(_of_number(getattr(rules, kind)))
    if kind == "enum" and field.enum_type is not None:
        closed = set(rules.enum.not_in)
        return {"enum": [v.name for v in field.enum_type.values if v.number not in closed]}
    return {}


def _of_string(rules: Any) -> Iterator[tuple[str, Any]]:
    if rules.min_len:
        yield "minLength", rules.min_len
    if rules.HasField("max_len"):
        yield "maxLength", rules.max_len
    if rules.pattern:
        yield "pattern", rules.pattern
    if rules.uuid:
        yield "format", "uuid"
    if choices := list(getattr(rules, "in")):
        yield "enum", choices


def _of_number(rules: Any) -> Iterator[tuple[str, Any]]:
    if rules.HasField("gte"):
        yield "minimum", rules.gte
    if rules.HasField("lte"):
        yield "maximum", rules.lte


def _of_list(rules: Any) -> Schema:
    limits = {"minItems": rules.min_items, "maxItems": rules.max_items}
    schema: Schema = {name: limit for name, limit in limits.items() if limit}
    return schema | ({"uniqueItems": True} if rules.unique else {})


def _of_map(rules: Any) -> Schema:
    return {"maxProperties": rules.max_pairs} if rules.max_pairs else {}
