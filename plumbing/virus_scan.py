"""Has a program look at a file before it is kept, such as ClamAV (`clamdscan -`).

The program reads the file from its standard input. Its exit code tells what it found: 0 nothing, 1
something harmful, anything else that it could not look. So do ClamAV's programs.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog

from law.errors import InvalidInput
from plumbing.settings import Settings
from plumbing.turns import Busy

CLEAN, HARMFUL = 0, 1
log = structlog.get_logger()


class ScanFailed(Busy):
    """The file could not be scanned for viruses and was not kept; try again.

    Raised if the program cannot be started, fails, or takes too long.
    """

    reason = "SCAN_FAILED"
    message_zh = "查毒程序没有应答，文件没有保存，请稍后再试；仍然如此的，请联系平台管理员"


@dataclass(frozen=True)
class VirusScan:
    """The program that looks at files, with its arguments; `seconds` is how long it may take."""

    command: Sequence[str]
    seconds: float

    @classmethod
    def of(cls, settings: Settings) -> VirusScan | None:
        """Returns the program that the settings name; None if they name none."""
        command = shlex.split(settings.scan_command)
        return cls(command, settings.scan_seconds) if command else None

    async def look(self, pieces: AsyncIterator[bytes]) -> None:
        """Gives a file to the program, piece by piece.

        Raises InvalidInput if the program finds something harmful, and ScanFailed if it cannot
        look.
        """
        code = await self._run(pieces)
        if code == HARMFUL:
            log.warning("file.harmful", command=self.command[0])
            zh, en = "文件没有通过病毒检查，没有保存", "The file did not pass the virus scan"
            raise InvalidInput(zh, en)
        if code != CLEAN:
            log.error("file.scan_failed", command=self.command[0], code=code)
            raise ScanFailed

    async def _run(self, pieces: AsyncIterator[bytes]) -> int | None:
        """The program's exit code; None if it could not be started or took too long."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            log.exception("file.scan_not_started", command=self.command[0], error=str(error))
            return None
        try:
            async with asyncio.timeout(self.seconds):
                await feed(process, pieces)
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            await end(process)


async def feed(process: asyncio.subprocess.Process, pieces: AsyncIterator[bytes]) -> None:
    """Writes pieces to the standard input of a process and closes it.

    A process that reads no further has the rest left out: its exit code says why.
    """
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        async for piece in pieces:
            process.stdin.write(piece)
            await process.stdin.drain()
    process.stdin.close()


async def end(process: asyncio.subprocess.Process) -> None:
    """Ends a process that still runs, and waits for its end."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
