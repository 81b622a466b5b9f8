"""Decisions are carried out whichever process is killed meanwhile, and nothing is done twice."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, timedelta
from uuid import uuid4

import pytest

from law.periods import add_months, start_of
from plumbing.client import ask, new_request_id
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.operations.v1 import operations_pb2 as operations
from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.platform import reconcile_all
from services.cli.demo import mail
from services.cli.health import agreement
from tests.e2e.running_platform import RunningPlatform, until
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def actions(platform: RunningPlatform, record_id: str) -> list[str]:
    """The actions on a record in the audit of the registry."""
    stub = platform.administrator.operations["registry"]
    request = operations.ListAuditRequest(object=f"record/{record_id}")
    return [entry.action for entry in (await ask(stub.ListAudit(request))).entries]


async def marked(platform: RunningPlatform, record: registry.Record) -> bool:
    return (await platform.record(record.record_id)).contested


async def delivered(platform: RunningPlatform, number: str) -> alerts.Notice | None:
    request = alerts.ListNoticesRequest(subject_id=platform.subject.subject_id, page_size=1000)
    answer = await ask(platform.clients["caseworker"].alerts.ListNotices(request))
    letters = [n for n in answer.notices if n.kind == "letter" and number in n.title + n.body]
    assert len(letters) <= 1, "one letter per decision"
    return next((letter for letter in letters if letter.state == "delivered"), None)


@pytest.mark.parametrize(
    ("victims", "after_seconds"),
    [
        pytest.param(("registry", "objection"), 0.0, id="registry+objection"),
        pytest.param(
            ("nats", "temporal", "grading"), 0.2, id="nats+temporal+grading", marks=pytest.mark.long
        ),
        pytest.param((), 0.05, id="everything", marks=pytest.mark.long),
    ],
)
async def test_a_granted_objection_is_carried_out_once_through_a_crash(
    platform: RunningPlatform, victims: tuple[str, ...], after_seconds: float
) -> None:
    record = await platform.enter_penalty()
    assert (await platform.grade_after(record)).grade == "E"
    case = await platform.accepted_case(record)
    await platform.grant(case)
    await asyncio.sleep(after_seconds)  # not waiting for anything: the moment of the crash
    await platform.machine.kill(*(victims or platform.machine.processes))
    await platform.machine.wait_ready(PATIENCE_SECONDS)
    closed = await platform.closed(case.case_id)
    present = await platform.record(record.record_id)
    assert (present.status, present.contested) == ("withdrawn", False)
    assert (closed.case.grade_before, closed.case.grade_after) == ("E", "B")
    assert (await actions(platform, record.record_id)).count("withdraw_record") == 1
    assert len(closed.letters) == 1
    await until(lambda: delivered(platform, closed.case.number))


@asynccontextmanager
async def kept_down(platform: RunningPlatform, *names: str) -> AsyncIterator[None]:
    """Processes that are killed, and killed again as often as they are started again."""

    async def keep() -> None:
        while True:
            await platform.machine.kill(*names)
            await asyncio.sleep(0.05)

    await platform.machine.kill(*names)
    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def verified(platform: RunningPlatform, until: date) -> str:
    """The id of an instrument in use whose verification is valid until a day."""
    client = platform.clients["caseworker"].registry
    subject = platform.subject.subject_id
    new = registry.Instrument(subject_id=subject, type_code="FUEL", serial_no=uuid4().hex[:12])
    put = registry.PutInstrumentRequest(request_id=new_request_id(), instrument=new)
    filed = (await ask(client.PutInstrument(put))).instrument
    passed = registry.Verification(
        instrument_id=filed.instrument_id,
        result="pass",
        verified_on=(add_months(until, -6) + timedelta(days=1)).isoformat(),
        valid_until=until.isoformat(),
        institution="测试检定院",
        certificate_no=uuid4().hex[:12],
    )
    request = registry.RecordVerificationRequest(request_id=new_request_id(), verification=passed)
    await ask(client.RecordVerification(request))
    return filed.instrument_id


async def raised(platform: RunningPlatform) -> Counter[tuple[str, str, str]]:
    """How often each instrument of the subject had an alert of a colour, with the day of it."""
    request = alerts.ListAlertsRequest(subject_id=platform.subject.subject_id, page_size=1000)
    found = (await ask(platform.clients["caseworker"].alerts.ListAlerts(request))).alerts
    return Counter((one.instrument_id, one.colour, one.due_on) for one in found)


async def digests(platform: RunningPlatform) -> list[alerts.Notice]:
    request = alerts.ListNoticesRequest(subject_id=platform.subject.subject_id, page_size=1000)
    answer = await ask(platform.clients["caseworker"].alerts.ListNotices(request))
    return [one for one in answer.notices if one.kind == "digest"]


async def advance_to(platform: RunningPlatform, day: date) -> None:
    request = registry.AdvanceClockRequest(request_id=new_request_id())
    request.to.FromDatetime(start_of(day, 10).astimezone(UTC))
    await ask(platform.administrator.clock.AdvanceClock(request))


async def test_a_threshold_day_without_nats_and_temporal_is_told_once_afterwards(
    platform: RunningPlatform,
) -> None:
    """Three instruments reach a colour on a day that passes while both engines are down."""
    day = await platform.today() + timedelta(days=1)
    green, yellow, red = [
        (await verified(platform, last), last)
        for last in (add_months(day, 2), add_months(day, 1), day - timedelta(days=1))
    ]
    earlier = Counter(
        (one, colour, add_months(last, -months).isoformat())
        for (one, last), colour, months in (
            (yellow, "green", 2),
            (red, "green", 2),
            (red, "yellow", 1),
        )
    )

    async def has(expected: Counter[tuple[str, str, str]]) -> bool | None:
        return True if await raised(platform) == expected else None

    await until(lambda: has(earlier))
    async with kept_down(platform, "nats", "temporal"):
        await advance_to(platform, day)
        assert await platform.today() == day
        assert await raised(platform) == earlier  # nobody has looked at the day
        assert await digests(platform) == []
    await platform.machine.wait_ready(PATIENCE_SECONDS)
    on_the_day = ((green[0], "green"), (yellow[0], "yellow"), (red[0], "red"))
    everything = earlier + Counter((*one, day.isoformat()) for one in on_the_day)
    await until(lambda: has(everything))

    async def told() -> alerts.Notice | None:
        found = [one for one in await digests(platform) if one.state == "delivered"]
        return found[0] if found else None

    digest = await until(told)
    assert [digest.body.count(word) for word in ("【红色", "【黄色", "【绿色")] == [1, 1, 1]
    await advance_to(platform, day + timedelta(days=1))
    agreed = await agreement.check(platform.administrator, PATIENCE_SECONDS)
    assert agreed.holds, agreed.problems
    assert await raised(platform) == everything
    assert [one.notice_id for one in await digests(platform)] == [digest.notice_id]
    arrived = mail.mails(platform.machine.settings.mailbox_dir)
    assert digest.notice_id in {one.notice_id for one in arrived}


async def test_everything_agrees_after_all_that(platform: RunningPlatform) -> None:
    agreed = await agreement.check(platform.administrator, PATIENCE_SECONDS)
    assert agreed.holds, agreed.problems
    assert {"bureaus", "subjects", "records", "contested"} <= set(agreed.compared)


async def test_a_lost_temporal_store_costs_nothing(platform: RunningPlatform) -> None:
    record = await platform.enter_penalty()
    case = await platform.accepted_case(record)
    await until(lambda: marked(platform, record))
    agreed = await agreement.check(platform.administrator, PATIENCE_SECONDS)
    assert agreed.holds, agreed.problems  # and no event is under way
    await platform.machine.stop()
    shutil.rmtree(platform.machine.data_dir / "temporal")
    await platform.machine.start()
    await platform.machine.wait_ready(PATIENCE_SECONDS)
    await platform.find_again()

    async def agrees() -> bool | None:
        checked = await agreement.check(platform.administrator, settle_seconds=1)
        return True if checked.holds else None

    await until(agrees)  # each service starts by itself what Temporal has lost
    answers = await reconcile_all(platform.administrator)
    assert not [workflow for answer in answers.values() for workflow in answer.started]
    term = (await platform.case(case.case_id)).case.term
    assert term == case.term
    await platform.grant(case)
    await platform.closed(case.case_id)
    assert (await agreement.check(platform.administrator, PATIENCE_SECONDS)).holds


async def test_every_mail_is_one_notice(platform: RunningPlatform) -> None:
    arrived = mail.mails(platform.machine.settings.mailbox_dir)
    assert arrived
    assert all(message.notice_id for message in arrived)
