"""Many things are done a bounded number at a time."""

from __future__ import annotations

import asyncio

import pytest

from plumbing.together import AT_ONCE, together


async def test_results_come_in_the_order_of_the_things() -> None:
    async def work(number: int) -> int:
        await asyncio.sleep(0 if number % 2 else 0.001)
        return number * number

    assert await together(range(50), work) == [number * number for number in range(50)]
    assert await together([], work) == []


async def test_no_more_than_a_bounded_number_are_under_way() -> None:
    present, most = 0, 0

    async def work(_number: int) -> None:
        nonlocal present, most
        present += 1
        most = max(most, present)
        await asyncio.sleep(0)
        present -= 1

    await together(range(100), work)
    assert most == AT_ONCE


async def test_after_an_error_nothing_further_is_begun() -> None:
    begun = []

    async def work(number: int) -> None:
        begun.append(number)
        await asyncio.sleep(0)
        if number == 3:
            raise ValueError("three")

    with pytest.raises(ValueError, match="three"):
        await together(range(1000), work)
    assert len(begun) <= 4 * AT_ONCE
