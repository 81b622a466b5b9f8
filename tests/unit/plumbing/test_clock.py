"""The sandbox's clock: one offset for all processes that share the file, and only forward."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from law.errors import InvalidInput, WrongState
from plumbing.clock import SHANGHAI, FixedClock, SandboxClock, SystemClock, open_clock

START = datetime(2026, 9, 14, 9, 0, tzinfo=SHANGHAI)


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    before = FixedClock(datetime(2026, 9, 13, 15, 59, 59, tzinfo=UTC))
    after = FixedClock(datetime(2026, 9, 13, 16, 0, tzinfo=UTC))
    assert (before.today(), after.today()) == (date(2026, 9, 13), date(2026, 9, 14))


def test_processes_share_one_sandbox_clock(tmp_path: Path) -> None:
    mover = SandboxClock.create(tmp_path / "clock.json", START)
    reader = SandboxClock(tmp_path / "clock.json")
    assert abs(reader.now() - START) < timedelta(seconds=5)
    mover.move_to(START + timedelta(days=30))
    assert reader.today() == date(2026, 10, 14)


def test_a_sandbox_clock_only_moves_forward(tmp_path: Path) -> None:
    clock = SandboxClock.create(tmp_path / "clock.json", START)
    with pytest.raises(WrongState):
        clock.move_to(START - timedelta(days=1))
    assert clock.today() == date(2026, 9, 14)


def test_a_directory_is_a_sandbox_or_it_is_not(tmp_path: Path) -> None:
    assert isinstance(open_clock(tmp_path / "clock.json", sandbox=False), SystemClock)
    with pytest.raises(InvalidInput):
        open_clock(tmp_path / "clock.json", sandbox=True)
    SandboxClock.create(tmp_path / "clock.json", START)
    with pytest.raises(InvalidInput):
        open_clock(tmp_path / "clock.json", sandbox=False)
