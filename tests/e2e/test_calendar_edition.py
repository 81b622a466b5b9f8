"""An administrator loads the holidays of 2027, another applies them, and every open term moves."""

from __future__ import annotations

from datetime import UTC, date

import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp

from law.periods import start_of
from plumbing.client import Refusal, ask, new_request_id
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.calendar.v1 import calendar_pb2 as terms
from protos.identity.v1 import identity_pb2 as identity
from protos.objection.v1 import objection_pb2 as objection
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import calendars_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.demo import cast
from services.cli.demo.cast import Part
from tests.e2e.running_platform import RunningPlatform, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

CROSSING = date(2026, 12, 28)
DOCUMENT = "国办发明电〔2026〕99号"  # no real notice
FILE = f"""年份,2027
文号,{DOCUMENT}
标题,国务院办公厅关于2027年部分节假日安排的通知
公布日期,2026-11-10
SHA-256,{"ab" * 32}
放假,2027-01-01..2027-01-04
上班,2027-01-09
""".encode()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def second(platform: RunningPlatform) -> Client:
    """Another administrator."""
    part = Part("test.second", "测试第二管理员", "administrator", "000000")
    return await cast.engage(
        platform.machine.settings, platform.administrator, part, platform.exits
    )


async def load(client: Client, content: bytes = FILE) -> pb.CalendarEdition:
    request = pb.LoadCalendarEditionRequest(request_id=new_request_id(), content=content)
    return (await ask(client.calendar.LoadCalendarEdition(request))).edition


async def advance_to(platform: RunningPlatform, day: date) -> None:
    moment = Timestamp()
    moment.FromDatetime(start_of(day, 10).astimezone(UTC).replace(tzinfo=None))
    request = registry.AdvanceClockRequest(request_id=new_request_id(), to=moment)
    await ask(platform.administrator.clock.AdvanceClock(request))


async def moved_terms(client: Client, edition: pb.CalendarEdition) -> list[terms.MovedTerm]:
    request = terms.ListMovedTermsRequest(arrangement=edition.arrangement)
    answers = [await ask(stub.ListMovedTerms(request)) for stub in client.moved_terms]
    return [term for answer in answers for term in answer.terms]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ((b"2027-01-01..2027-01-04", b"2028-01-01"), "days_off"),
        ((b"SHA-256", b"amends"), "sha256"),
        (("文号".encode(), "说明".encode()), "说明"),
        ((b"2027-01-09", b"2027-01-12"), "make_up"),
        ((b"2026-11-10", b"2025-11-04"), "published_on"),
        ((b"2027-01-01..2027-01-04", b"2027-02-30"), "days_off"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_refused_with_its_field(
    platform: RunningPlatform, change: tuple[bytes, bytes], field: str
) -> None:
    await _after(platform, date(2026, 11, 20))
    with pytest.raises(Refusal) as refused:
        await load(platform.administrator, FILE.replace(*change))
    assert field in {name for name, _, _ in refused.value.faults}
    assert all(zh and en for _, zh, en in refused.value.faults)


async def test_days_that_contradict_the_edition_of_the_release_are_refused(
    platform: RunningPlatform,
) -> None:
    await _after(platform, date(2026, 11, 20))
    # As a second notice of 2026, whose National Day is a holiday in the release.
    content = FILE.replace(b"2027", b"2026").replace(b"2026-01-09", b"2026-10-01")
    with pytest.raises(Refusal) as refused:
        await load(platform.administrator, content)
    told = {(name, zh) for name, zh, _ in refused.value.faults}
    assert ("make_up", "与现行日历相反：2026-10-01") in told


async def _after(platform: RunningPlatform, day: date) -> None:
    if await platform.today() < day:
        await advance_to(platform, day)


async def test_the_holidays_of_2027_move_the_terms_that_cross_the_new_year(
    platform: RunningPlatform, second: Client
) -> None:
    await advance_to(platform, CROSSING)
    record = await platform.enter_penalty()
    case = await platform.accepted_case(record)
    assert (case.term.target_on, case.term.provisional) == ("2027-01-04", True)
    edition = await load(platform.administrator)
    assert edition.state == "loaded"
    [moved] = [
        term
        for term in await moved_terms(second, edition)
        if (term.kind, term.object_id) == ("objection", case.case_id)
    ]
    assert (moved.old_on, moved.was_provisional) == ("2027-01-04", True)
    assert (moved.new_on, moved.is_provisional) == ("2027-01-06", False)
    request = pb.ApplyCalendarEditionRequest(
        request_id=new_request_id(), edition_id=edition.edition_id
    )
    with pytest.raises(Refusal):  # nobody applies what they have loaded
        await ask(platform.administrator.calendar.ApplyCalendarEdition(request))
    assert (await platform.case(case.case_id)).case.term.target_on == "2027-01-04"
    applied = (await ask(second.calendar.ApplyCalendarEdition(request))).edition
    assert (applied.state, applied.arrangement.document) == ("applied", DOCUMENT)

    async def new_day() -> objection.GetCaseResponse | None:
        answer = await platform.case(case.case_id)
        steps = [step.step for step in answer.steps]
        return answer if "calendar" in steps else None

    answer = await until(new_day)
    assert (answer.case.term.target_on, answer.case.term.provisional) == ("2027-01-06", False)
    [step] = [step for step in answer.steps if step.step == "calendar"]
    assert DOCUMENT in step.note

    async def told() -> alerts.Notice | None:
        asked = alerts.ListNoticesRequest(page_size=1000)
        notices = (await ask(platform.clients["operator"].alerts.ListNotices(asked))).notices
        found = [one for one in notices if "届满日有变动" in one.title and case.number in one.title]
        return found[0] if found else None

    notice = await until(told)
    assert "2027-01-06" in notice.body


async def test_every_service_agrees_about_the_edition_and_check_finds_nothing_old(
    platform: RunningPlatform,
) -> None:
    responses = {
        name: await ask(stub.Check(operations.CheckRequest()))
        for name, stub in platform.administrator.operations.items()
    }
    held = {
        name: {digest.digest for digest in answer.digests if digest.topic == "calendar"}
        for name, answer in responses.items()
    }
    assert held["registry"] == held["objection"] == held["alerts"] != set()
    problems = [problem.name for answer in responses.values() for problem in answer.problems]
    assert not [name for name in problems if name.startswith(("case.", "escalation."))]


async def test_the_audit_names_the_edition_and_who_applied_it(
    platform: RunningPlatform, second: Client
) -> None:
    request = operations.ListAuditRequest(page_size=1000, action="apply_calendar")
    answer = await ask(platform.administrator.operations["registry"].ListAudit(request))
    [entry] = answer.entries
    assert DOCUMENT in entry.ground
    me = (await ask(second.identity.GetCaller(identity.GetCallerRequest()))).account
    assert entry.actor == me.account_id
