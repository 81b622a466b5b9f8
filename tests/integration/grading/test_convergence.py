"""Whole states in any order and any number give the same grades."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.identity import service_caller
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1.events_pb2 import RecordsChanged, SubjectsChanged
from services.grading import commands
from services.grading.checks import check
from services.grading.queries import current
from tests.integration.grading.support import START, penalty, subject
from tests.lengths import at_length
from tests.postgres import Databases

STATES: list[pb.Subject | pb.Record] = [
    subject(1),
    subject(1, version=2, sector="catering"),
    subject(2),
    subject(2, version=2, removed=True),
    subject(2, version=3),
    penalty(1),
    penalty(1, version=2, contested=True),
    penalty(1, version=3, status="withdrawn"),
    penalty(2, points=7),
    penalty(2, version=2, points=4),
    penalty(2, version=3, points=4, subject_id="subj-2"),
    penalty(3, version=1, kind="award"),
    penalty(3, version=2, kind="award", removed=True),
]


@pytest.mark.parametrize("seed", at_length(range(6), 0, 1))
async def test_events_in_any_order_give_the_same_grades(
    seed: int, tmp_path: Path, databases: Databases
) -> None:
    database = await databases.migrated(tmp_path, "grading")
    clock = FixedClock(START)
    for state in _shuffled(seed):
        clock.moment += timedelta(hours=seed * 5)  # from one moment to several days
        async with Changes(database, clock).change(service_caller("grading")) as change:
            if isinstance(state, pb.Subject):
                await commands.apply_subjects(change, SubjectsChanged(subjects=[state]))
            else:
                await commands.apply_records(change, RecordsChanged(records=[state]))
    async with database.snapshot() as session:
        grades = [await current(session, one) for one in ("subj-1", "subj-2")]
    assert [one.score for one in grades if one] == [90, 86]
    findings = await check(database, clock)
    assert findings.problems == []
    held = {one.topic: one.count for one in findings.digests}
    assert held == {"subjects": 2, "subjects.graded": 2, "records": 3}
    await database.close()


def _shuffled(seed: int) -> list[pb.Subject | pb.Record]:
    """Every state, some of them twice, in an order of the seed's."""
    chance = random.Random(seed)  # noqa: S311  no secret hangs on it
    states = [*STATES, *chance.sample(STATES, 5)]
    chance.shuffle(states)
    return states
