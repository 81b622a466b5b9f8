"""Previews of photographs, which carry nothing but their pixels (`preview_subprocess`)."""

from __future__ import annotations

import asyncio
import os
import sys

import structlog

from plumbing.file_kinds import FileKind
from plumbing.files import Files, StoredFile
from plumbing.virus_scan import end, feed

MAKER = "plumbing.preview_subprocess"
WALL_SECONDS = 60.0
PICTURES = frozenset({FileKind.JPEG, FileKind.PNG})
log = structlog.get_logger()


async def stored_preview(files: Files, original: StoredFile) -> StoredFile | None:
    """Makes and stores the preview of a stored picture.

    Returns None for a file that is no picture, or of which no preview can be made.
    """
    if original.kind not in PICTURES:
        return None
    preview = await _made(files, original)
    if not preview:
        log.info("preview.not_made", sha256=original.sha256)
        return None
    return await files.keep(preview, FileKind.JPEG)


async def _made(files: Files, original: StoredFile) -> bytes:
    """The preview; empty if the process that makes it failed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", MAKER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},  # nothing else is its business
    )
    try:
        async with asyncio.timeout(WALL_SECONDS):
            # It writes nothing before it has read everything, and no more than its own limit.
            await feed(process, files.pieces(original.sha256, original.size))
            assert process.stdout is not None  # noqa: S101 - it was started with a pipe
            made = await process.stdout.read()
            return made if await process.wait() == 0 else b""
    except TimeoutError:
        return b""
    finally:
        await end(process)
