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
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client
from temporalio.worker import Worker

from law.errors import NotPermitted, WrongState
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.settings import Settings
from plumbing.workflow_client import WorkflowClient
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.__main__ import DELIVERIES_AT_ONCE
from services.alerts.activities import Activities
from services.alerts.clients import Clients
from services.alerts.notices.attempts import receipts_of
from services.alerts.notices.lanes import Lanes
from services.alerts.notices.retries import retry_delivery
from services.alerts.notices.waiting import Waiting
from services.alerts.tables import Notice, NoticeKind, NoticeState, Subject
from services.alerts.timers import Timers, delivery_id
from services.alerts.workflows import DeliveryInput, DeliveryWorkflow, mail_queue
from tests.integration.events.support import eventually
from tests.mail_sink import Sink, sink
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases

AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)
HANGING = 150  # more than the usual number of activities at one time
QUICK = {"first_seconds": 0.1, "longest_seconds": 0.2}
CASEWORKER = Caller("account/case", "办案人员", frozenset({Role.CASEWORKER}), "330106")


class LinksKnown:
    """Stands in for the registry, of which alerts asks the secret part of a link."""

    async def mailed_token(self, link_id: str) -> str:
        return f"{link_id}.secret"


class MailServer:
    """A mail server that keeps every mail; `reply` is its reply to each."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.reply = "250 Kept"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._controller: Controller | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.reply

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.reply.startswith("250"):
            self.mails.append(envelope.original_content or b"")
        return self.reply

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server that is not started yet."""
    mail_server = MailServer()
    yield mail_server
    mail_server.stop()


