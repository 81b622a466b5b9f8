"""A notice to a receiver whose mail was given up waits to be sent by hand, until it arrives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import select

from plumbing.audit import AuditEntry
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.events.envelope import Received
from plumbing.identity import service_caller
from protos.alerts.v1.alerts_pb2 import Notice
from protos.alerts.v1.events_pb2 import DeliveryEnded
from services.objection.sharings.deliveries import delivery_ended
from services.objection.sharings.tables import TO_SEND, ReceiverNotice
from services.objection.sharings.wire import notice_message
from tests.postgres import Databases

NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)


def mailed(notice_id: str) -> ReceiverNotice:
    return ReceiverNotice(
        notice_id=notice_id,
        case_id="case",
        sharing_id=notice_id,
        bureau="330106",
        receiver="测试银行",
        email="credit@bank.example",
        contact="",
        record_ids=[],
        title="计量信用信息变更",
        body="已删除。",
        issued_at=NOW,
        due_on=date(2026, 9, 21),
    )


def ended(mail_id: str, state: str, failure: str = "") -> Received[DeliveryEnded]:
    event = DeliveryEnded(notice=Notice(state=state, failure=failure), mail_id=mail_id)
    return Received(uuid4(), event, "notice/n", 1, "330106", NOW, "", 1, 1)


async def test_a_mail_that_was_given_up_waits_for_a_person_until_it_arrives(
    databases: Databases, tmp_path: Path
) -> None:
    database = await databases.migrated(tmp_path, "objection")
    changes, service = Changes(database, FixedClock(NOW)), service_caller("objection")

    async def hear(*received: Received[DeliveryEnded]) -> None:
        for one in received:
            async with changes.change(service) as change:
                await delivery_ended(change, one)

    async def waiting() -> list[tuple[str, str, str, str]]:
        rows = select(ReceiverNotice).where(sa.text(TO_SEND))
        async with database.snapshot() as session:
            messages = [notice_message(row, "号") for row in (await session.exec(rows)).all()]
        return [(one.notice_id, one.state, one.undelivered_on, one.failure) for one in messages]

    async def audited() -> list[str]:
        async with database.snapshot() as session:
            return [entry.action for entry in (await session.exec(select(AuditEntry))).all()]

    async with database.transaction() as session:
        session.add_all([mailed("bad"), mailed("good")])
    await hear(
        ended("good", "delivered"),
        ended("bad", "failed", "refused"),
        ended("bad", "failed", "unreachable"),  # tried again, to no avail
        ended("", "failed", "refused"),  # a mail that alerts wrote itself
        ended("sharing", "failed", "refused"),  # the mail with the records
    )
    assert await waiting() == [("bad", "not_delivered", "2026-09-14", "refused")]
    assert await audited() == ["receiver_mail_not_delivered"]
    await hear(ended("bad", "delivered"))
    assert await waiting() == []
    assert (await audited())[-1] == "receiver_mail_delivered"
    await database.close()
