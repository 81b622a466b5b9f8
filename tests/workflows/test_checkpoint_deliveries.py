"""The checkpoints of a day really leave the platform: as a mail, and as a webhook."""

from __future__ import annotations

import email
import email.policy
import json
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from plumbing.audit import Sealer
from plumbing.checkpoints.making import Checkpoints
from plumbing.checkpoints.signed_note import Signer, open_checkpoint
from plumbing.clock import FixedClock
from plumbing.identity import service_caller
from plumbing.settings import Settings
from plumbing.workflow_client import WorkflowClient
from services.alerts.notices.checkpoint_notices import CheckpointNotices
from services.alerts.standing import StandingWorkflows
from services.alerts.tables import NoticeState
from services.alerts.timers import Timers
from services.alerts.webhooks.sending import signature
from tests.postgres import Databases
from tests.unit.services.alerts.test_webhook import SECRET, Receiver, running
from tests.workflows.test_delivery_workflow import AT, DeliveryWorker, MailServer, running_worker

SIGNER = Signer("quanheng/alerts", bytes(range(32)))
KEEPER = "keeper@elsewhere.example"


@pytest.fixture
async def worker(
    tmp_path: Path, databases: Databases, temporal_client: Client
) -> AsyncIterator[DeliveryWorker]:
    """The database of alerts with one checkpoint of its chain; nothing delivers yet."""
    database = await databases.migrated(tmp_path, "alerts")
    worker = DeliveryWorker(database, temporal_client, f"test-{uuid.uuid4()}")
    async with worker.changes.change(service_caller("alerts")) as change:
        change.audit("test", "thing/1")
    await Sealer(database).seal()
    made = await Checkpoints("alerts", database, FixedClock(AT), lambda: SIGNER).make()
    assert made is not None
    yield worker
    await database.close()


async def test_the_daily_mail_reaches_its_mailbox_and_proves_the_chain(
    worker: DeliveryWorker,
) -> None:
    daily = CheckpointNotices(worker.changes, mail=KEEPER)
    [notice] = await daily.issue()
    assert await daily.issue() == []  # once a day
    server = MailServer()
    server.start()
    try:
        settings = Settings(smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from="q@a.example")
        async with running_worker(worker, settings):
            assert (await worker.deliver(notice.notice_id)).state is NoticeState.DELIVERED
    finally:
        server.stop()
    [mail] = [email.message_from_bytes(one, policy=email.policy.default) for one in server.mails]
    assert mail["To"] == KEEPER
    text, _html = mail.iter_parts()
    lines = text.get_content().splitlines(keepends=True)
    note = "".join(lines[lines.index("quanheng/alerts\n") :][:5])
    assert open_checkpoint(note, SIGNER.public_key).size == 1

    tomorrow = FixedClock(AT + timedelta(days=1))
    worker.changes.clock = tomorrow
    assert len(await daily.issue()) == 1


async def test_the_daily_webhook_is_signed_and_needs_no_mail_server(
    worker: DeliveryWorker,
) -> None:
    receiver = Receiver()
    async with running(receiver):
        url = f"http://127.0.0.1:{receiver.port}/checkpoints"
        [notice] = await CheckpointNotices(worker.changes, webhook=url).issue()
        timers = Timers(WorkflowClient(worker.client, worker.queue), FixedClock(AT))
        standing = StandingWorkflows(worker.database, FixedClock(AT), timers, sends_mail=False)
        assert list(await standing.deliverable_notices()) == [notice.notice_id]
        settings = Settings(
            smtp_url="", checkpoint_webhook_secret=SECRET, checkpoint_webhook_private=True
        )
        async with running_worker(worker, settings):
            assert (await worker.deliver(notice.notice_id)).state is NoticeState.DELIVERED
    [(headers, body)] = receiver.requests
    at = int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == signature(SECRET, notice.notice_id, at, body)
    message = json.loads(body)
    assert (message["type"], message["data"]["day"]) == ("audit.checkpoints", "2026-09-14")
    [note] = message["data"]["checkpoints"]
    assert open_checkpoint(note, SIGNER.public_key).size == 1


async def test_a_webhook_into_the_inner_network_fails_at_once_and_is_seen(
    worker: DeliveryWorker,
) -> None:
    receiver = Receiver()
    async with running(receiver):
        url = f"http://127.0.0.1:{receiver.port}/checkpoints"
        [notice] = await CheckpointNotices(worker.changes, webhook=url).issue()
        async with running_worker(worker, Settings(checkpoint_webhook_secret=SECRET)):
            failed = await worker.deliver(notice.notice_id)
    assert (failed.state, receiver.requests) == (NoticeState.FAILED, [])
    assert "not a public address" in failed.error
