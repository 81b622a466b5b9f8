"""A mail server whose replies and delays tests choose, and which keeps what it accepted."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from email.message import Message

USUAL = {"": "220 sink", "EHLO": "250 sink", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go"}


def _never(_line: str) -> bool:
    return False


class Sink:
    """A mail server whose replies, and the seconds before each, are given by command.

    The command "" is the connection and "." the end of a content. Both mappings may be changed
    while it serves. A line for which `hangs` is true is never answered.
    """

    def __init__(
        self,
        replies: Mapping[str, str] | None = None,
        delays: Mapping[str, float] | None = None,
        hangs: Callable[[str], bool] = _never,
    ) -> None:
        self.replies = {**USUAL, ".": "250 kept", **(replies or {})}
        self.delays = dict(delays or {})
        self.hangs = hangs
        self.kept: list[Message] = []
        self.contents, self.hanging, self.url = 0, 0, ""
        self.drops = 0  # of so many contents to come, the connection ends before the reply
        self._serving = set[asyncio.Task[None]]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        try:
            await self._converse(reader, writer)
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def end(self) -> None:
        """Ends every conversation, also one that hangs."""
        for task in (serving := {*self._serving}):
            task.cancel()
        if serving:
            await asyncio.wait(serving)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._reply(writer, "")
        while line := (await reader.readline()).decode().strip():
            await self._hang_at(line)
            verb = line.split()[0].upper()
            await self._reply(writer, verb)
            if verb == "DATA" and self.replies["DATA"].startswith("354"):
                await self._take(await reader.readuntil(b"\r\n.\r\n"), writer)

    async def _hang_at(self, line: str) -> None:
        if self.hangs(line):
            self.hanging += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.hanging -= 1

    async def _take(self, content: bytes, writer: asyncio.StreamWriter) -> None:
        self.contents += 1
        if self.replies["."].startswith("250"):
            # Before the reply, as a server does: whoever dies before reading it sends a copy.
            self.kept.append(email.message_from_bytes(content, policy=email.policy.default))
        if self.drops:
            self.drops -= 1
            raise ConnectionResetError
        await self._reply(writer, ".")

    async def _reply(self, writer: asyncio.StreamWriter, verb: str) -> None:
        await asyncio.sleep(self.delays.get(verb, 0))
        reply = f"{self.replies.get(verb, '250 ok')}\r\n"
        writer.write(reply.encode(errors="surrogateescape"))  # so a test chooses any bytes


@asynccontextmanager
async def sink(
    replies: Mapping[str, str] | None = None,
    delays: Mapping[str, float] | None = None,
    hangs: Callable[[str], bool] = _never,
) -> AsyncIterator[Sink]:
    """A sink that serves at its `url` until the block ends."""
    hostile = Sink(replies, delays, hangs)
    server = await asyncio.start_server(hostile.serve, "127.0.0.1", 0)
    hostile.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield hostile
        await hostile.end()
