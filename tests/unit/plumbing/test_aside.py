"""Work beside the event loop: its result, its errors and its end reach whoever asked for it."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from plumbing.aside import aside

REQUEST: ContextVar[str] = ContextVar("REQUEST")


async def test_the_work_has_a_thread_and_a_loop_of_its_own_and_the_context_of_the_call() -> None:
    REQUEST.set("r1")

    async def work() -> tuple[bool, bool, str]:
        same_thread = threading.current_thread() is threading.main_thread()
        return same_thread, asyncio.get_running_loop() is loop, REQUEST.get()

    loop = asyncio.get_running_loop()
    assert await aside(work) == (False, False, "r1")


async def test_its_error_is_raised_where_it_was_asked_for() -> None:
    async def work() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        await aside(work)


async def test_whoever_gives_up_ends_the_work_and_waits_for_its_end() -> None:
    began, ended = threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    asking = asyncio.create_task(aside(work))
    await asyncio.to_thread(began.wait)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert ended.is_set()
