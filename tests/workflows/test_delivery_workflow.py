"""`delivery/<notice>` on a real Temporal server, a real database and a real mail server."""

from __future__ import annotations

import email
import email.policy
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client
from temporalio.worker import Worker

from law.errors import NotPermitted, WrongState
from plumbing import migrations
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.settings import Settings
from plumbing.workflow_client import WorkflowClient
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.activities import Activities
from services.alerts.notices.mail import retry_delivery
from services.alerts.tables import Notice, NoticeKind, NoticeState, Subject
from services.alerts.timers import Timers, delivery_id
from services.alerts.workflows import DeliveryInput, DeliveryWorkflow
from tests.integration.events.support import eventually
from tests.postgres import Databases

AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
QUICK = {"first_seconds": 0.1, "longest_seconds": 0.2}
CASEWORKER = Caller("account/case", "办案人员", frozenset({Role.CASEWORKER}), "330106")


class Sink:
    """A mail server that keeps what it takes; `answer` is what it says."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.answer = "250 Kept"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._controller: Controller | None = None

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            self.mails.append(envelope.original_content or b"")
        return self.answer

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server that is not started yet."""
    sink = Sink()
    yield sink
    sink.stop()


class Office:
    """Notices in a database, and the worker that delivers them."""

    def __init__(self, database: Database, client: Client, queue: str) -> None:
        self.database, self.client, self.queue = database, client, queue
        self.changes = Changes(database, FixedClock(AT))

    async def notice(self, **said: Any) -> str:
        notice_id = str(uuid.uuid4())
        fields = {
            "notice_id": notice_id,
            "key": notice_id,
            "kind": NoticeKind.LETTER,
            "subject_id": "s1",
            "bureau": "330106",
            "address": "unit@test.example",
            "title": "异议处理结果告知",
            "body": "测试单位：\n贵单位的异议已处理。\n",
            "state": NoticeState.PENDING,
            "created_at": AT,
        }
        async with self.database.transaction() as session:
            session.add(Notice(**{**fields, **said}))
        return notice_id

    async def start(self, notice_id: str, **patience: float) -> None:
        await self.client.start_workflow(
            DeliveryWorkflow.run,
            DeliveryInput(notice_id=notice_id, **{**QUICK, **patience}),
            id=delivery_id(notice_id),
            task_queue=self.queue,
        )

    async def deliver(self, notice_id: str, **patience: float) -> Notice:
        await self.start(notice_id, **patience)
        await self.client.get_workflow_handle(delivery_id(notice_id)).result()
        return await self.read(notice_id)

    async def read(self, notice_id: str) -> Notice:
        async with self.database.snapshot() as session:
            return await session.get_one(Notice, notice_id)

    def reads(self, notice_id: str, **said: Any) -> Callable[[], Awaitable[bool]]:
        async def so() -> bool:
            notice = await self.read(notice_id)
            return all(getattr(notice, name) == value for name, value in said.items())

        return so


@pytest.fixture
async def office(
    tmp_path: Path, databases: Databases, temporal_client: Client, sink: Sink
) -> AsyncIterator[Office]:
    """Alerts' database and a worker on a task queue of its own."""
    database = Database(databases.url(tmp_path, "alerts"))
    await migrations.upgrade(database, "alerts")
    office = Office(database, temporal_client, f"test-{uuid.uuid4()}")
    url = f"smtp://127.0.0.1:{sink.port}"
    settings = Settings(smtp_url=url, mail_from="quanheng@test.example")
    async with working(office, settings):
        yield office
    await database.close()


@asynccontextmanager
async def working(office: Office, settings: Settings) -> AsyncIterator[None]:
    activities = Activities(office.changes, settings)
    async with Worker(
        office.client,
        task_queue=office.queue,
        workflows=[DeliveryWorkflow],
        activities=[activities.deliver, activities.give_up],
        workflow_failure_exception_types=[Exception],
    ):
        yield


async def test_a_notice_arrives_readable_with_its_own_id(office: Office, sink: Sink) -> None:
    sink.start()
    notice = await office.deliver(await office.notice())
    assert (notice.state, notice.attempts) == (NoticeState.DELIVERED, 1)
    [mail] = [email.message_from_bytes(m, policy=email.policy.default) for m in sink.mails]
    assert mail["Subject"] == "异议处理结果告知"
    assert mail["X-Notice-Id"] == notice.notice_id
    assert mail["Message-ID"] == f"<{notice.notice_id}@test.example>"
    assert mail.get_content().splitlines()[1] == "贵单位的异议已处理。"


async def test_a_mail_server_that_comes_back_gets_the_notice(office: Office, sink: Sink) -> None:
    notice_id = await office.notice()
    await office.start(notice_id)
    await eventually(office.reads(notice_id, attempts=2))
    assert (await office.read(notice_id)).error
    sink.start()
    await eventually(office.reads(notice_id, state=NoticeState.DELIVERED, error=""))
    assert len(sink.mails) == 1


async def test_a_refused_address_fails_at_once_and_can_be_corrected(
    office: Office, sink: Sink
) -> None:
    sink.start()
    sink.answer = "550 No such mailbox"
    notice_id = await office.notice()
    refused = await office.deliver(notice_id)
    assert (refused.state, refused.attempts) == (NoticeState.FAILED, 1)
    assert "550" in refused.error
    sink.answer = "250 Kept"
    await correct_address(office, "new@test.example")
    request = pb.RetryDeliveryRequest(request_id=str(uuid.uuid4()), notice_id=notice_id)
    answer = await office.changes.once(
        CASEWORKER, request, retry_delivery, pb.RetryDeliveryResponse
    )
    assert (answer.notice.state, answer.notice.address) == ("pending", "new@test.example")
    assert (await office.deliver(notice_id)).state is NoticeState.DELIVERED


async def correct_address(office: Office, address: str) -> None:
    subject = Subject(
        subject_id="s1",
        bureau="330106",
        name="测试单位",
        kind="organisation",
        email=address,
        in_review=False,
        removed=False,
        version=1,
    )
    async with office.database.transaction() as session:
        session.add(subject)


async def test_patience_ends(office: Office, sink: Sink) -> None:
    notice = await office.deliver(await office.notice(), patience_seconds=5.0)
    assert notice.state is NoticeState.FAILED
    assert notice.attempts >= 2


async def test_a_retry_is_refused_where_it_makes_no_sense(office: Office) -> None:
    elsewhere = await office.notice(state=NoticeState.FAILED, bureau="120101")
    pending, nowhere = (
        await office.notice(),
        await office.notice(state=NoticeState.NO_ADDRESS, address=""),
    )
    for notice_id, error in ((elsewhere, NotPermitted), (pending, WrongState)):
        with pytest.raises(error):
            await retried(office, notice_id)
    await correct_address(office, "")
    with pytest.raises(WrongState):
        await retried(office, nowhere)


async def retried(office: Office, notice_id: str) -> None:
    request = pb.RetryDeliveryRequest(request_id=str(uuid.uuid4()), notice_id=notice_id)
    async with office.changes.change(CASEWORKER) as change:
        await retry_delivery(change, request)


async def test_what_was_delivered_is_not_sent_again(office: Office, sink: Sink) -> None:
    sink.start()
    started = Timers(WorkflowClient(office.client, office.queue), FixedClock(AT))
    notice_id = await office.notice()
    for _ in range(3):
        await started.deliver(notice_id)
        await office.client.get_workflow_handle(delivery_id(notice_id)).result()
    assert len(sink.mails) == 1
