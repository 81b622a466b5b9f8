"""Estimates of falling grades, which services request before a change of many subjects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plumbing.identity import Role
from protos.grading.v1 import assessments_pb2 as pb
from tests.integration.grading.assessment_server import refused, serving_assessments
from tests.integration.grading.support import HANGZHOU, Platform, penalty, subject

SERIOUS = pb.SupposedRecord(
    kind="tampering",
    severity="serious",
    occurred_on="2026-08-01",
    determined_on="2026-09-01",
    entered_on="2026-09-14",
    verified=True,
    final=True,
)


def supposed(number: int, *records: pb.SupposedRecord, **fields: str) -> pb.SupposedSubject:
    return pb.SupposedSubject(subject_id=f"subj-{number}", records=records, **fields)


async def test_subjects_whose_grade_would_fall_are_named_and_nothing_is_written(
    platform: Platform, tmp_path: Path
) -> None:
    await platform.tell_subjects(
        subject(1),
        subject(2),
        subject(3),
        subject(4, removed=True),
        subject(5, bureau="120104", sector="fuel_station"),
        subject(6, kind="natural_person"),
    )
    await platform.tell_records(penalty(1, subject_id="subj-3"))
    before = [await platform.grades(f"subj-{number}") for number in range(1, 7)]
    async with serving_assessments(platform.database, platform.clock, tmp_path) as sign_in:
        service = sign_in(Role.SERVICE, name="registry")
        answer = await service.EstimateDrops(
            pb.EstimateDropsRequest(
                subjects=[
                    supposed(1, SERIOUS),
                    supposed(2),  # no change is supposed of it
                    supposed(3, pb.SupposedRecord(**_positive())),
                    supposed(4, SERIOUS),  # removed
                    supposed(6, SERIOUS),  # not graded
                    supposed(7, SERIOUS),  # not known
                ],
                bureau=HANGZHOU,
            )
        )
        assert list(answer.subject_ids) == ["subj-1"]
        assert answer.graded == 3
        # Grades of different texts are not compared.
        moved = supposed(1, SERIOUS, bureau="120104", sector="fuel_station")
        request = pb.EstimateDropsRequest(subjects=[moved], bureau="330100")
        assert list((await service.EstimateDrops(request)).subject_ids) == []
        bad = pb.SupposedRecord()
        bad.CopyFrom(SERIOUS)
        bad.kind, bad.occurred_on = "nonsense", "2026-02-30"
        request = pb.EstimateDropsRequest(subjects=[supposed(1, bad)], bureau=HANGZHOU)
        refusal = await refused(service.EstimateDrops(request))
        assert {fault[0] for fault in refusal.faults} == {
            "subjects[0].records[0].kind",
            "subjects[0].records[0].occurred_on",
        }
        alerts = sign_in(Role.SERVICE, name="alerts")
        for other in (sign_in(Role.UNIT_HEAD, bureau=HANGZHOU), alerts):
            assert (await refused(other.EstimateDrops(request))).reason == "NOT_PERMITTED"
    assert [await platform.grades(f"subj-{number}") for number in range(1, 7)] == before


def _positive() -> dict[str, Any]:
    days = dict.fromkeys(("occurred_on", "determined_on", "entered_on"), "2026-09-01")
    return {"kind": "award", "verified": True, "final": True, **days}
