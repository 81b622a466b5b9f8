"""Whoever tried too often waits, and a clock that was set back makes nobody wait longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from law.errors import WrongState
from plumbing.clock import FixedClock
from plumbing.database import Database
from services.registry.identity.tables import Tries
from services.registry.identity.throttle import FIRST_WAIT, SIGN_IN, Throttle

NOON = datetime(2026, 9, 14, 4, 0, tzinfo=UTC)


async def test_a_clock_set_back_makes_nobody_wait_longer(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/registry.db")
    async with database.engine.begin() as connection:
        await connection.run_sync(Tries.metadata.create_all)
    clock = FixedClock(NOON)
    throttle = Throttle(database, clock, "sign_in", SIGN_IN)
    for _ in range(SIGN_IN.at_source):
        await throttle.count("name", "192.0.2.1")
    clock.moment = NOON - timedelta(hours=1)
    with pytest.raises(WrongState) as refused:
        await throttle.require_patience("name", "192.0.2.1")
    seconds = float(refused.value.facts["retry_after_seconds"])
    assert seconds <= FIRST_WAIT.total_seconds()
    clock.moment = NOON + FIRST_WAIT
    await throttle.require_patience("name", "192.0.2.1")
    await database.close()
