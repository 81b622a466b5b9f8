"""Escalation cases on a real database and a real NATS: opened, decided step by step, closed."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, cast
from uuid import uuid4

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from law.errors import InvalidInput, NotFound, NotPermitted, WrongState
from law.periods import start_of
from plumbing.client import Refusal
from plumbing.identity import Caller, Role
from protos.alerts.v1 import escalations_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from protos.registry.v1 import registry_pb2
from services.alerts import escalation_queries as queries
from services.alerts import escalation_steps as steps
from services.alerts.checking import Checks
from services.alerts.escalation_activities import EscalationActivities
from services.alerts.escalation_workflow import EscalationStand, StepDue
from services.alerts.policy_escalations import ESCALATION_POLICY, ESCALATIONS
from services.alerts.tables import Alert, Escalation, EscalationAlert, EscalationStep, Notice
from tests.integration.alerts.town import (
    BUREAU,
    Town,
    bureau,
    instrument,
    subject,
    verification,
)

CASEWORKER = Caller("account/case", "经办人", frozenset({Role.CASEWORKER}), BUREAU)
UNIT_HEAD = Caller("account/head", "负责人", frozenset({Role.UNIT_HEAD}), BUREAU)
FOREIGNER = Caller("account/far", "外地", frozenset({Role.CASEWORKER}), "120104")
OPERATOR = Caller("account/op", "经营者", frozenset({Role.OPERATOR}), subject_id="s1")
LADDER = ("reminder", "guidance_letter", "interview", "exposure")
TRIAL_D = Grade(subject_id="s1", ruleset_id="hangzhou-trial", grade="D")


class Neighbourhood:
    """Grading that knows one grade, and a register that enters records or refuses."""

    def __init__(self) -> None:
        self.entered: dict[str, registry_pb2.Record] = {}
        self.failures: list[Exception] = []

    async def enter_record(self, key: str, record: registry_pb2.Record, behalf: str) -> str:
        if self.failures:
            raise self.failures.pop()
        self.entered[key] = record
        return f"record-{behalf}"


class Office:
    """What people and workflows do to the cases of a town."""

    def __init__(self, town: Town) -> None:
        self.town, self.neighbours = town, Neighbourhood()
        self.activities = EscalationActivities(town.changes, cast("Any", self.neighbours))

    async def case(self, escalation_id: str = "s1/1") -> Escalation:
        [case] = [c for c in await self.town.rows(Escalation) if c.escalation_id == escalation_id]
        return case

    async def steps(self) -> list[tuple[str, str]]:
        rows = sorted(await self.town.rows(EscalationStep), key=lambda step: step.step_id or 0)
        return [(row.step.value, row.state.value) for row in rows]

    async def morning_of_step(self) -> EscalationStand:
        """The day comes on which the workflow has the next step proposed."""
        case = await self.case()
        assert case.due_on is not None
        self.town.clock.moment = start_of(case.due_on, 9)
        due = StepDue(escalation_id=case.escalation_id, version=case.version, step=case.step)
        return await self.activities.propose_step(due)

    async def ask(self, caller: Caller, command: Any, request: Any, **more: Any) -> Any:
        response = type(request).__name__.replace("Request", "Response")
        bound = partial(command, **more) if more else command
        answer = await self.town.changes.once(caller, request, bound, getattr(pb, response))
        await self.town.settled()
        return answer

    async def approve(
        self, step: str, caller: Caller = CASEWORKER, grade: Grade | None = None, **more: Any
    ) -> pb.Escalation:
        request = pb.ApproveStepRequest(
            request_id=str(uuid4()), escalation_id="s1/1", step=step, **more
        )
        answer = await self.ask(caller, steps.approve, request, grade=grade)
        return cast("pb.Escalation", answer.escalation)

    async def record_interview(self, outcome: str = "held") -> pb.Escalation:
        request = pb.RecordInterviewRequest(
            request_id=str(uuid4()), escalation_id="s1/1", outcome=outcome, minutes="已要求立即停用"
        )
        answer = await self.ask(CASEWORKER, steps.record_interview, request)
        return cast("pb.Escalation", answer.escalation)

    def appointment(self, days: int = 2, *, note: bool = False) -> pb.Appointment:
        return pb.Appointment(
            at=stamp(start_of(self.town.today + timedelta(days=days), 14)),
            place="市监局三楼",
            attendees="负责人",
            note_in_archive=note,
        )

    async def climb(self, *until: str) -> None:
        """Approves every step before and up to these."""
        for step in LADDER[: LADDER.index(until[0]) + 1] if until else ():
            await self.morning_of_step()
            if step == "interview":
                await self.approve(step, appointment=self.appointment())
                self.town.pass_days(3)
                await self.record_interview()
            elif step == "exposure":
                await self.approve(step, UNIT_HEAD, publication=publication())
            else:
                await self.approve(step)

    async def exposures(self) -> list[pb.Exposure]:
        async with self.town.database.snapshot() as session:
            answer = await queries.list_exposures(session, pb.ListExposuresRequest())
        return [*answer.exposures]

    async def seen(self, caller: Caller) -> pb.GetEscalationResponse:
        wanted = pb.GetEscalationRequest(escalation_id="s1/1")
        async with self.town.database.snapshot() as session:
            return await queries.get_escalation(session, caller, wanted, self.town.today)

    async def problems(self) -> list[str]:
        checks = Checks(self.town.database, self.town.clock, self.town.timers)
        found = (await checks.check()).problems
        return [p.name for p in found if p.name.startswith("escalation.")]


def stamp(moment: datetime) -> Timestamp:
    said = Timestamp()
    said.FromDatetime(moment)
    return said


def publication(**said: Any) -> pb.Publication:
    given = {"facts_verified": True, "confidentiality_reviewed": True, "media": ["政府网站"]}
    return pb.Publication(**{**given, **said})


@pytest.fixture
async def office(town: Town) -> Office:
    """A town in which an instrument was rejected while in use."""
    town.timers.running.add(f"watch/{BUREAU}")
    await town.tell_of(instrument(), rejected(1))
    return Office(town)


def rejected(number: int, version: int = 1, **said: Any) -> registry_pb2.Verification:
    return verification(number, result="reject", verified_on="2026-09-10", version=version, **said)


def passed(number: int, of: int, today: date) -> registry_pb2.Verification:
    until = today + timedelta(days=300)
    day = today.isoformat()
    return verification(number, until, instrument_id=f"i{of}", verified_on=day)


def test_each_rpc_of_escalations_has_a_rule() -> None:
    methods = pb.DESCRIPTOR.services_by_name["EscalationService"].methods
    assert set(ESCALATION_POLICY) == {f"/{ESCALATIONS}/{method.name}" for method in methods}


async def test_a_red_alert_opens_a_case_others_join_and_the_last_cure_closes_it(
    office: Office,
) -> None:
    town, case = office.town, await office.case()
    assert (case.state, case.step, case.due_on) == ("waiting", "reminder", date(2026, 9, 15))
    assert town.timers.stands["s1/1"].due_at == start_of(date(2026, 9, 15))
    await town.tell_of(instrument(2), verification(2, town.today))
    await town.mornings(1)
    assert len(await town.rows(Escalation)) == 1
    assert len(await town.rows(EscalationAlert)) == 2
    await town.tell_of(passed(11, 1, town.today))
    assert (await office.case()).closed_at is None
    await town.tell_of(instrument(2, version=2, state="stopped"))
    case = await office.case()
    assert (case.state, case.due_on) == ("closed", None)
    assert town.timers.stands["s1/1"].closed
    told = (await town.notices("escalation"))[-1]
    assert told.subject_id == "s1"
    assert "督促终结" in told.title
    assert "NO-1" in told.body
    assert await office.problems() == []


async def test_a_red_alert_after_the_cure_is_another_episode(office: Office) -> None:
    town = office.town
    await town.tell_of(passed(11, 1, town.today))
    town.pass_days(1)
    today = town.today.isoformat()
    await town.tell_of(verification(12, instrument_id="i1", result="reject", verified_on=today))
    cases = {c.escalation_id: c.state.value for c in await town.rows(Escalation)}
    assert cases == {"s1/1": "closed", "s1/2": "waiting"}
    assert await office.problems() == []


async def test_what_stands_again_after_a_pass_was_undone_belongs_to_the_new_episode(
    office: Office,
) -> None:
    town = office.town
    pass_ = passed(11, 1, town.today)
    await town.tell_of(pass_)
    pass_.version, pass_.removed = 2, True
    await town.tell_of(pass_)
    assert (await office.case("s1/2")).closed_at is None
    joined = {row.escalation_id for row in await town.rows(EscalationAlert)}
    assert joined == {"s1/1", "s1/2"}
    assert await office.problems() == []


async def test_what_was_red_when_it_was_first_loaded_opens_no_case(town: Town) -> None:
    await town.tell_of(instrument(), rejected(1), baseline=True)
    await town.mornings(2)
    assert await town.alerts() == [("i1", "red", True)]
    assert await town.rows(Escalation) == []


async def test_whoever_was_told_of_nothing_is_not_told_that_it_is_over(town: Town) -> None:
    # Overdue since yesterday as it comes: red at once, told by the next digest.
    await town.tell_of(instrument(), verification(1, town.today - timedelta(days=1)))
    assert [c.state.value for c in await town.rows(Escalation)] == ["waiting"]
    await town.tell_of(passed(11, 1, town.today))
    assert [c.state.value for c in await town.rows(Escalation)] == ["closed"]
    assert await town.notices() == []


async def test_nothing_leaves_before_it_is_approved(office: Office) -> None:
    town = office.town
    stand = await office.morning_of_step()
    assert (stand.step, stand.due_at) == ("reminder", None)
    assert await office.steps() == [("reminder", "proposed")]
    assert await town.notices("escalation") == []
    case = await office.approve("reminder")
    assert (case.state, case.step, case.due_on) == ("waiting", "guidance_letter", "2026-09-21")
    [reminder] = await town.notices("escalation")
    assert (reminder.subject_id, reminder.address) == ("s1", "unit1@test.example")
    assert "提醒〔2026〕330106-0001号" in reminder.body
    assert "不是行政处罚" in reminder.body
    assert reminder.notice_id in town.timers.delivered


async def test_whoever_decides_sees_what_would_be_sent_and_the_subject_does_not(
    office: Office,
) -> None:
    await office.morning_of_step()
    [draft] = (await office.seen(CASEWORKER)).steps
    assert list((await office.seen(OPERATOR)).steps) == []
    await office.approve("reminder")
    [sent] = await office.town.notices("escalation")
    assert sent.body == "编号：提醒〔2026〕330106-0001号\n" + draft.body
    [seen] = (await office.seen(OPERATOR)).steps
    assert seen.body == sent.body


async def test_proposing_twice_is_as_good_as_once(office: Office) -> None:
    case = await office.case()
    due = StepDue(escalation_id="s1/1", version=case.version, step="reminder")
    first = await office.activities.propose_step(due)
    assert await office.activities.propose_step(due) == first
    assert await office.steps() == [("reminder", "proposed")]


async def test_the_guidance_letter_names_instruments_articles_and_the_day(office: Office) -> None:
    await office.climb("guidance_letter")
    letter = (await office.town.notices("escalation"))[-1]
    assert letter.title.startswith("行政指导建议书〔2026〕330106-0001号：请于 2026-")
    for said in ("NO-1", "经检定不合格仍在使用", "四(二)", "四(一)", "行政指导", "改正"):
        assert said in letter.body
    _, step = await office.town.rows(EscalationStep)
    case = await office.case()
    assert step.correct_by is not None
    assert str(step.correct_by) in letter.body
    assert case.due_on is not None
    assert step.correct_by < case.due_on
    seen = await office.seen(OPERATOR)
    assert [s.step for s in seen.steps] == ["reminder", "guidance_letter"]
    assert seen.steps[1].body == letter.body


async def test_the_cure_voids_what_waits_and_cancels_an_interview(office: Office) -> None:
    town = office.town
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", appointment=office.appointment())
    await town.tell_of(passed(11, 1, town.today))
    assert (await office.steps())[-1] == ("interview", "void")
    told = (await town.notices("escalation"))[-1]
    assert "约谈取消" in told.body
    town.pass_days(3)
    with pytest.raises(WrongState):
        await office.record_interview()
    with pytest.raises(WrongState):
        await office.approve("interview", appointment=office.appointment())


async def test_a_step_declined_comes_again_and_never_a_harsher_one(office: Office) -> None:
    await office.morning_of_step()
    request = pb.DeclineStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="reminder", reasons="已送检"
    )
    answer = await office.ask(CASEWORKER, steps.decline, request)
    case = answer.escalation
    assert (case.state, case.step, case.due_on) == ("waiting", "reminder", "2026-09-21")
    assert not case.example_values
    await office.morning_of_step()
    assert await office.steps() == [("reminder", "declined"), ("reminder", "proposed")]


async def test_a_step_put_off_is_the_same_when_it_comes_again(office: Office) -> None:
    await office.morning_of_step()
    request = pb.DeferStepRequest(
        request_id=str(uuid4()),
        escalation_id="s1/1",
        step="reminder",
        review_on="2026-09-30",
    )
    answer = await office.ask(CASEWORKER, steps.defer, request)
    assert answer.escalation.due_on == "2026-09-30"
    assert await office.steps() == [("reminder", "deferred")]
    await office.morning_of_step()
    assert await office.steps() == [("reminder", "proposed")]


@pytest.mark.parametrize("day", ["2026-09-15", "2027-09-15", "2026-02-30"])
async def test_a_day_of_review_is_to_come_and_not_out_of_sight(office: Office, day: str) -> None:
    await office.morning_of_step()
    request = pb.DeferStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="reminder", review_on=day
    )
    with pytest.raises(InvalidInput) as refused:
        await office.ask(CASEWORKER, steps.defer, request)
    assert [fault.field for fault in refused.value.faults] == ["review_on"]


async def test_who_decides_which_step(office: Office) -> None:
    await office.morning_of_step()
    for caller in (FOREIGNER, UNIT_HEAD):
        with pytest.raises(NotPermitted):
            await office.approve("reminder", caller)
    with pytest.raises(WrongState):
        await office.approve("guidance_letter")
    assert await office.town.notices("escalation") == []
    with pytest.raises(NotPermitted):
        await office.seen(FOREIGNER)
    with pytest.raises(NotFound):
        async with office.town.database.snapshot() as session:
            await queries.find(session, CASEWORKER, "nobody/1")


async def test_an_interview_is_noted_where_the_text_says_so(office: Office) -> None:
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", grade=TRIAL_D, appointment=office.appointment(note=True))
    invited = (await office.town.notices("escalation"))[-1]
    assert "将记入信用档案" in invited.body
    assert "异议" in invited.body
    with pytest.raises(WrongState):
        await office.record_interview()
    office.town.pass_days(3)
    await office.record_interview()
    assert office.town.timers.stands["s1/1"].to_note
    stand = await office.activities.note_interview("s1/1")
    assert not stand.to_note
    await office.activities.note_interview("s1/1")
    [record] = office.neighbours.entered.values()
    assert (record.kind, record.subject_id) == ("administrative_measure", "s1")
    assert record.source_ref == "约谈〔2026〕330106-0001号"
    step = (await office.seen(CASEWORKER)).steps[-1]
    assert step.interview.record_id == "record-account/case"
    assert step.interview.archive_cite == "S3 24(三); S3 25"


@pytest.mark.parametrize("grade", [None, Grade(ruleset_id="hangzhou-2021-120", grade="E")])
async def test_an_interview_is_not_noted_where_no_text_says_so(
    office: Office, grade: Grade | None
) -> None:
    await office.climb("guidance_letter")
    await office.morning_of_step()
    with pytest.raises(InvalidInput) as refused:
        await office.approve(
            "interview", grade=grade, appointment=office.appointment(days=-1, note=True)
        )
    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["appointment.at", "appointment.note_in_archive"]


async def test_a_note_is_tried_again_and_a_refusal_is_kept(office: Office) -> None:
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", grade=TRIAL_D, appointment=office.appointment(note=True))
    office.town.pass_days(3)
    await office.record_interview()
    # Cured meanwhile: what was decided of the archive is still done.
    await office.town.tell_of(passed(11, 1, office.town.today))
    gone = Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "", "")
    never = Refusal(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "没有该主体", "no such subject")
    office.neighbours.failures = [never, gone]
    with pytest.raises(Exception, match="UNAVAILABLE"):
        await office.activities.note_interview("s1/1")
    assert office.town.timers.stands["s1/1"].to_note
    stand = await office.activities.note_interview("s1/1")
    assert (stand.to_note, stand.closed) == (False, True)
    step = (await office.seen(CASEWORKER)).steps[-1]
    assert "没有该主体" in step.interview.archive_error


async def test_nobody_came(office: Office) -> None:
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", grade=TRIAL_D, appointment=office.appointment(note=True))
    office.town.pass_days(3)
    case = await office.record_interview("not_attended")
    assert (case.state, case.step) == ("waiting", "exposure")
    assert not office.town.timers.stands["s1/1"].to_note


async def test_exposure_is_the_unit_heads_and_ends_with_the_case(office: Office) -> None:
    town = office.town
    await office.climb("interview")
    await office.morning_of_step()
    with pytest.raises(NotPermitted):
        await office.approve("exposure", publication=publication())
    with pytest.raises(InvalidInput) as refused:
        await office.approve("exposure", UNIT_HEAD)
    assert {f.field: f.cite for f in refused.value.faults} == {
        "publication.facts_verified": "S1 19",
        "publication.confidentiality_reviewed": "S1 18",
        "publication.media": "S1 19",
    }
    case = await office.approve("exposure", UNIT_HEAD, publication=publication())
    assert case.state == "exhausted"
    [shown] = await office.exposures()
    assert shown.subject_name == "测试单位1"
    assert "NO-1" in shown.statement
    assert list(shown.media) == ["政府网站"]
    assert "异议" in (await town.notices("escalation"))[-1].body
    await town.tell_of(subject(1, version=2, kind="natural_person"))
    assert await office.exposures() == []
    await town.tell_of(subject(1, version=3))
    await town.tell_of(passed(11, 1, town.today))
    assert await office.exposures() == []


async def test_a_natural_person_is_never_exposed(town: Town) -> None:
    await town.tell_of(subject(1, version=2, kind="natural_person"), instrument(), rejected(1))
    office = Office(town)
    await office.climb("interview")
    assert (await office.case()).state == "exhausted"


async def test_what_waits_is_told_in_one_digest_a_day(office: Office) -> None:
    town = office.town
    await town.tell_of(subject(2), instrument(2, subject_id="s2"), rejected(2))
    await office.morning_of_step()
    case = await office.case("s2/1")
    due = StepDue(escalation_id="s2/1", version=case.version, step="reminder")
    await office.activities.propose_step(due)
    await town.watch()
    [digest] = await town.notices("approvals")
    assert (digest.subject_id, digest.address) == ("", "office@test.example")
    assert digest.title.endswith("2 项")
    assert "测试单位2" in digest.body
    await town.mornings(2)
    assert len(await town.notices("approvals")) == 1
    await office.approve("reminder")
    await office.morning_of_step()
    await town.watch()
    assert len(await town.notices("approvals")) == 2


async def test_an_interview_without_an_outcome_is_recalled(office: Office) -> None:
    town = office.town
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", appointment=office.appointment())
    await town.mornings(2)
    assert await town.notices("approvals") == []
    await town.mornings(2)
    [digest] = await town.notices("approvals")
    assert "待记录情况" in digest.body


async def test_an_instrument_handed_on_is_its_new_owners_to_correct(office: Office) -> None:
    town = office.town
    await town.tell_of(subject(2), instrument(version=2, subject_id="s2"))
    assert (await office.case("s1/1")).state == "closed"
    assert (await office.case("s2/1")).state == "waiting"
    assert "已不在贵单位名下" in (await town.notices("escalation"))[-1].body
    assert await office.problems() == []


async def test_a_case_follows_its_subject_to_another_bureau(office: Office) -> None:
    town = office.town
    await town.tell_of(bureau("330108"), subject(1, version=2, bureau="330108"))
    assert (await office.case()).bureau == "330108"
    with pytest.raises(NotPermitted):
        await office.approve("reminder")


async def test_a_review_of_the_subject_closes_its_case_and_tells_nobody(office: Office) -> None:
    town = office.town
    await town.tell_of(subject(1, version=2, in_review=True))
    assert (await office.case()).state == "closed"
    assert await town.notices("escalation") == []
    assert await office.problems() == []


async def test_a_case_that_should_be_is_found_missing_and_made(office: Office) -> None:
    town = office.town
    async with town.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.closed_at, case.state = town.clock.now(), cast("Any", "closed")
    assert "escalation.missing" in await office.problems()
    town.timers.running.clear()
    done = await Checks(town.database, town.clock, town.timers).reconcile()
    assert "escalation/s1/2" in done.started
    assert await office.problems() == []


async def test_a_case_that_should_be_closed_is_found_and_closed(office: Office) -> None:
    town = office.town
    await town.tell_of(passed(11, 1, town.today))
    async with town.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.closed_at, case.state = None, cast("Any", "waiting")
    assert await office.problems() == ["escalation.not_closed", "escalation.workflow_missing"]
    await Checks(town.database, town.clock, town.timers).reconcile()
    assert (await office.case()).state == "closed"


async def test_a_lost_workflow_goes_on_with_its_remaining_wait(office: Office) -> None:
    town = office.town
    await office.morning_of_step()
    await office.approve("reminder")
    town.timers.running.discard("escalation/s1/1")
    before = town.timers.stands.pop("s1/1")
    assert await office.problems() == ["escalation.workflow_missing"]
    done = await Checks(town.database, town.clock, town.timers).reconcile()
    assert done.started[-1:] == ["escalation/s1/1"]
    assert town.timers.stands["s1/1"].due_at == before.due_at


async def test_a_wait_that_a_newer_calendar_moves_is_counted_anew(office: Office) -> None:
    town = office.town
    async with town.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.due_on = date(2026, 9, 30)  # as an older calendar may have had it
    await Checks(town.database, town.clock, town.timers).reconcile()
    assert (await office.case()).due_on == date(2026, 9, 15)
    assert town.timers.stands["s1/1"].due_at == start_of(date(2026, 9, 15))


async def test_a_morning_of_many_opens_them_at_once(town: Town) -> None:
    count = 30
    await town.tell_of(*(subject(n) for n in range(2, count + 2)))
    await town.tell_of(
        *(instrument(n, subject_id=f"s{n}") for n in range(2, count + 2)),
        *(verification(n, town.today) for n in range(2, count + 2)),
    )
    await town.mornings(1)
    await town.settled()
    assert len(await town.rows(Escalation)) == count
    assert len(town.timers.stands) == count
    assert len([a for a in await town.rows(Alert) if a.colour == "red"]) == count


async def test_cases_are_listed_newest_first_within_the_scope(office: Office) -> None:
    town = office.town
    for number in (2, 3):
        town.pass_days(1)
        await town.tell_of(
            subject(number), instrument(number, subject_id=f"s{number}"), rejected(number)
        )

    async def listed(caller: Caller, **said: Any) -> list[str]:
        found, token = [], ""
        while True:
            request = pb.ListEscalationsRequest(page_size=2, page_token=token, **said)
            async with town.database.snapshot() as session:
                answer = await queries.list_escalations(session, caller, request)
            found += [case.escalation_id for case in answer.escalations]
            if not (token := answer.next_page_token):
                return found

    assert await listed(CASEWORKER) == ["s3/1", "s2/1", "s1/1"]
    assert await listed(OPERATOR) == ["s1/1"]
    assert await listed(FOREIGNER) == []
    assert await listed(CASEWORKER, state="closed") == []
    assert await listed(CASEWORKER, subject_id="s2", bureau=BUREAU) == ["s2/1"]


async def test_a_morning_and_a_cure_at_once_agree(office: Office) -> None:
    town = office.town
    for number in range(2, 7):
        await town.tell_of(
            subject(number),
            instrument(number, subject_id=f"s{number}"),
            verification(number, town.today),
        )
        town.pass_days(1)
        cure = town.tell_of(passed(10 + number, number, town.today))
        await asyncio.gather(town.watch(), cure)
        assert await office.problems() == []


async def test_two_who_approve_at_once_send_one_reminder(office: Office) -> None:
    await office.morning_of_step()
    await office.approve("reminder")
    with pytest.raises(WrongState):
        await office.approve("reminder")
    assert len(await office.town.rows(Notice)) == 2  # the rejection and the reminder
