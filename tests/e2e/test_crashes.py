"""Decisions are carried out whichever process is killed meanwhile, and nothing is done twice."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from plumbing.client import ask
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
