"""What is read of a request: limits of size and of silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from google.protobuf.message import Message

from law.errors import InvalidInput
from plumbing import incoming
from plumbing.turns import Busy
from protos.registry.v1 import registry_pb2 as pb

read = pb.ImportFileRequest.FromString


def ignore(message: Message) -> None:
    """Notes nothing of a message."""


async def test_a_message_is_measured_before_it_is_decoded() -> None:
    with pytest.raises(InvalidInput, match="The request has 11 bytes; the most is 10"):
        await incoming.checked(b"not a proto", read, ignore, 10)
    with pytest.raises(InvalidInput, match="cannot be decoded"):
        await incoming.checked(b"not a proto", read, ignore, 11)


async def test_an_upload_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "SILENCE_SECONDS", 0.05)
    piece = pb.ImportFileRequest(content=b"x")

    async def silent() -> AsyncIterator[bytes]:
        yield piece.SerializeToString()
        await asyncio.Event().wait()

    messages = await incoming.checked(silent(), read, ignore, 100)
    assert await anext(messages) == piece
    with pytest.raises(Busy, match="send it again"):
        await anext(messages)
