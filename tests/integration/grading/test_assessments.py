"""What-if, outlook and comparison over gRPC; nothing is written."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable
from datetime import date
from pathlib import Path

import grpc
import pytest

from law.grading import verify_document
from law.texts_in_force import load as ruleset
from plumbing.audit import AuditEntry
from plumbing.identity import Role
from plumbing.migrations import differences
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from services.grading.assessments.policy import ASSESSMENT_POLICY, ASSESSMENTS
from services.grading.tables import Receipt
from tests.integration.grading.assessment_server import As, refused, serving_assessments
from tests.integration.grading.support import Platform, penalty, subject

TODAY = date(2026, 9, 14)


@pytest.fixture
async def sign_in(platform: Platform, tmp_path: Path) -> AsyncIterator[As]:
    """Hangzhou's subject with a penalty and a complaint, Tianjin's with a penalty, and a shop."""
    await platform.tell_subjects(
        subject(1),
        subject(2, bureau="120104", sector="fuel_station"),
        subject(3, bureau="120104", sector="catering"),
        subject(4, removed=True),
    )
    await platform.tell_records(
        penalty(1),
        penalty(2, kind="complaint_upheld", determined_on="2026-06-01"),
        penalty(3, subject_id="subj-2", bureau="120104"),
    )
    async with serving_assessments(platform.database, platform.clock, tmp_path) as sign_in:
        yield sign_in


def withdrawn(record_id: str) -> pb.Hypothesis:
    return pb.Hypothesis(ended=pb.EndedRecord(record_id=record_id, status="withdrawn"))


def test_each_rpc_has_a_rule() -> None:
    methods = pb.DESCRIPTOR.services_by_name["AssessmentService"].methods
    assert set(ASSESSMENT_POLICY) == {f"/{ASSESSMENTS}/{method.name}" for method in methods}


async def test_the_migrations_make_the_tables_of_the_models(platform: Platform) -> None:
    assert await differences(platform.database, "grading") == []


async def test_each_supposed_change_gives_its_grade(platform: Platform, sign_in: As) -> None:
    operator = sign_in(Role.OPERATOR, subject_id="subj-1")
    before = await platform.current()

    async def score(*changes: pb.Hypothesis, as_of: str = "") -> int:
        request = pb.WhatIfRequest(subject_id="subj-1", changes=changes, as_of=as_of)
        answer = await operator.WhatIf(request)
        assert answer.before.score == before.score or as_of
        assert json.loads(answer.receipt_json)["score"] == answer.after.score
        assert verify_document(json.loads(answer.receipt_json)) == []
        return answer.after.score

    repaired = pb.EndedRecord(record_id="rec-1", status="repaired", on="2026-10-01")
    assert before.score is not None
    without = await score(withdrawn("rec-1"))
    assert without > before.score
    assert await score(withdrawn("rec-1"), withdrawn("rec-2")) == 90
    # A repair of October does not tell in September; it does from its day on.
    assert await score(pb.Hypothesis(ended=repaired)) == before.score
    assert await score(pb.Hypothesis(ended=repaired), as_of="2026-10-01") == without
    assert await score(pb.Hypothesis(added=pb.AddedRecord(kind="award"))) > before.score
    one_off = pb.CorrectedRecord(record_id="rec-1", points=90 - without + 1)
    corrected = await score(pb.Hypothesis(corrected=one_off))
    assert corrected == without - one_off.points


async def test_what_if_explains_its_grade_and_writes_nothing(
    platform: Platform, sign_in: As
) -> None:
    receipts, entries = await platform.rows(Receipt), await platform.rows(AuditEntry)
    staff = sign_in(Role.CASEWORKER, bureau="330106")
    request = pb.WhatIfRequest(subject_id="subj-1", changes=[withdrawn("rec-1")])
    answer = await staff.WhatIf(request)
    assert answer.as_of == TODAY.isoformat()
    assert any("已撤销，不计" in line for line in answer.explanation_zh)
    assert any("withdrawn; not counted" in line for line in answer.explanation_en)
    assert await platform.rows(Receipt) == receipts
    assert await platform.rows(AuditEntry) == entries


async def test_every_fault_of_the_changes_has_its_path(sign_in: As) -> None:
    staff = sign_in(Role.CASEWORKER, bureau="330106")
    added = pb.AddedRecord(kind="nonsense", severity="dire", determined_on="2026-02-30")
    changes = [
        withdrawn("rec-1"),
        withdrawn("rec-1"),
        withdrawn("unknown"),
        pb.Hypothesis(added=added),
        pb.Hypothesis(corrected=pb.CorrectedRecord(record_id="rec-3", points=1)),
    ]
    request = pb.WhatIfRequest(subject_id="subj-1", changes=changes)
    refusal = await refused(staff.WhatIf(request))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert {path for path, _, _ in refusal.faults} == {
        "changes[1].ended.record_id",
        "changes[2].ended.record_id",
        "changes[3].added.kind",
        "changes[3].added.severity",
        "changes[3].added.determined_on",
        "changes[4].corrected.record_id",
    }
    empty = await refused(staff.WhatIf(pb.WhatIfRequest(subject_id="subj-1")))
    assert [path for path, _, _ in empty.faults] == ["changes"]


async def test_an_outlook_names_the_days_of_change_and_the_ways_up(sign_in: As) -> None:
    operator = sign_in(Role.OPERATOR, subject_id="subj-1")
    answer = await operator.Outlook(pb.OutlookRequest(subject_id="subj-1"))
    whole = json.loads(answer.outlook_json)
    assert [one["on"] for one in whole["changes"]] == [one.on for one in answer.changes]
    assert answer.changes[-1].grade < answer.now.grade
    waits = {one.record_id: one.possible_on for one in answer.steps if one.step == "wait"}
    assert waits == {"rec-1": "2031-05-07", "rec-2": "2031-06-02"}
    assert all(one.cite for one in answer.steps)
    assert answer.path.steps
    assert len(answer.path.steps) <= len(answer.soonest.steps)
    assert answer.explanation_zh[0].startswith("截至2026-09-14为")
    assert any(answer.path.on in line and "步骤最少" in line for line in answer.explanation_zh)
    assert any("With the fewest steps" in line for line in answer.explanation_en)


async def test_an_outlook_ends_at_its_horizon(sign_in: As) -> None:
    operator = sign_in(Role.OPERATOR, subject_id="subj-1")
    near = pb.OutlookRequest(subject_id="subj-1", horizon="2026-12-31")
    assert not (await operator.Outlook(near)).changes
    past = await refused(
        operator.Outlook(pb.OutlookRequest(subject_id="subj-1", horizon="2026-09-13"))
    )
    assert [path for path, _, _ in past.faults] == ["horizon"]


async def test_an_outlook_of_a_class_names_the_next_year(sign_in: As) -> None:
    operator = sign_in(Role.OPERATOR, subject_id="subj-2")
    answer = await operator.Outlook(pb.OutlookRequest(subject_id="subj-2"))
    assert (answer.now.grade, answer.now.prospective) == ("2", "3")
    first = answer.changes[0]
    assert (first.on, first.grade) == ("2027-01-01", "3")
    request = pb.WhatIfRequest(
        subject_id="subj-2", changes=[withdrawn("rec-3")], as_of="2027-01-01"
    )
    what_if = await operator.WhatIf(request)
    assert (what_if.before.grade, what_if.after.grade) == ("3", "2")


async def test_without_a_governing_text_the_answer_is_the_reason(sign_in: As) -> None:
    operator = sign_in(Role.OPERATOR, subject_id="subj-3")
    answer = await operator.Outlook(pb.OutlookRequest(subject_id="subj-3"))
    assert "试点领域" in answer.now.not_graded_zh
    assert not answer.outlook_json
    added = pb.Hypothesis(added=pb.AddedRecord(kind="award"))
    what_if = await operator.WhatIf(pb.WhatIfRequest(subject_id="subj-3", changes=[added]))
    assert "试点领域" in what_if.after.not_graded_zh
    assert (what_if.after.grade, what_if.receipt_json) == ("", "")


async def test_compare_grades_under_every_text_or_the_named_ones(sign_in: As) -> None:
    operator = sign_in(Role.OPERATOR, subject_id="subj-1")
    answer = await operator.Compare(pb.CompareRequest(subject_id="subj-1"))
    assert [one.ruleset_id for one in answer.outcomes] == list(ruleset.GRADING)
    by_text = {one.ruleset_id: one for one in answer.outcomes}
    assert by_text["hangzhou-2021-120"].grade
    assert "领域" in by_text["tianjin-pilot"].not_graded_zh
    assert len(json.loads(answer.compare_json)["receipts"]) == len(answer.explanation_zh)
    two = ["national-2017-566", "hangzhou-trial"]
    named = await operator.Compare(pb.CompareRequest(subject_id="subj-1", ruleset_ids=two))
    assert [one.ruleset_id for one in named.outcomes] == two
    wrong = pb.CompareRequest(subject_id="subj-1", ruleset_ids=["nonsense", "taizhou-block"])
    refusal = await refused(operator.Compare(wrong))
    assert [path for path, _, _ in refusal.faults] == ["ruleset_ids[0]", "ruleset_ids[1]"]


def calls_about(stub: AssessmentServiceStub, subject_id: str) -> list[Awaitable[object]]:
    added = pb.Hypothesis(added=pb.AddedRecord(kind="award"))
    return [
        stub.WhatIf(pb.WhatIfRequest(subject_id=subject_id, changes=[added])),
        stub.Outlook(pb.OutlookRequest(subject_id=subject_id)),
        stub.Compare(pb.CompareRequest(subject_id=subject_id)),
    ]


@pytest.mark.parametrize(
    ("role", "bureau", "own", "subject_id", "code"),
    [
        (Role.OPERATOR, "", "subj-2", "subj-1", grpc.StatusCode.NOT_FOUND),
        (Role.INSPECTOR, "330110", "", "subj-1", grpc.StatusCode.NOT_FOUND),
        (Role.UNIT_HEAD, "330100", "", "subj-9", grpc.StatusCode.NOT_FOUND),
        (Role.UNIT_HEAD, "330100", "", "subj-4", grpc.StatusCode.FAILED_PRECONDITION),
        (Role.PUBLIC, "", "", "subj-1", grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_only_the_subject_and_its_bureau_may_ask(
    sign_in: As, role: Role, bureau: str, own: str, subject_id: str, code: grpc.StatusCode
) -> None:
    stub = sign_in(role, bureau=bureau, subject_id=own)
    assert {(await refused(call)).code for call in calls_about(stub, subject_id)} == {code}
