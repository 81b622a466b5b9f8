"""Messages to webhooks on a real Temporal, to programs that refuse, hang, drop and accept."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.worker import Worker

from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.settings import Settings
from services.alerts.notices.lanes import Lanes
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.tables import Notice, NoticeKind, Subject
from services.alerts.timers import message_input, message_workflow_id
from services.alerts.webhooks.activities import MessageActivities
from services.alerts.webhooks.outcomes import DISABLED_AFTER
from services.alerts.webhooks.sending import signature
from services.alerts.webhooks.tables import (
    Disabled,
    MessageState,
    Webhook,
    WebhookAttempt,
    WebhookMessage,
)
from services.alerts.workflows import DeliveryWorkflow, mail_queue
from tests.integration.events.support import eventually
from tests.postgres import Databases
from tests.unit.services.alerts.test_webhook import SECRET, Receiver, running
from tests.workflows.test_delivery_workflow import AT

QUICK = {"first_seconds": 0.1, "longest_seconds": 0.2}


class Hooks:
    """The webhooks of a subject in a database, and a task queue with a worker that delivers."""

    def __init__(self, database: Database, client: Client, keys: Path) -> None:
        self.database, self.client, self.queue = database, client, f"test-{uuid.uuid4()}"
        self.clock = FixedClock(AT)
        self.changes = Changes(database, self.clock)
        self.secrets, self.keys = SealedSecrets(keys), keys

    async def message(self, url: str, failing_since: datetime | None = None) -> str:
        """A webhook with a message that waits; returns the id of the message."""
        webhook_id, message_id = uuid.uuid4().hex, f"msg_{uuid.uuid4().hex}"
        webhook = Webhook(
            webhook_id=webhook_id,
            subject_id="s1",
            bureau="330106",
            url=url,
            kinds=[],
            sealed_secret=self.secrets.seal(webhook_id, SECRET),
            secret_set_at=AT,
            failing_since=failing_since,
            added_by="account/op",
            added_at=AT,
        )
        message = WebhookMessage(
            message_id=message_id,
            webhook_id=webhook_id,
            notice_id="n1",
            type="notice.digest",
            data={"notice_id": "n1", "title": "到期提醒"},
            path="/messages/n1",
            state=MessageState.PENDING,
            created_at=AT,
        )
        async with self.database.transaction() as session:
            session.add_all([webhook, message])
        return message_id

    async def deliver(self, message_id: str, **patience: float) -> WebhookMessage:
        start = message_input(message_id).model_copy(update={**QUICK, **patience})
        id_ = message_workflow_id(message_id)
        await self.client.execute_workflow(
            DeliveryWorkflow.run, start, id=id_, task_queue=self.queue
        )
        async with self.database.snapshot() as session:
            return await session.get_one(WebhookMessage, message_id)

    async def receipts(self, message_id: str) -> list[tuple[int, int, str]]:
        async with self.database.snapshot() as session:
            rows = await session.exec(
                select(WebhookAttempt)
                .where(col(WebhookAttempt.message_id) == message_id)
                .order_by(col(WebhookAttempt.number))
            )
            return [(row.number, row.status, row.error) for row in rows]

    async def webhook(self, message: WebhookMessage) -> Webhook:
        async with self.database.snapshot() as session:
            return await session.get_one(Webhook, message.webhook_id)

    async def told(self) -> list[str]:
        """The titles of the notices that a channel was switched off."""
        async with self.database.snapshot() as session:
            rows = select(Notice.title).where(col(Notice.kind) == NoticeKind.CHANNEL)
            return list(await session.exec(rows))


@pytest.fixture
async def hooks(
    tmp_path: Path, databases: Databases, temporal_client: Client
) -> AsyncIterator[Hooks]:
    """The database of alerts with a subject, and a worker that may send to this machine."""
    database = await databases.migrated(tmp_path, "alerts")
    hooks = Hooks(database, temporal_client, tmp_path / "keys")
    subject: dict[str, Any] = {"in_review": False, "removed": False, "version": 1}
    async with database.transaction() as session:
        session.add(
            Subject(
                subject_id="s1",
                bureau="330106",
                name="测试单位",
                kind="organisation",
                email="unit@test.example",
                **subject,
            )
        )
    async with worker(hooks, private=True):
        yield hooks
    await database.close()


@asynccontextmanager
async def worker(hooks: Hooks, *, private: bool) -> AsyncIterator[None]:
    settings = Settings(
        keys_dir=hooks.keys, webhook_private=private, portal_url="https://portal.test.example"
    )
    activities = MessageActivities(hooks.changes, settings, Lanes(hangs_after=0.1))
    async with Worker(
        hooks.client,
        task_queue=hooks.queue,
        workflows=[DeliveryWorkflow],
        activities=[activities.give_up_message],
        workflow_failure_exception_types=[Exception],
    ):
        queue = mail_queue(hooks.queue)
        async with Worker(hooks.client, task_queue=queue, activities=[activities.send_message]):
            yield


async def test_a_message_is_signed_thin_and_has_one_id_at_each_attempt(hooks: Hooks) -> None:
    receiver = Receiver("503 Later")
    async with running(receiver):
        message_id = await hooks.message(f"http://127.0.0.1:{receiver.port}/hooks")
        delivering = asyncio.create_task(hooks.deliver(message_id))

        async def refused_twice() -> bool:
            return len(receiver.requests) >= 2

        await eventually(refused_twice)
        receiver.answer = "204 No Content"
        message = await delivering
    assert message.state is MessageState.DELIVERED
    for headers, body in receiver.requests:
        at = int(headers["webhook-timestamp"])
        assert headers["webhook-id"] == message_id
        assert headers["webhook-signature"] == signature(SECRET, message_id, at, body)
    content = json.loads(receiver.requests[-1][1])
    url = "https://portal.test.example/messages/n1"
    assert content["type"] == "notice.digest"
    assert content["data"] == {"notice_id": "n1", "title": "到期提醒", "url": url}
    *refused, accepted = await hooks.receipts(message_id)
    assert [(status, error) for _, status, error in refused] == [(503, "HTTP 503")] * len(refused)
    assert accepted == (len(refused) + 1, 204, "")
    assert (await hooks.webhook(message)).failing_since is None


async def test_a_program_that_drops_the_connection_fails_and_the_webhook_stays(
    hooks: Hooks,
) -> None:
    async def drop(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(drop, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        message = await hooks.deliver(
            await hooks.message(f"http://127.0.0.1:{port}/"), patience_seconds=2.0
        )
    assert message.state is MessageState.FAILED
    receipts = await hooks.receipts(message.message_id)
    assert len(receipts) >= 2
    assert {status for _, status, _ in receipts} == {0}
    webhook = await hooks.webhook(message)
    assert (webhook.failing_since, webhook.disabled_why) == (AT, Disabled.ON)
    assert await hooks.told() == []


async def test_a_program_that_hangs_holds_back_no_other_and_is_timed_out(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.alerts.webhooks.sending.TIMEOUT_SECONDS", 1.0)
    hung = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hung.set()
        await reader.read()
        writer.close()

    receiver = Receiver()
    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    async with server, running(receiver):
        port = server.sockets[0].getsockname()[1]
        slow = await hooks.message(f"http://127.0.0.1:{port}/")
        waiting = asyncio.create_task(hooks.deliver(slow, patience_seconds=3.0))
        await hung.wait()
        quick = await hooks.message(f"http://127.0.0.1:{receiver.port}/")
        assert (await hooks.deliver(quick)).state is MessageState.DELIVERED
        assert (await waiting).state is MessageState.FAILED
    assert "TimeoutError" in (await hooks.receipts(slow))[0][2]


async def test_a_webhook_that_failed_for_days_is_switched_off_and_its_owner_told(
    hooks: Hooks,
) -> None:
    receiver = Receiver("500 Oh")
    async with running(receiver):
        url = f"http://127.0.0.1:{receiver.port}/"
        message_id = await hooks.message(url, failing_since=AT - DISABLED_AFTER)
        message = await hooks.deliver(message_id, patience_seconds=1.0)
    assert message.state is MessageState.FAILED
    webhook = await hooks.webhook(message)
    assert (webhook.disabled_why, webhook.disabled_at) == (Disabled.FAILING, AT)
    assert await hooks.told() == ["程序接收地址已停用"]
    asked = len(receiver.requests)
    late = await hooks.message(url)
    async with hooks.database.transaction() as session:
        row = await session.get_one(WebhookMessage, late)
        row.webhook_id = webhook.webhook_id
    assert (await hooks.deliver(late)).state is MessageState.FAILED
    assert (await hooks.receipts(late), len(receiver.requests)) == ([], asked)


async def test_gone_ends_a_message_and_switches_the_webhook_off_at_once(hooks: Hooks) -> None:
    receiver = Receiver("410 Gone")
    async with running(receiver):
        message = await hooks.deliver(await hooks.message(f"http://127.0.0.1:{receiver.port}/"))
    assert (message.state, len(receiver.requests)) == (MessageState.FAILED, 1)
    assert (await hooks.webhook(message)).disabled_why is Disabled.GONE
    assert len(await hooks.told()) == 1


async def test_an_address_that_became_private_is_asked_nothing(hooks: Hooks) -> None:
    receiver = Receiver()
    strict = Hooks(hooks.database, hooks.client, hooks.keys)
    async with running(receiver), worker(strict, private=False):
        url = f"http://127.0.0.1:{receiver.port}/"
        message = await strict.deliver(await strict.message(url))
    assert (message.state, receiver.requests) == (MessageState.FAILED, [])
    [(_, status, error)] = await strict.receipts(message.message_id)
    assert status == 0
    assert "not a public address" in error


async def test_a_receiver_that_asks_for_time_gets_it_within_the_24_hours(hooks: Hooks) -> None:
    receiver = Receiver("429 Slow\r\nretry-after: 3600")
    async with running(receiver):
        message_id = await hooks.message(f"http://127.0.0.1:{receiver.port}/")
        message = await hooks.deliver(message_id, patience_seconds=2.0)
    # An hour is more than its patience here: nobody asks twice before.
    assert (message.state, len(receiver.requests)) == (MessageState.FAILED, 1)
    schedule = message_input(message_id)
    assert timedelta(seconds=schedule.patience_seconds) == timedelta(days=1)
