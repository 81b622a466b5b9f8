"""What is read of a request: no more than its method needs, decoded and checked.

gRPC holds a whole message in memory before anybody sees it. So the server takes no message above
`LARGE_REQUEST_BYTES`, and most methods far less.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from google.protobuf.message import DecodeError, Message

from law.errors import InvalidInput
from plumbing import validation
from plumbing.turns import Busy

# What a method takes, unless its rule says that it takes large requests.
REQUEST_BYTES, LARGE_REQUEST_BYTES = 64 << 10, 1 << 20
# The longest silence between two messages of an upload.
SILENCE_SECONDS = 30.0
# How much of an upload is read after it was refused, and for how long.
LEFTOVER_BYTES, LEFTOVER_SECONDS = 64 << 20, 5.0

Decode = Callable[[bytes], Message]


async def read_leftover(received: Any) -> None:
    """Reads on after an upload was refused.

    A Python client that is cut off while it sends reports INTERNAL instead of the refusal
    (grpc/grpc#36066).
    """
    if not isinstance(received, AsyncIterator):
        return
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LEFTOVER_SECONDS):
            async for message in received:
                size += len(message)
                if size > LEFTOVER_BYTES:
                    return


async def checked(
    received: Any, read: Decode, note: Callable[[Message], None], largest: int
) -> Any:
    """Returns the request, or the messages of an upload as they come, decoded and checked.

    `received` are the bytes that came, `note` hears each message, and `largest` is the most bytes
    that a message may have. Raises InvalidInput for a message that is too large, that cannot be
    decoded or that breaks a rule, and Busy after a long silence within an upload.
    """
    if isinstance(received, AsyncIterator):
        return _checked_stream(received, read, note, largest)
    return await _checked_message(received, read, note, largest)


async def _checked_stream(
    messages: AsyncIterator[bytes], read: Decode, note: Callable[[Message], None], largest: int
) -> AsyncIterator[Message]:
    while (message := await _next_of(messages)) is not None:
        yield await _checked_message(message, read, note, largest)


async def _next_of(messages: AsyncIterator[bytes]) -> bytes | None:
    """The next message of an upload, None after the last. Raises Busy after a long silence."""
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            return await anext(messages, None)
    except TimeoutError:
        zh = f"上传中断：{SILENCE_SECONDS:.0f} 秒内没有收到内容，请重新上传"
        en = f"The upload stopped: nothing came for {SILENCE_SECONDS:.0f} s; send it again"
        raise Busy(zh, en) from None


async def _checked_message(
    message: bytes, read: Decode, note: Callable[[Message], None], largest: int
) -> Message:
    if len(message) > largest:
        zh = f"请求过大：{len(message):,} 字节，最多 {largest:,} 字节"
        raise InvalidInput(zh, f"The request has {len(message):,} bytes; the most is {largest:,}")
    # A large message would keep every other call waiting while it is decoded and checked.
    large = len(message) > REQUEST_BYTES
    request = await asyncio.to_thread(_read, message, read) if large else _read(message, read)
    note(request)
    return request


def _read(message: bytes, read: Decode) -> Message:
    try:
        request = read(message)
    except DecodeError as error:
        zh, en = "请求无法解析", "The request cannot be decoded"
        raise InvalidInput(zh, en) from error
    validation.check(request)
    return request
