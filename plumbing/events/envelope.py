"""The message format of events: CloudEvents 1.0 in NATS binary mode.

Attributes are `ce-*` headers, and the body is protobuf. `sequence`, `bureau`, `onbehalfof` and
`requestid` are extension attributes of this project. `traceparent` is the attribute of CloudEvents
for tracing: the handling of an event belongs to the trace of the change that announced it. Header
values are encoded and decoded as the NATS binding requires (3.1.3.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from urllib.parse import quote, unquote
from uuid import UUID

from google.protobuf.message import Message
from nats.aio.msg import Msg

from plumbing.events.subjects import service_of

CONTENT_TYPE = "application/protobuf"
ATTRIBUTE_PREFIX = "ce-"
# Printable ASCII without space, double quote and percent; quote() always keeps letters and digits.
_PLAIN = "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPED = re.compile(r"\\(.)")
_NOT_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")

M = TypeVar("M", bound=Message)


class MalformedEvent(Exception):
    """Raised for a message without the attributes of an event of this platform."""


@dataclass(frozen=True)
class Attributes:
    """The attributes of an event.

    `time` is timezone-aware; `sequence` numbers the events of one aggregate from 1.
    """

    id: UUID
    type: str  # full name of the protobuf message
    aggregate: str
    sequence: int
    bureau: str
    time: datetime
    on_behalf_of: str
    traceparent: str | None = None
    request_id: str | None = None

    def headers(self) -> dict[str, str]:
        """Returns the attributes as `ce-*` message headers."""
        values = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": f"quanheng/{service_of(self.type)}",
            "type": self.type,
            "subject": self.aggregate,
            "time": self.time.astimezone(UTC).isoformat(),
            "datacontenttype": CONTENT_TYPE,
            "sequence": str(self.sequence),
            "bureau": self.bureau,
            "onbehalfof": self.on_behalf_of,
        }
        if self.traceparent is not None:
            values["traceparent"] = self.traceparent
        if self.request_id is not None:
            values["requestid"] = self.request_id
        return {f"{ATTRIBUTE_PREFIX}{name}": encode_value(value) for name, value in values.items()}

    @classmethod
    def read(cls, headers: Mapping[str, str] | None) -> Attributes:
        """Reads the attributes from message headers. Raises MalformedEvent if they are invalid."""
        try:
            lowered = {name.lower(): value for name, value in (headers or {}).items()}
            return cls._read(
                {n: decode_value(v) for n, v in lowered.items() if n.startswith(ATTRIBUTE_PREFIX)}
            )
        except (KeyError, ValueError) as error:
            raise MalformedEvent(f"Not an event: {error!r}") from error

    @classmethod
    def _read(cls, headers: Mapping[str, str]) -> Attributes:
        if headers["ce-specversion"] != "1.0" or headers["ce-datacontenttype"] != CONTENT_TYPE:
            raise ValueError("another version or content type")
        time = datetime.fromisoformat(headers["ce-time"])
        sequence = int(headers["ce-sequence"])
        if time.tzinfo is None or sequence < 1:
            raise ValueError("a naive time or a sequence below 1")
        return cls(
            id=UUID(headers["ce-id"]),
            type=headers["ce-type"],
            aggregate=headers["ce-subject"],
            sequence=sequence,
            bureau=headers["ce-bureau"],
            time=time,
            on_behalf_of=headers["ce-onbehalfof"],
            traceparent=headers.get("ce-traceparent"),
            request_id=headers.get("ce-requestid"),
        )


@dataclass(frozen=True)
class Received(Generic[M]):
    """An event as an event handler receives it, with its protobuf message decoded."""

    id: UUID
    message: M
    aggregate: str
    sequence: int
    bureau: str
    time: datetime
    on_behalf_of: str
    stream_seq: int
    deliveries: int
    traceparent: str | None = None


@dataclass(frozen=True)
class Delivery:
    """An event as its stream delivered it, with its body not yet decoded."""

    attributes: Attributes
    body: bytes
    stream_seq: int
    deliveries: int

    @classmethod
    def of(cls, message: Msg) -> Delivery:
        """Reads an event from a JetStream message. Raises MalformedEvent if it is invalid."""
        metadata = message.metadata
        attributes = Attributes.read(message.headers)
        return cls(attributes, message.data, metadata.sequence.stream, metadata.num_delivered)

    def decode(self, event_type: type[M]) -> Received[M]:
        """Decodes the event's body as a message of type `event_type`.

        Raises google.protobuf.message.DecodeError if the body is malformed.
        """
        attributes = self.attributes
        return Received(
            id=attributes.id,
            message=event_type.FromString(self.body),
            aggregate=attributes.aggregate,
            sequence=attributes.sequence,
            bureau=attributes.bureau,
            time=attributes.time,
            on_behalf_of=attributes.on_behalf_of,
            stream_seq=self.stream_seq,
            deliveries=self.deliveries,
            traceparent=attributes.traceparent,
        )


def encode_value(text: str) -> str:
    """Encodes a text as a header value: percent-encoded except for plain ASCII characters."""
    return quote(text, safe=_PLAIN)


def decode_value(value: str) -> str:
    """Returns the text that is encoded in a header value.

    A value in double quotes is unquoted first; then percent sequences are decoded once. Raises
    ValueError for an unclosed quote, for a percent sign without two hexadecimal digits, and for
    bytes that are not UTF-8.
    """
    if value.startswith('"'):
        if not _QUOTED.fullmatch(value):
            raise ValueError(f"the quoted value does not end where it should: {value!r}")
        value = _ESCAPED.sub(r"\1", value[1:-1])
    if _NOT_ENCODED.search(value):
        raise ValueError(f"a percent sign begins no sequence: {value!r}")
    return unquote(value, errors="strict")
