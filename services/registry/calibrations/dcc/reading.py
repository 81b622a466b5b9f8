"""Has a stored certificate read by a process of its own (`dcc_subprocess`)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from law.errors import Fault, InvalidInput, WrongState
from plumbing.files import Files, StoredFile
from plumbing.settings import Settings
from plumbing.virus_scan import end, feed
from services.registry.calibrations.dcc.signature import BROKEN

READER = "services.registry.calibrations.dcc.dcc_subprocess"
SECONDS, WALL_SECONDS = 20, 100.0
MEMORY, WRITTEN = 1 << 30, 4 << 20
log = structlog.get_logger()


async def read_stored(
    files: Files, stored: StoredFile, settings: Settings, now: datetime
) -> dict[str, Any]:
    """Returns what a stored certificate says and what is wrong with it, as `dcc_subprocess` does.

    Raises InvalidInput, with the line, for a file that is no sound XML, has a document type, or
    cannot be read within the limits.
    """
    told = await _told(files, stored, settings, now)
    if told is None:
        log.warning("dcc.not_read", sha256=stored.sha256)
        zh, en = "文件不能在限度内读完", "the file cannot be read within the limits"
        raise InvalidInput(faults=[Fault("content", zh, en)])
    if refused := told.get("refused"):
        zh, en, line = refused["message_zh"], refused["message_en"], refused["line"]
        raise InvalidInput(
            faults=[Fault("content", _at_zh(line, zh), _at_en(line, en), row=line or None)]
        )
    return told


def require_unbroken(reading: Mapping[str, Any]) -> None:
    """Raises WrongState for a certificate that was changed after it was signed."""
    if reading["signature"]["state"] == BROKEN:
        zh = "文件在签名以后被改动过，不能用作依据；请向出具机构索取原件"
        en = "The file was changed after it was signed; ask whoever issued it for the original"
        raise WrongState(zh, en, signature=BROKEN)


def _at_zh(line: int, text: str) -> str:
    return f"第 {line} 行：{text}" if line else text


def _at_en(line: int, text: str) -> str:
    return f"line {line}: {text}" if line else text


async def _told(
    files: Files, stored: StoredFile, settings: Settings, now: datetime
) -> dict[str, Any] | None:
    """What the process wrote; None if it failed or took too long."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", READER, _arguments(settings, now)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},  # nothing else is its business
    )
    try:
        async with asyncio.timeout(WALL_SECONDS):
            # It writes nothing before it has read everything, and no more than its own limit.
            await feed(process, files.pieces(stored.sha256, stored.size))
            assert process.stdout is not None  # noqa: S101 - it was started with a pipe
            written = await process.stdout.read()
            return json.loads(written) if await process.wait() == 0 else None
    except (TimeoutError, ValueError):
        return None
    finally:
        await end(process)


def _arguments(settings: Settings, now: datetime) -> str:
    return json.dumps(
        {
            "anchors": settings.dcc_trust_file,
            "schemas": settings.dcc_schema_dir,
            "now": now.isoformat(),
            "seconds": SECONDS,
            "memory": MEMORY,
            "written": WRITTEN,
        }
    )
