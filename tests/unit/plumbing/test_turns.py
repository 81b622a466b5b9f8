"""Turns at heavy work: so many at a time, the rest waits or is refused."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from plumbing.turns import Busy, Turns


async def _waiting(turns: Turns, account: str) -> asyncio.Task[None]:
    async def work() -> None:
        async with turns.take(account):
            pass

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    return task


async def test_further_work_waits_until_a_turn_is_free() -> None:
    turns = Turns(1, of_one=2, waiting=5)
    async with turns.take("a"):
        second = await _waiting(turns, "b")
        assert not second.done()
    await second


async def test_one_account_does_not_take_the_turns_of_others() -> None:
    turns = Turns(1, of_one=1, waiting=5)
    async with turns.take("a"):
        with pytest.raises(Busy) as refused:
            await turns.take("a").__aenter__()
        other = await _waiting(turns, "b")
    await other
    assert refused.value.facts == {"retry_after_seconds": "5"}


async def test_no_more_wait_than_may() -> None:
    turns = Turns(1, of_one=5, waiting=1)
    async with AsyncExitStack() as held:
        await held.enter_async_context(turns.take("a"))
        second = await _waiting(turns, "b")
        with pytest.raises(Busy):
            await turns.take("c").__aenter__()
    await second


async def test_a_turn_is_given_back_when_the_work_fails_or_is_given_up() -> None:
    turns = Turns(1, of_one=1, waiting=1)
    with pytest.raises(ValueError, match="broken"):
        async with turns.take("a"):
            raise ValueError("broken")
    async with turns.take("a"):
        given_up = await _waiting(turns, "b")
        given_up.cancel()
        await asyncio.wait([given_up])
        again = await _waiting(turns, "b")
    await again
