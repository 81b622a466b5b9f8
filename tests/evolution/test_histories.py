"""Every recorded history replays, and every workflow has recorded what can happen to it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from tools.fingerprints.reading import Fingerprint, fingerprints
from tools.fingerprints.replaying import HISTORIES, events, replay, type_of
from tools.generate import ROOT

RECORDED = sorted(HISTORIES.glob("*.json"))
WORKFLOWS = fingerprints(ROOT)
CONTINUED = "EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_it_replays(path: Path) -> None:
    assert await replay(WORKFLOWS, [path]) == {}


def activities_in(path: Path) -> set[str]:
    scheduled = "activityTaskScheduledEventAttributes"
    return {
        event[scheduled]["activityType"]["name"] for event in events(path) if scheduled in event
    }


@pytest.fixture(scope="module")
def by_type() -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in RECORDED:
        found[type_of(path)].append(path)
    return found


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_every_workflow_has_a_recorded_history(name: str, by_type: dict[str, list[Path]]) -> None:
    assert by_type[name], f"record what {name} does into tests/workflows/histories"


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_a_run_that_goes_on_in_another_is_recorded(
    name: str, by_type: dict[str, list[Path]]
) -> None:
    if not goes_on(WORKFLOWS[name]):
        pytest.skip("It never continues as new.")
    assert any(events(path)[-1]["eventType"] == CONTINUED for path in by_type[name])


def goes_on(workflow: Fingerprint) -> bool:
    return any("continue_as_new" in command for command in workflow.commands)


def test_histories_are_of_workflows_that_exist(by_type: dict[str, list[Path]]) -> None:
    assert set(by_type) <= set(WORKFLOWS)


def test_the_ways_of_an_objection_are_recorded(by_type: dict[str, list[Path]]) -> None:
    """Granted after an extension, declined, withdrawn after its term."""
    done = [activities_in(path) for path in by_type["ObjectionCase"]]
    assert any({"reach_rung", "carry_out", "issue_letter", "settle"} <= one for one in done)
    assert any("carry_out" not in one and {"issue_letter", "settle"} <= one for one in done)
    assert any("issue_letter" not in one and {"end_contested", "settle"} <= one for one in done)


def test_a_delivery_that_was_given_up_is_recorded(by_type: dict[str, list[Path]]) -> None:
    assert any("give_up" in activities_in(path) for path in by_type["Delivery"])
