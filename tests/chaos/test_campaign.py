"""Nothing acknowledged is lost and nothing is done twice, whatever befalls the machine.

The small edition makes each mishap once. `make chaos MINUTES=10` goes on for that long, with
mishaps drawn at random; `--chaos-seed` repeats its choices.
"""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign, campaign

WORKERS, PAUSE_SECONDS = 3, 1.5
LONG_WORKERS, LONG_PAUSES = 8, (3.0, 12.0)


async def test_nothing_is_lost_or_doubled_whatever_happens(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    minutes = request.config.getoption("--chaos-minutes")
    seed = request.config.getoption("--chaos-seed") or secrets.randbelow(10**6)
    async with campaign(tmp_path, seed) as under_way:
        if minutes:
            await _for(under_way, minutes * 60.0)
        else:
            await under_way.run(WORKERS, lambda _: under_way.faults.each(PAUSE_SECONDS))
        client = await under_way.settle()
        found = await under_way.faults_found(client)
        report = f"seed: {seed}\n{under_way.report()}"
    with capsys.disabled():
        print(f"\n{report}")  # noqa: T201 - what a campaign is for
    assert not found, "\n".join([report, *found])
    assert any(under_way.ledger.acknowledged())


async def _for(under_way: Campaign, seconds: float) -> None:
    async def mishaps(over: asyncio.Event) -> None:
        goes_on = asyncio.create_task(under_way.faults.go_on(over, LONG_PAUSES))
        await asyncio.wait({goes_on}, timeout=seconds)
        over.set()
        await goes_on

    await under_way.run(LONG_WORKERS, mishaps)
