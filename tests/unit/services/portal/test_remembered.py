"""A remembered value is asked for once, until it is too old or forgotten."""

from __future__ import annotations

import asyncio
import math

import pytest

from services.portal.remembered import Remembered


class Counted:
    """Answers with how often it was asked."""

    times = 0

    async def __call__(self) -> int:
        self.times += 1
        await asyncio.sleep(0)
        return self.times


async def test_pages_that_ask_at_once_wait_for_one_answer() -> None:
    remembered, ask = Remembered[int](math.inf), Counted()
    assert await asyncio.gather(*(remembered.get(ask) for _ in range(5))) == [1] * 5
    remembered.forget()
    assert await remembered.get(ask) == 2


async def test_an_old_value_is_asked_for_anew_and_an_error_is_not_kept() -> None:
    remembered, ask = Remembered[int](0.0), Counted()
    assert [await remembered.get(ask), await remembered.get(ask)] == [1, 2]

    async def fails() -> int:
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        await remembered.get(fails)
    assert await remembered.get(ask) == 3
