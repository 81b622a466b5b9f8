"""Dead letters: events that a consumer failed to handle, stored so that they can be replayed.

A dead letter is the original message with additional headers that name the consumer and the error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import Header, RawStreamMsg
from nats.js.errors import APIError, NotFoundError

from plumbing.events.envelope import (
    Attributes,
    Delivery,
    MalformedEvent,
    decode_value,
    encode_value,
)
from plumbing.events.inbox import Inbox, describe
from plumbing.events.observing import handling
from plumbing.events.signing import Signatures
from plumbing.events.subjects import Stream, dead_letter_subject, unsigned_subject

CONSUMER_HEADER = "quanheng-consumer"
ERROR_HEADER = "quanheng-error"
SUBJECT_HEADER = "quanheng-subject"
STREAM_SEQ_HEADER = "quanheng-stream-seq"
_NO_SUCH_MESSAGE = (10043, 10057)  # JetStream's codes for a deleted message and for an empty stream

_LOG = structlog.get_logger()


@dataclass(frozen=True)
class DeadLetter:
    """A stored event that a consumer failed to handle.

    `attributes` is None if the message is not a valid event.
    """

    seq: int  # its number in the stream of dead letters; a replay names it
    consumer: str
    error: str
    buried_at: datetime | None
    subject: str  # where it was published first
    stream_seq: int  # its number in the stream it came from
    attributes: Attributes | None
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Replay:
    """The result of handling a dead letter again; `error` is None on success."""

    letter: DeadLetter
    error: str | None


async def bury(
    js: JetStreamContext, consumer: str, message: Msg, error: str, *, unsigned: bool = False
) -> None:
    """Adds a message to the dead letters of a consumer. Raises nats.errors.Error if NATS fails.

    Messages that no service has signed are counted apart.
    """
    headers = dict(message.headers or {})
    # What the relay expected of the event's own stream does not hold for that of dead letters.
    for expected in (Header.EXPECTED_LAST_SEQUENCE, Header.EXPECTED_LAST_MSG_ID):
        headers.pop(expected, None)  # the latter was sent by a former release
    stream_seq = message.metadata.sequence.stream
    # Not the id of the event: a forged one may bear that of another event.
    headers[Header.MSG_ID] = f"{consumer}:{stream_seq}:{headers.get('ce-id', '')}"
    headers[CONSUMER_HEADER] = consumer
    headers[ERROR_HEADER] = encode_value(error)
    headers[SUBJECT_HEADER] = message.subject
    headers[STREAM_SEQ_HEADER] = str(stream_seq)
    subject = unsigned_subject(consumer) if unsigned else dead_letter_subject(consumer)
    await js.publish(subject, message.data, headers=headers)


async def dead_letters(js: JetStreamContext, consumer: str) -> AsyncIterator[DeadLetter]:
    """Yields the dead letters of a consumer, oldest first, and after them the unsigned messages."""
    for subject in (dead_letter_subject(consumer), unsigned_subject(consumer)):
        async for letter in _letters(js, subject):
            yield letter


async def is_among_them(js: JetStreamContext, consumer: str, event_id: UUID) -> bool:
    """Returns whether an event is among the dead letters of a consumer."""
    async for letter in dead_letters(js, consumer):
        if letter.attributes is not None and letter.attributes.id == event_id:
            return True
    return False


async def _letters(js: JetStreamContext, subject: str) -> AsyncIterator[DeadLetter]:
    seq = 1
    while True:
        try:
            raw = await js.get_msg(Stream.DEAD_LETTERS, seq=seq, subject=subject, next=True)
        except NotFoundError:
            return
        letter = _read(raw)
        yield letter
        seq = letter.seq + 1


async def replay(
    js: JetStreamContext, inbox: Inbox, signatures: Signatures, letter: DeadLetter
) -> Replay:
    """Handles a dead letter again with the handlers of its consumer.

    An event that has already taken effect does not take effect again, and one without the signature
    of its owner takes none. On success the letter is deleted; on failure it remains, and the result
    contains the error.
    """
    try:
        signatures.verify(letter.subject, letter.headers, letter.body)
        await _handle(inbox, letter)
    except Exception as error:  # whatever the handler raises is the answer to the request
        _LOG.warning(
            "dead letter failed again", consumer=inbox.consumer, seq=letter.seq, exc_info=error
        )
        return Replay(letter, describe(error))
    await discard(js, letter)
    return Replay(letter, None)


async def _handle(inbox: Inbox, letter: DeadLetter) -> None:
    if letter.attributes is None:
        raise MalformedEvent("the message carries no event")
    # It was delivered before, so success deletes the failures that were counted.
    delivery = Delivery(letter.attributes, letter.body, letter.stream_seq, deliveries=2)
    with handling(inbox.consumer, letter.subject, delivery):
        await inbox.take_again(delivery)


async def discard(js: JetStreamContext, letter: DeadLetter) -> None:
    """Deletes a dead letter. One that is gone was deleted by somebody else at the same time."""
    try:
        await js.delete_msg(Stream.DEAD_LETTERS, letter.seq)
    except APIError as error:
        if error.err_code not in _NO_SUCH_MESSAGE:
            raise


def _read(raw: RawStreamMsg) -> DeadLetter:
    headers = raw.headers or {}
    try:
        attributes = Attributes.read(headers)
    except MalformedEvent:
        attributes = None  # it was buried for that reason
    return DeadLetter(
        seq=raw.seq or 0,
        consumer=headers[CONSUMER_HEADER],
        error=decode_value(headers[ERROR_HEADER]),
        buried_at=raw.time,
        subject=headers[SUBJECT_HEADER],
        stream_seq=int(headers[STREAM_SEQ_HEADER]),
        attributes=attributes,
        headers=headers,
        body=raw.data or b"",
    )
