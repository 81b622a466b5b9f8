"""The names of all NATS streams and NATS subjects."""

from __future__ import annotations

import re
from enum import StrEnum

from google.protobuf.message import Message
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from law.errors import InvalidInput

DUPLICATE_WINDOW_SECONDS = 120
KEEPS_DEAD_LETTERS = "alerts"
UNSIGNED = "unsigned"
_STREAM_EXISTS_OTHERWISE = 10058  # JetStream's code for a name in use with another configuration

_EVENT_TYPE = re.compile(r"quanheng\.(?P<service>[a-z]+)\.(?P<version>v\d+)\.(?P<event>[A-Z]\w*)")
_BUREAU = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CONSUMER = re.compile(r"[a-z][a-z0-9-]{0,63}")
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Stream(StrEnum):
    """The names of NATS streams: one per service that announces events, one for dead letters."""

    REGISTRY = "REGISTRY"
    GRADING = "GRADING"
    OBJECTION = "OBJECTION"
    ALERTS = "ALERTS"
    DEAD_LETTERS = "DEAD_LETTERS"


SUBJECTS = {
    Stream.REGISTRY: "registry.v1.>",
    Stream.GRADING: "grading.v1.>",
    Stream.OBJECTION: "objection.v1.>",
    Stream.ALERTS: "alerts.v1.>",
    Stream.DEAD_LETTERS: "dead.v1.>",
}


def service_of(type_name: str) -> str:
    """Returns the name of the service that owns an event type, given the type's full name.

    Raises ValueError unless the name has the form `quanheng.<service>.v<n>.<Event>`.
    """
    return _parts(type_name)["service"]


def subject_of(event_type: type[Message], bureau: str) -> str:
    """Returns the NATS subject of an event type: `<service>.v1.<snake_event>.<bureau>`.

    Raises ValueError for an event type that no stream accepts, and InvalidInput for a malformed
    bureau code.
    """
    type_name = event_type.DESCRIPTOR.full_name
    parts = _parts(type_name)
    head = f"{parts['service']}.{parts['version']}"
    if f"{head}.>" not in SUBJECTS.values():
        raise ValueError(f"No stream takes events of type {type_name}")
    if not _BUREAU.fullmatch(bureau):
        raise InvalidInput(f"机关代码无效：{bureau!r}", f"Not a bureau code: {bureau!r}")
    return f"{head}.{_WORD_START.sub('_', parts['event']).lower()}.{bureau}"


def dead_letter_subject(consumer: str) -> str:
    """Returns the NATS subject for the dead letters of a consumer.

    Raises ValueError if the consumer's name is malformed.
    """
    if not _CONSUMER.fullmatch(consumer):
        raise ValueError(f"A consumer's name is lower-case words joined by '-', not {consumer!r}")
    return f"dead.v1.{consumer}"


def unsigned_subject(consumer: str) -> str:
    """Returns the NATS subject for the messages that a consumer refused as unsigned.

    Raises ValueError if the consumer's name is malformed.
    """
    return f"{dead_letter_subject(consumer)}.{UNSIGNED}"


def stream_of(service: str) -> Stream:
    """Returns the stream with the events of a service."""
    return Stream[service.upper()]


def owner_of(subject: str) -> str:
    """Returns the name of the service that owns a NATS subject, of whatever form this is."""
    return subject.partition(".")[0]


async def ensure_streams(js: JetStreamContext, service: str, replicas: int = 1) -> None:
    """Creates or updates the stream of a service and that of dead letters, as declared here.

    Leaves matching streams unchanged. `replicas` is the number of copies of each stream. The
    dead letters are updated by the alerts service only, since all services share them.
    """
    await _ensure(js, stream_of(service), replicas, update=True)
    await _ensure(js, Stream.DEAD_LETTERS, replicas, update=service == KEEPS_DEAD_LETTERS)


async def _ensure(js: JetStreamContext, stream: Stream, replicas: int, *, update: bool) -> None:
    config = StreamConfig(
        name=stream,
        subjects=[SUBJECTS[stream]],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        num_replicas=replicas,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
    )
    try:
        await js.add_stream(config)
    except BadRequestError as error:
        if error.err_code != _STREAM_EXISTS_OTHERWISE:
            raise
        if update:
            await js.update_stream(config)


def _parts(type_name: str) -> dict[str, str]:
    match = _EVENT_TYPE.fullmatch(type_name)
    if match is None:
        raise ValueError(f"Not the name of an event type: {type_name}")
    return match.groupdict()
