"""What a subject contests follows it when it is joined, parted or split (C-38)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from law.errors import WrongState
from protos.registry.v1 import events_pb2 as events
from services.alerts.escalation.tables import Contest
from tests.integration.alerts.escalation_desk import EscalationDesk
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, subject
from tests.integration.alerts.test_cases_of_grades import contest, grade
from tests.integration.alerts.test_lives_of_subjects import acted


@pytest.fixture
async def proposed(alerts: RunningAlerts) -> EscalationDesk:
    """An interview of subject 1 for its grade waits for approval; subject 2 is another."""
    alerts.timers.running.add(f"watch/{BUREAU}")
    await alerts.put(subject(2))
    desk = EscalationDesk(alerts)
    await grade(alerts, "hangzhou-trial", "D")
    await desk.propose_next_step()
    return desk


def act(
    name: str, subject_id: str, other_id: str, records: Sequence[str] = ()
) -> events.SubjectActed:
    event = acted(name, 2)
    event.act.subject_id, event.act.other_id = subject_id, other_id
    event.subject.CopyFrom(subject(int(subject_id[1:])))
    event.other.CopyFrom(subject(int(other_id[1:])))
    event.record_ids.extend(records)
    return event


async def joined(alerts: RunningAlerts) -> None:
    event = events.SubjectsJoined(former_id="s2", present_id="s1")
    await alerts.announce(event, aggregate="lives")


async def owner(alerts: RunningAlerts) -> str:
    [row] = await alerts.rows(Contest)
    return row.subject_id


async def test_an_objection_of_a_joined_subject_holds_until_it_is_parted(
    proposed: EscalationDesk,
) -> None:
    alerts = proposed.alerts
    await contest(alerts, "lodged", 1, "record/r1", of="s2")
    await joined(alerts)
    # Announced before objection heard of the joining.
    await contest(alerts, "accepted", 2, "record/r1", of="s2")
    with pytest.raises(WrongState, match="contested"):
        await proposed.approve("interview", appointment=proposed.appointment())
    await alerts.announce(act("parted", "s1", "s2"), aggregate="lives")
    assert await owner(alerts) == "s2"
    await proposed.approve("interview", appointment=proposed.appointment())


async def test_an_objection_heard_of_after_the_joining_holds_and_goes_back_as_well(
    proposed: EscalationDesk,
) -> None:
    await joined(proposed.alerts)
    await contest(proposed.alerts, "lodged", 1, "record/r1", of="s2")
    assert await owner(proposed.alerts) == "s1"
    await proposed.alerts.announce(act("parted", "s1", "s2"), aggregate="lives")
    assert await owner(proposed.alerts) == "s2"


@pytest.mark.parametrize(
    ("targets", "goes_to"),
    [
        (["record/r1", "disclosure/r2"], "s1"),
        (["record/r1", "record/r3"], "s2"),
        (["record/r1", "subject/s2"], "s2"),
    ],
)
async def test_an_objection_goes_to_a_part_with_all_the_records_that_it_contests(
    proposed: EscalationDesk, targets: list[str], goes_to: str
) -> None:
    await contest(proposed.alerts, "lodged", 1, *targets, of="s2")
    event = act("split", "s2", "s1", ["r1", "r2"])
    await proposed.alerts.announce(event, aggregate="lives")
    assert await owner(proposed.alerts) == goes_to


@pytest.mark.parametrize(
    ("targets", "goes_to"),
    [
        (["record/r1", "disclosure/r2"], "s1"),
        (["record/r1", "record/r3"], "s2"),
        (["subject/s2"], "s2"),
    ],
)
async def test_an_objection_heard_of_after_the_split_goes_to_the_part_as_well(
    proposed: EscalationDesk, targets: list[str], goes_to: str
) -> None:
    event = act("split", "s2", "s1", ["r1", "r2"])
    await proposed.alerts.announce(event, aggregate="lives")
    await contest(proposed.alerts, "lodged", 1, *targets, of="s2")
    assert await owner(proposed.alerts) == goes_to


async def test_an_objection_of_a_part_that_was_joined_to_its_origin_again_goes_where_that_goes(
    proposed: EscalationDesk,
) -> None:
    alerts = proposed.alerts
    await alerts.announce(act("split", "s1", "s2", ["r1"]), aggregate="lives")
    await joined(alerts)
    await contest(alerts, "lodged", 1, "record/r1")
    assert await owner(alerts) == "s1"
    await alerts.announce(act("parted", "s1", "s2"), aggregate="lives")
    assert await owner(alerts) == "s2", "the record is there"
