"""Grades of first loads: in one list of the bureau, and followed up in portions."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from law.errors import InvalidInput
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.checks import Checks
from services.alerts.escalation.first_grades import list_untold_grades, release_untold_grades
from services.alerts.escalation.tables import StandingGrade
from services.alerts.tables import Escalation
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, bureau, subject
from tests.integration.alerts.test_cases_of_grades import grade


def caller(scope: str = BUREAU) -> Caller:
    return Caller("account/head", "测试", frozenset({Role.UNIT_HEAD}), scope)


@pytest.fixture
async def loaded(empty_alerts: RunningAlerts) -> RunningAlerts:
    """Five subjects graded by a first load: three grades call for a follow-up."""
    await empty_alerts.put(bureau(), *(subject(number) for number in range(1, 6)), baseline=True)
    await empty_alerts.run_watch()
    for number, (ruleset, to) in enumerate(GRADES, 1):
        await grade(empty_alerts, ruleset, to, f"r{number}", baseline=True, of=f"s{number}")
    return empty_alerts


GRADES = (
    ("tianjin-pilot", "3"),
    ("hangzhou-2021-120", "E"),
    ("hangzhou-2021-120", "A"),
    ("national-2017-566", "untrusted"),
    ("tianjin-pilot", "2"),
)


async def listed(alerts: RunningAlerts, by: Caller | None = None, **of: str) -> list[str]:
    return [row.subject_id for row in await rows(alerts, by, **of)]


async def rows(alerts: RunningAlerts, by: Caller | None = None, **of: str) -> list[pb.UntoldGrade]:
    found, token = list[pb.UntoldGrade](), ""
    while token or not found:
        request = pb.ListUntoldGradesRequest(of=pb.UntoldGrades(**of), page_size=2)
        request.page_token = token
        async with open_view(alerts.database, alerts.clock, by or caller()) as view:
            answer = await list_untold_grades(view, request)
        found, token = [*found, *answer.grades], answer.next_page_token
        if not token:
            break
    return found


async def released(alerts: RunningAlerts, **wanted: Any) -> pb.ReleaseUntoldGradesResponse:
    request = pb.ReleaseUntoldGradesRequest(request_id=str(uuid4()), **wanted)
    args = (caller(), request, release_untold_grades, pb.ReleaseUntoldGradesResponse)
    first = await alerts.changes.once(*args)
    assert await alerts.changes.once(*args) == first  # sent twice, done once
    await alerts.wait_until_idle()
    return first


async def checked(alerts: RunningAlerts) -> tuple[int, int]:
    findings = await Checks(alerts.database, alerts.clock, alerts.timers).check()
    figures = findings.figures
    return figures["untold_grades"], figures["untold_grades.days"]


async def test_the_bureau_has_one_list_and_hears_of_it_every_day(loaded: RunningAlerts) -> None:
    assert await loaded.rows(Escalation) == []
    third, fifth, *others = await rows(loaded)
    assert (third.subject_id, third.grade, third.course) == ("s1", "3", "class_3")
    assert (third.cite, third.subject_name) == ("S0 三(三)3", "测试单位1")
    assert (fifth.subject_id, fifth.course_zh) == ("s2", "E级（失信）的监管措施")
    assert [one.subject_id for one in others] == ["s4"]
    assert await listed(loaded, course="untrusted") == ["s4"]
    assert await listed(loaded, caller("330108")) == []
    assert await checked(loaded) == (3, 0)
    await loaded.watch_days(2)
    first, second = await loaded.notices()
    assert {first.kind, second.kind} == {"approvals"}
    assert second.title.endswith("3 个主体的等级待开始督促")
    assert "已 2 天" in second.body
    assert await checked(loaded) == (3, 2)


async def test_a_portion_opens_its_cases_and_the_rest_stays(loaded: RunningAlerts) -> None:
    with pytest.raises(InvalidInput):
        await released(loaded)
    answer = await released(loaded, at_most=1)
    assert (answer.released, answer.left, [*answer.escalation_ids]) == (1, 2, ["s1/1"])
    [case] = await loaded.rows(Escalation)
    assert (case.course, case.grade, case.opened_by) == ("class_3", "3", "account/head")
    assert (case.state, case.step) == ("waiting", "reminder")
    assert await listed(loaded) == ["s2", "s4"]
    answer = await released(loaded, subject_ids=["s4", "s3", "s5"])
    assert (answer.released, answer.left) == (1, 0)
    answer = await released(loaded, of=pb.UntoldGrades(course="grade_e"))
    assert (answer.released, answer.left, await listed(loaded)) == (1, 0, [])
    assert {row.silent for row in await loaded.rows(StandingGrade) if row.subject_id == "s1"} == {
        False
    }
    assert await checked(loaded) == (0, 0)
    await loaded.watch_days(1)
    assert await loaded.notices() == []


async def test_a_grade_that_changed_since_or_a_subject_in_review_is_not_listed(
    loaded: RunningAlerts,
) -> None:
    await grade(loaded, "tianjin-pilot", "2", "r6", of="s1")
    await loaded.put(subject(2, version=2, in_review=True))
    assert await listed(loaded) == ["s4"]
    await loaded.put(subject(2, version=3))
    assert await listed(loaded) == ["s2", "s4"]
    assert (await released(loaded, at_most=5)).released == 2
    await grade(loaded, "hangzhou-2021-120", "A", "r7", of="s2")
    assert {case.subject_id: case.state for case in await loaded.rows(Escalation)} == {
        "s2": "closed",
        "s4": "waiting",
    }
