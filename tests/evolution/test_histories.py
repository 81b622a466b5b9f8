"""Every recorded history replays, and between them they execute every branch of the workflows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.evolution.replay import HISTORIES, ROOT, Replay, events, modules, type_of
from tools.release.record import Release

RECORDED = sorted(HISTORIES.glob("*.json"))
CONTINUED = "EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW"
CHANGED = """
Runs of the last release would stop at the first step that differs. Either
1. put the new way behind `if workflow.patched("<what-changed>"):` and leave the old way in the
   other branch, or
2. leave the workflow as it is and add a new type beside it (name="<Type>2") for new runs."""
NOT_RECORDED = """
No recorded history executes this. Record one that does, under the code of the last release where
the branch existed there: `.venv/bin/pytest tests/workflows/<file> --histories var/histories`
writes the history of every run; copy what lacks into tests/workflows/histories. If runs of the
last release may reach a new branch, it belongs behind `workflow.patched`."""


@pytest.fixture(scope="session")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """All histories replayed with today's code."""
    target = tmp_path_factory.mktemp("replay") / "replay.json"
    subprocess.run(
        [sys.executable, "-m", "tests.evolution.replay", str(target)], cwd=ROOT, check=True
    )
    return Replay(**json.loads(target.read_text()))


@pytest.fixture(scope="module")
def by_type() -> dict[str, list[Path]]:
    histories: dict[str, list[Path]] = defaultdict(list)
    for path in RECORDED:
        histories[type_of(path)].append(path)
    return histories


def test_every_history_replays(replay: Replay) -> None:
    assert replay.failures == {}, CHANGED


def test_every_branch_of_every_workflow_is_executed(replay: Replay) -> None:
    assert replay.unexecuted == [], NOT_RECORDED


def test_runs_from_before_and_after_each_patch_marker_are_recorded(replay: Replay) -> None:
    code = "\n".join(path.read_text() for path in modules())
    markers = set(re.findall(r'workflow\.patched\(\s*"([^"]+)"', code))
    assert markers
    assert replay.markers == {marker: [False, True] for marker in markers}, NOT_RECORDED


def test_every_workflow_type_is_recorded_and_none_is_gone(
    replay: Replay, release: Release, by_type: dict[str, list[Path]]
) -> None:
    released = {type_of(ROOT / path) for path in release.histories}
    assert set(by_type) == set(replay.types)
    assert released <= set(replay.types), (
        "keep the class registered until the release after the last run of the type has ended"
    )


def activities_in(path: Path) -> set[str]:
    scheduled = "activityTaskScheduledEventAttributes"
    return {
        event[scheduled]["activityType"]["name"] for event in events(path) if scheduled in event
    }


def test_a_run_that_goes_on_in_another_is_recorded_of_all_but_deliveries(
    by_type: dict[str, list[Path]],
) -> None:
    """A delivery ends within days and never continues as new."""
    continued = {
        name
        for name, paths in by_type.items()
        if any(events(path)[-1]["eventType"] == CONTINUED for path in paths)
    }
    assert continued == set(by_type) - {"Delivery"}


def test_the_ways_of_an_objection_are_recorded(by_type: dict[str, list[Path]]) -> None:
    """Granted after an extension, declined, withdrawn after its term."""
    done = [activities_in(path) for path in by_type["ObjectionCase"]]
    assert any(
        {"reach_rung", "carry_out", "issue_letter", "settle"} <= activities for activities in done
    )
    assert any(
        "carry_out" not in activities and {"issue_letter", "settle"} <= activities
        for activities in done
    )
    assert any(
        "issue_letter" not in activities and {"end_contested", "settle"} <= activities
        for activities in done
    )


def test_a_delivery_that_was_given_up_is_recorded(by_type: dict[str, list[Path]]) -> None:
    assert any("give_up" in activities_in(path) for path in by_type["Delivery"])
