"""Ends a process: each step has a limit, and the log says what holds it or why it failed.

A process that is told to stop must end before its supervisor kills it, whatever is away or hangs at
that moment. What a step leaves behind is left as after a crash, which every part bears.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import traceback
from collections.abc import Collection, Coroutine, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import structlog

from law.errors import InvalidInput
from plumbing.settings import Settings, variable

# Longer than all steps together, and shorter than a cluster waits before it kills.
AT_THE_LATEST_SECONDS = 22.0
CANCEL_EVERY_SECONDS = 3.0  # longer than a Temporal worker takes to finish its current work
PLACES = 6  # of those in which something waits, the innermost
log = structlog.get_logger()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Runs the work of a process in an event loop, and waits for nothing else when it is done.

    `asyncio.run` would wait without limit for tasks and threads that go on, such as one that sends
    a message to a server that hangs. The process must end at once after this, by `os._exit`.
    """
    asyncio.Runner().run(work)


async def step(name: str, work: Coroutine[Any, Any, object], seconds: float) -> None:
    """Does one step of ending, for at most so long; then logs where it stands, and leaves it."""
    doing = asyncio.create_task(work, name=name)
    done, _ = await asyncio.wait({doing}, timeout=seconds)
    if done:
        doing.result()
    else:
        _tell_held(name, [doing], seconds)


async def cancel(name: str, tasks: Collection[asyncio.Task[Any]], seconds: float) -> None:
    """Cancels tasks and waits until they have ended, for at most so long; logs those that go on.

    `asyncio.wait_for` of Python 3.11 can lose a cancellation, and the clients we use wait with it:
    so a task that goes on is cancelled again.
    """
    pending, until = set(tasks), time.monotonic() + seconds
    while pending and (left := until - time.monotonic()) > 0:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=min(left, CANCEL_EVERY_SECONDS))
    if pending:
        _tell_held(name, pending, seconds)


def end_at_the_latest(seconds: float = AT_THE_LATEST_SECONDS) -> None:
    """Ends this process after so long, whatever holds it, even its event loop; logs what did."""
    threading.Thread(target=_end_by_force, args=(seconds,), daemon=True).start()


def _end_by_force(seconds: float) -> None:
    time.sleep(seconds)
    own = threading.get_ident()
    frames = [frame for thread, frame in sys._current_frames().items() if thread != own]  # noqa: SLF001 - the only way
    log.error("process.ended_by_force", after_seconds=seconds, at=[*map(_stack, frames)])
    os._exit(1)


def _tell_held(name: str, tasks: Collection[asyncio.Task[Any]], seconds: float) -> None:
    at = [" > ".join([*_places(task)][-PLACES:]) for task in tasks]
    log.warning("process.held", step=name, after_seconds=seconds, at=at)


def _places(task: asyncio.Task[Any]) -> Iterator[str]:
    """The places in which a task waits, the innermost last."""
    waits: Any = task.get_coro()
    while waits is not None:
        frame = getattr(waits, "cr_frame", None) or getattr(waits, "gi_frame", None)
        if frame is None:
            return
        yield _place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname)
        waits = getattr(waits, "cr_await", None) or getattr(waits, "gi_yieldfrom", None)


def _stack(frame: FrameType) -> str:
    inner = traceback.extract_stack(frame)[-PLACES:]
    return " > ".join(_place(one.filename, one.lineno, one.name) for one in inner)


def _place(file: str, line: int | None, function: str) -> str:
    return f"{Path(file).name}:{line} {function}"


def log_failure(error: BaseException) -> None:
    """Logs why a process ends: the variables that were refused, or else the error as it is.

    Whoever set a variable wrongly looks for its name, and finds none in a traceback.
    """
    faults = error.faults if isinstance(error, InvalidInput) else ()
    if faults and all(fault.field in Settings.model_fields for fault in faults):
        refused = {variable(fault.field): fault.message_en for fault in faults}
        log.error("process.failed", error=str(error), settings=refused)
    else:
        log.error("process.failed", exc_info=error)
