"""The gRPC surface: who sees what, in both times, over a real server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, timedelta
from pathlib import Path

import grpc
import pytest

from plumbing.addresses import Endpoint
from plumbing.change import Changes
from plumbing.client import Refusal, open_channel, refusal_of
from plumbing.clock import SystemClock
from plumbing.identity import Caller, Role
from plumbing.rpc import serve
from plumbing.tokens import Signer, Verifier, make_keys, public_key
from protos.grading.v1 import grading_pb2 as pb
from protos.grading.v1.grading_pb2_grpc import GradingServiceStub
from services.grading.policy import POLICY, SERVICE
from services.grading.servicer import GradingServicer
from tests.integration.grading.support import START, Platform, penalty, subject
from tests.logins import none_ended
from tests.ports import free_port

As = Callable[..., GradingServiceStub]


@pytest.fixture
async def sign_in(platform: Platform, tmp_path: Path) -> AsyncIterator[As]:
    """Yields a function that makes a client for a caller with given roles."""
    signer = Signer(make_keys(tmp_path, []), SystemClock(), timedelta(minutes=5))
    address = f"127.0.0.1:{free_port()}"
    servicer = GradingServicer(Changes(platform.database, platform.clock))
    verifier = Verifier(public_key(tmp_path), SystemClock())
    server, _ = await serve(
        address, {SERVICE: servicer.register}, verifier, [POLICY], none_ended(), credentials=None
    )
    channels: list[grpc.aio.Channel] = []

    def sign_in(*roles: Role, bureau: str = "", subject_id: str = "") -> GradingServiceStub:
        caller = Caller("account/test", "测试", frozenset(roles), bureau, subject_id)
        token, _ = signer.issue(caller)

        async def source() -> str:
            return token

        channels.append(open_channel(Endpoint(address), source))
        return GradingServiceStub(channels[-1])

    yield sign_in
    for channel in channels:
        await channel.close()
    await server.stop(None)


@pytest.fixture
async def graded(platform: Platform) -> Platform:
    """Two organisations, a person and a subject of Tianjin; a penalty came three days later."""
    await platform.tell_subjects(
        subject(1),
        subject(2, bureau="330110"),
        subject(3, kind="natural_person"),
        subject(4, bureau="120104", sector="optical"),
    )
    platform.pass_days(3)
    await platform.tell_records(penalty())
    return platform


async def refused(call: Awaitable[object]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return refusal_of(caught.value)


def test_each_rpc_has_a_rule() -> None:
    methods = pb.DESCRIPTOR.services_by_name["GradingService"].methods
    assert set(POLICY) == {f"/{SERVICE}/{method.name}" for method in methods}


async def test_a_grade_is_read_for_a_day_as_known_at_a_moment(
    graded: Platform, sign_in: As
) -> None:
    staff = sign_in(Role.CASEWORKER, bureau="330106")
    now = (await staff.GetGrade(pb.GetGradeRequest(subject_id="subj-1"))).grade
    before = await staff.GetGrade(pb.GetGradeRequest(subject_id="subj-1", on="2026-09-16"))
    request = pb.GetGradeRequest(subject_id="subj-1")
    request.known_at.FromDatetime(START + timedelta(days=1))
    then = await staff.GetGrade(request)
    assert (before.grade.score, before.grade.in_force_to) == (90, "2026-09-17")
    assert (then.grade.score, then.grade.in_force_to) == (90, "")
    assert then.grade.known_to.ToDatetime(UTC) == now.known_from.ToDatetime(UTC)
    assert now.score < 90
    early = pb.GetGradeRequest(subject_id="subj-1", on="2026-09-01")
    assert (await refused(staff.GetGrade(early))).code is grpc.StatusCode.NOT_FOUND
    wrong = pb.GetGradeRequest(subject_id="subj-1", on="2026-02-30")
    assert (await refused(staff.GetGrade(wrong))).faults[0][0] == "on"


async def test_grades_are_listed_newest_first_page_by_page(graded: Platform, sign_in: As) -> None:
    staff = sign_in(Role.CASEWORKER, bureau="330106")
    whole = await staff.ListGrades(pb.ListGradesRequest(subject_id="subj-1"))
    pages: list[pb.Grade] = []
    token = ""
    while True:
        page = await staff.ListGrades(
            pb.ListGradesRequest(subject_id="subj-1", page_size=1, page_token=token)
        )
        pages += page.grades
        if not (token := page.next_page_token):
            break
    assert pages == list(whole.grades)
    assert [bool(one.known_to.seconds) for one in pages] == [False, False, True]
    assert pages[0].in_force_from == "2026-09-17"


async def test_a_receipt_is_explained_and_recomputes(graded: Platform, sign_in: As) -> None:
    operator = sign_in(Role.OPERATOR, subject_id="subj-1")
    grade = (await operator.GetGrade(pb.GetGradeRequest(subject_id="subj-1"))).grade
    response = await operator.GetReceipt(pb.GetReceiptRequest(receipt_id=grade.receipt_id))
    assert json.loads(response.receipt_json)["score"] == grade.score
    assert any("rec-1" in line for line in response.explanation_zh)
    assert any("rec-1" in line for line in response.explanation_en)
    verified = await operator.VerifyReceipt(pb.VerifyReceiptRequest(receipt_id=grade.receipt_id))
    assert list(verified.differences) == []


async def test_an_operator_sees_only_its_own(graded: Platform, sign_in: As) -> None:
    other = sign_in(Role.OPERATOR, subject_id="subj-2")
    receipt = (await graded.current()).receipt_id
    calls: tuple[Awaitable[object], ...] = (
        other.GetGrade(pb.GetGradeRequest(subject_id="subj-1")),
        other.ListGrades(pb.ListGradesRequest(subject_id="subj-1")),
        other.GetReceipt(pb.GetReceiptRequest(receipt_id=receipt)),
        other.VerifyReceipt(pb.VerifyReceiptRequest(receipt_id=receipt)),
        other.GetRecordGraded(pb.GetRecordGradedRequest(record_id="rec-1", version=1)),
    )
    assert {(await refused(call)).code for call in calls} == {grpc.StatusCode.NOT_FOUND}
    summary = other.SummariseGrades(pb.SummariseGradesRequest())
    assert (await refused(summary)).code is grpc.StatusCode.PERMISSION_DENIED


async def test_staff_see_their_bureau_and_those_below_it(graded: Platform, sign_in: As) -> None:
    district = sign_in(Role.INSPECTOR, bureau="330110")
    city = sign_in(Role.UNIT_HEAD, bureau="330100")
    request = pb.GetGradeRequest(subject_id="subj-1")
    assert (await refused(district.GetGrade(request))).code is grpc.StatusCode.NOT_FOUND
    assert (await city.GetGrade(request)).grade.subject_id == "subj-1"
    beyond = city.SummariseGrades(pb.SummariseGradesRequest(bureau="120104"))
    assert (await refused(beyond)).code is grpc.StatusCode.PERMISSION_DENIED

    async def counted(stub: GradingServiceStub, bureau: str = "") -> int:
        answer = await stub.SummariseGrades(pb.SummariseGradesRequest(bureau=bureau))
        return sum(one.subjects for one in answer.counts)

    assert (await counted(district), await counted(city)) == (1, 3)
    assert await counted(city, "330106") == 2
    assert await counted(sign_in(Role.MUNICIPAL_REVIEWER, bureau="000000")) == 4
    assert await counted(sign_in(Role.ADMINISTRATOR)) == 0


async def test_the_deregistered_are_counted_apart(graded: Platform, sign_in: As) -> None:
    district = sign_in(Role.INSPECTOR, bureau="330110")
    await graded.tell_subjects(subject(2, version=2, bureau="330110", deregistered_on="2026-09-17"))
    apart = await district.SummariseGrades(pb.SummariseGradesRequest())
    assert (apart.deregistered, list(apart.counts)) == (1, [])
    before = await district.SummariseGrades(pb.SummariseGradesRequest(on="2026-09-16"))
    assert (before.deregistered, len(before.counts)) == (0, 1)
    city = sign_in(Role.UNIT_HEAD, bureau="330100")
    both = await city.SummariseGrades(pb.SummariseGradesRequest())
    assert (both.deregistered, sum(one.subjects for one in both.counts)) == (1, 2)


async def test_the_public_sees_present_grades_and_never_a_person(
    graded: Platform, sign_in: As
) -> None:
    public = sign_in(Role.PUBLIC)
    assert (await public.GetGrade(pb.GetGradeRequest(subject_id="subj-1"))).grade.grade
    person = public.GetGrade(pb.GetGradeRequest(subject_id="subj-3"))
    assert (await refused(person)).code is grpc.StatusCode.NOT_FOUND
    past = public.GetGrade(pb.GetGradeRequest(subject_id="subj-1", on="2026-09-15"))
    assert (await refused(past)).code is grpc.StatusCode.PERMISSION_DENIED
    receipt = pb.GetReceiptRequest(receipt_id=(await graded.current()).receipt_id)
    assert (await refused(public.GetReceipt(receipt))).code is grpc.StatusCode.PERMISSION_DENIED


async def test_grades_in_force_are_listed_of_those_whom_the_caller_may_see(
    graded: Platform, sign_in: As
) -> None:
    asked = pb.ListGradesInForceRequest(subject_ids=["subj-3", "subj-1", "nobody"])
    public = (await sign_in(Role.PUBLIC).ListGradesInForce(asked)).grades
    assert [grade.subject_id for grade in public] == ["subj-1"]
    one = await sign_in(Role.PUBLIC).GetGrade(pb.GetGradeRequest(subject_id="subj-1"))
    assert public[0] == one.grade
    reviewer = sign_in(Role.MUNICIPAL_REVIEWER, bureau="000000")
    everybody = (await reviewer.ListGradesInForce(asked)).grades
    assert [grade.subject_id for grade in everybody] == ["subj-1", "subj-3"]
    too_many = pb.ListGradesInForceRequest(subject_ids=["s"] * 1001)
    call = sign_in(Role.PUBLIC).ListGradesInForce(too_many)
    assert (await refused(call)).code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_record_is_graded_when_the_grade_includes_its_version(
    graded: Platform, sign_in: As
) -> None:
    staff = sign_in(Role.CASEWORKER, bureau="000000")

    async def graded_with(version: int) -> pb.GetRecordGradedResponse:
        request = pb.GetRecordGradedRequest(record_id="rec-1", version=version)
        return await staff.GetRecordGraded(request)

    assert (await graded_with(1)).grade.grade_id == (await graded.current()).grade_id
    assert not (await graded_with(2)).graded
    await graded.tell_records(penalty(version=2, summary="未改变证据"))
    assert (await graded_with(2)).graded
