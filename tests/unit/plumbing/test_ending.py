"""A process that does not start says which variable is wrong, and one that ends what holds it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from law.errors import Fault, InvalidInput
from plumbing import ending, process
from plumbing.ending import log_failure
from plumbing.plain_links import refuse_plain_links
from plumbing.settings import Settings
from tests.bound import bound
from tests.patience import PATIENCE_SECONDS

SOON = 0.05  # the limits of these tests, in seconds


def test_a_setting_that_is_refused_is_named_by_its_variable_without_a_traceback() -> None:
    with pytest.raises(InvalidInput) as refused:
        refuse_plain_links(Settings(smtp_url="smtp://mail.example"), "alerts")
    with capture_logs() as lines:
        log_failure(refused.value)
    [line] = lines
    assert line["settings"] == {
        "QUANHENG_SMTP_URL": "The connection to mail.example is not encrypted (smtp)"
    }
    assert "QUANHENG_PLAINTEXT" in line["error"]
    assert "exc_info" not in line


@pytest.mark.parametrize(
    "error", [OSError("away"), InvalidInput(faults=[Fault("reasons", "空", "empty")])]
)
def test_any_other_error_keeps_its_traceback(error: Exception) -> None:
    with capture_logs() as lines:
        log_failure(error)
    [line] = lines
    assert (line["event"], line["exc_info"]) == ("process.failed", error)


class Stubborn:
    """Work that loses each cancellation, but for the last of so many."""

    def __init__(self, cancellations: int) -> None:
        self.left = cancellations

    async def go_on(self) -> None:
        while self.left:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(PATIENCE_SECONDS)
            self.left -= 1


async def test_a_cancellation_that_is_lost_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "CANCEL_EVERY_SECONDS", SOON)
    task = asyncio.create_task(Stubborn(3).go_on())
    await asyncio.sleep(0)
    with capture_logs() as lines:
        await ending.cancel("work", [task], PATIENCE_SECONDS)
    assert (task.done(), lines) == (True, [])


async def test_what_does_not_end_is_left_and_the_log_says_where_it_waits() -> None:
    stubborn = Stubborn(1 << 30)
    task = asyncio.create_task(stubborn.go_on())
    await asyncio.sleep(0)
    with capture_logs() as lines:
        await ending.cancel("work", [task], SOON)
        await ending.step("engine", asyncio.sleep(PATIENCE_SECONDS), SOON)
    assert [(line["event"], line["step"]) for line in lines] == [
        ("process.held", "work"),
        ("process.held", "engine"),
    ]
    (place,) = lines[0]["at"]
    assert "test_ending.py" in place
    assert place.endswith("sleep")
    stubborn.left = 1
    task.cancel()
    await task


async def test_a_step_that_fails_says_so() -> None:
    async def fail() -> None:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        await ending.step("engine", fail(), PATIENCE_SECONDS)


def test_the_steps_together_are_shorter_than_a_process_may_take() -> None:
    steps = [process.CALLS_SECONDS, process.WORK_SECONDS, 2 * process.NOTES_SECONDS]
    assert sum(steps) + 3 * process.ENGINE_SECONDS < ending.AT_THE_LATEST_SECONDS


@pytest.mark.parametrize(
    ("work", "code"),
    [
        # A thread that goes on is not waited for when the work is done,
        ("asyncio.get_running_loop().run_in_executor(None, time.sleep, 3600)", 7),
        # and neither is a task that loses its cancellation;
        ("asyncio.create_task(Stubborn(9).go_on()); await asyncio.sleep(0)", 7),
        # even an event loop that stands still does not keep a process.
        ("ending.end_at_the_latest(0.2); time.sleep(3600)", 1),
    ],
)
def test_nothing_keeps_a_process_from_ending(work: str, code: int) -> None:
    script = (
        "import asyncio, os, time\n"
        "from plumbing import ending\n"
        "from tests.unit.plumbing.test_ending import Stubborn\n"
        f"async def main():\n    {work}\n"
        "ending.run(main())\n"
        "os._exit(7)"
    )
    done = subprocess.run(
        bound([sys.executable, "-c", script]),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == code, done.stderr
    assert ("process.ended_by_force" in done.stdout) == (code == 1)