class DeliveryWorker:
    """The notices in a database, and a task queue with a worker that delivers them."""

    def __init__(self, database: Database, client: Client, queue: str) -> None:
        self.database, self.client, self.queue = database, client, queue
        self.changes = Changes(database, FixedClock(AT))

    async def notice(self, **fields: Any) -> str:
        notice_id = str(uuid.uuid4())
        defaults = {
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
            session.add(Notice(**{**defaults, **fields}))
        return notice_id

    async def start(self, notice_id: str, **patience: float) -> None:
        await self.client.start_workflow(
            DeliveryWorkflow.run,
            DeliveryInput.model_validate({"notice_id": notice_id, **QUICK, **patience}),
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

    def has(self, notice_id: str, **fields: Any) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            notice = await self.read(notice_id)
            return all(getattr(notice, name) == value for name, value in fields.items())

        return holds


@pytest.fixture
async def worker(
    tmp_path: Path, databases: Databases, temporal_client: Client, mail_server: MailServer
) -> AsyncIterator[DeliveryWorker]:
    """The database of alerts and a worker on a task queue of its own."""
    database = await databases.migrated(tmp_path, "alerts")
    worker = DeliveryWorker(database, temporal_client, f"test-{uuid.uuid4()}")
    url = f"smtp://127.0.0.1:{mail_server.port}"
    settings = Settings(smtp_url=url, mail_from="quanheng@test.example")
    async with running_worker(worker, settings):
        yield worker
    await database.close()


@asynccontextmanager
async def running_worker(
    worker: DeliveryWorker, settings: Settings, lanes: Lanes | None = None
) -> AsyncIterator[None]:
    activities = Activities(worker.changes, settings, cast("Clients", LinksKnown()), lanes)
    async with Worker(
        worker.client,
        task_queue=worker.queue,
        workflows=[DeliveryWorkflow],
        activities=[activities.give_up],
        workflow_failure_exception_types=[Exception],
    ):
        mail = mail_queue(worker.queue)
        async with Worker(
            worker.client,
            task_queue=mail,
            activities=[activities.deliver],
            max_concurrent_activities=DELIVERIES_AT_ONCE,
        ):
            yield


async def test_a_mail_has_the_text_and_the_id_of_its_notice(
    worker: DeliveryWorker, mail_server: MailServer
) -> None:
    mail_server.start()
    notice = await worker.deliver(await worker.notice())
    assert (notice.state, notice.attempts) == (NoticeState.DELIVERED, 1)
    [mail] = [email.message_from_bytes(m, policy=email.policy.default) for m in mail_server.mails]
    assert mail["Subject"] == "异议处理结果告知"
    assert mail["X-Notice-Id"] == notice.notice_id
    assert mail["Message-ID"] == f"<{notice.notice_id}@test.example>"
    text, html = mail.iter_parts()
    assert text.get_content().splitlines()[1] == "贵单位的异议已处理。"
    assert "<p>贵单位的异议已处理。</p>" in html.get_content()


async def test_a_mail_server_that_was_away_gets_the_notice_later(
    worker: DeliveryWorker, mail_server: MailServer
) -> None:
    notice_id = await worker.notice()
    await worker.start(notice_id)
    await eventually(worker.has(notice_id, attempts=2))
    assert (await worker.read(notice_id)).error
    mail_server.start()
    await eventually(worker.has(notice_id, state=NoticeState.DELIVERED, error=""))
    assert len(mail_server.mails) == 1


async def test_without_a_mail_server_a_notice_waits_and_is_sent_once_when_there_is_one(
    worker: DeliveryWorker, mail_server: MailServer
) -> None:
    mail_server.start()
    unset = DeliveryWorker(worker.database, worker.client, f"test-{uuid.uuid4()}")
    async with running_worker(unset, Settings(smtp_url="", mail_from="quanheng@test.example")):
        waiting = await unset.deliver(await worker.notice())
    assert (waiting.state, waiting.attempts, mail_server.mails) == (NoticeState.PENDING, 0, [])
    timers = Timers(WorkflowClient(worker.client, worker.queue), FixedClock(AT))
    url = f"smtp://127.0.0.1:{mail_server.port}"
    for _ in range(2):  # as at two starts of the service
        await Waiting(worker.database, timers, url).deliver()
    await eventually(worker.has(waiting.notice_id, state=NoticeState.DELIVERED))
    await worker.client.get_workflow_handle(delivery_id(waiting.notice_id)).result()
    assert len(mail_server.mails) == 1


async def test_a_refused_address_fails_at_once_and_can_be_corrected(
    worker: DeliveryWorker, mail_server: MailServer
) -> None:
    mail_server.start()
    mail_server.reply = "550 No such mailbox"
    notice_id = await worker.notice()
    failed = await worker.deliver(notice_id)
    assert (failed.state, failed.attempts) == (NoticeState.FAILED, 1)
    assert "550" in failed.error
    mail_server.reply = "250 Kept"
    await correct_address(worker, "new@test.example")
    request = pb.RetryDeliveryRequest(request_id=str(uuid.uuid4()), notice_id=notice_id)
    answer = await worker.changes.once(
        CASEWORKER, request, retry_delivery, pb.RetryDeliveryResponse
    )
    assert (answer.notice.state, answer.notice.address) == ("pending", "new@test.example")
    assert (await worker.deliver(notice_id)).state is NoticeState.DELIVERED


async def correct_address(worker: DeliveryWorker, address: str) -> None:
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
    async with worker.database.transaction() as session:
        session.add(subject)


async def test_a_delivery_is_given_up_after_its_time(
    worker: DeliveryWorker, mail_server: MailServer
) -> None:
    notice = await worker.deliver(await worker.notice(), patience_seconds=5.0)
    assert notice.state is NoticeState.FAILED
    assert notice.attempts >= 2


async def test_a_retry_is_refused_unless_the_delivery_failed(worker: DeliveryWorker) -> None:
    elsewhere = await worker.notice(state=NoticeState.FAILED, bureau="120101")
    pending = await worker.notice()
    without_address = await worker.notice(state=NoticeState.NO_ADDRESS, address="")
    for notice_id, error in ((elsewhere, NotPermitted), (pending, WrongState)):
        with pytest.raises(error):
            await retry(worker, notice_id)
    await correct_address(worker, "")
    with pytest.raises(WrongState):
        await retry(worker, without_address)


async def retry(worker: DeliveryWorker, notice_id: str) -> None:
    request = pb.RetryDeliveryRequest(request_id=str(uuid.uuid4()), notice_id=notice_id)
    async with worker.changes.change(CASEWORKER) as change:
        await retry_delivery(change, request)


async def test_addresses_that_hang_hold_back_no_others(
    worker: DeliveryWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine may need a minute to start all; until then the first ones have to hang.
    monkeypatch.setattr("services.alerts.notices.mail.STEP_SECONDS", PATIENCE_SECONDS)

    def hangs(line: str) -> bool:
        return line.upper().startswith("RCPT") and "hangs.example" in line

    async with sink(hangs=hangs) as server:
        beside = DeliveryWorker(worker.database, worker.client, f"test-{uuid.uuid4()}")
        settings = Settings(smtp_url=server.url, mail_from="quanheng@test.example")
        async with running_worker(beside, settings, Lanes(at_once=10, hangs_after=0.1)):
            hanging = [
                await beside.notice(address=f"unit{n}@hangs.example") for n in range(HANGING)
            ]
            for notice_id in hanging:
                await beside.start(notice_id)
            await eventually(lambda: _as_many(server, HANGING))  # more than are sent at one time
            # Each to an address of its own: one that a busy machine was slow with would hang too.
            others = [f"unit{n}@answers.example" for n in range(4)]
            good = [await beside.deliver(await beside.notice(address=one)) for one in others[1:]]
            assert [notice.state for notice in good] == [NoticeState.DELIVERED] * 3
            assert server.hanging == HANGING
            await server.end()  # as when their minute is over: they are tried again, ten at a time
            await eventually(lambda: _as_many(server, 10))
            last = await beside.deliver(await beside.notice(address=others[0]))
            assert last.state is NoticeState.DELIVERED
            assert server.hanging == 10
            await server.end()


async def test_a_connection_that_drops_before_the_reply_brings_a_copy_under_the_same_id(
    worker: DeliveryWorker,
) -> None:
    # The window that SMTP leaves: nobody knows whether the server kept what it did not answer.
    async with sink({".": "250 2.0.0 queued as TEST-7"}) as server:
        server.drops = 1
        beside = DeliveryWorker(worker.database, worker.client, f"test-{uuid.uuid4()}")
        settings = Settings(smtp_url=server.url, mail_from="quanheng@test.example")
        async with running_worker(beside, settings):
            notice = await beside.deliver(await beside.notice())
    assert (notice.state, notice.attempts) == (NoticeState.DELIVERED, 2)
    first, copy = server.kept
    assert first["Message-ID"] == copy["Message-ID"] == f"<{notice.notice_id}@test.example>"
    async with worker.database.snapshot() as session:
        dropped, taken = (await receipts_of(session, [notice.notice_id]))[notice.notice_id]
    assert (dropped.accepted, taken.accepted) == (False, True)
    assert dropped.answer
    assert "queued as TEST-7" in taken.answer


async def _as_many(server: Sink, hanging: int) -> bool:
    return server.hanging >= hanging


async def test_a_delivered_notice_is_not_sent_again(
    worker: DeliveryWorker, mail_server: MailServer
) -> None:
    mail_server.start()
    timers = Timers(WorkflowClient(worker.client, worker.queue), FixedClock(AT))
    notice_id = await worker.notice()
    for _ in range(3):
        await timers.deliver(notice_id)
        await worker.client.get_workflow_handle(delivery_id(notice_id)).result()
    assert len(mail_server.mails) == 1
