"""The operator gets one mail about dead letters that arrive together, never about such a mail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from sqlmodel import select

from plumbing.change import Changes
from plumbing.clock import SystemClock
from services.alerts.notices.dead_letter_mail import PLATFORM, DeadLetterMail
from services.alerts.tables import Notice, NoticeKind, NoticeState
from tests.integration.events.support import eventually, running
from tests.patience import PATIENCE_SECONDS
from tests.postgres import Databases

OPERATOR = "operator@platform.example"
QUICK = 0.05


@pytest.fixture
async def changes(tmp_path: Path, databases: Databases) -> AsyncIterator[Changes]:
    database = await databases.migrated(tmp_path, "alerts")
    yield Changes(database, SystemClock())
    await database.close()


async def bury(js: JetStreamContext, *, bureau: str = "330106") -> str:
    """Publishes a dead letter as a consumer does; returns the id of its event."""
    event_id = str(uuid4())
    headers = {
        "Nats-Msg-Id": f"grading-registry:{event_id}",
        "ce-id": event_id,
        "ce-type": "quanheng.registry.v1.RecordsChanged",
        "ce-bureau": bureau,
        "quanheng-consumer": "grading-registry",
        "quanheng-error": "ValueError: %E5%BC%A0%E4%B8%89",
    }
    await js.publish("dead.v1.grading-registry", b"", headers=headers)
    return event_id


async def notices_of(changes: Changes) -> Sequence[Notice]:
    async with changes.database.snapshot() as session:
        return (await session.exec(select(Notice).order_by(Notice.created_at))).all()  # type: ignore[arg-type]


async def test_each_dead_letter_is_mailed_once_also_after_a_restart(
    changes: Changes, jetstream: JetStreamContext
) -> None:
    first = await bury(jetstream)

    async def names(event_id: str) -> bool:
        return any(event_id in notice.body for notice in await notices_of(changes))

    async with running(DeadLetterMail(changes, jetstream, OPERATOR, pause=QUICK).run()):
        await eventually(lambda: names(first))
    async with running(DeadLetterMail(changes, jetstream, OPERATOR, pause=QUICK).run()):
        second = await bury(jetstream)
        await eventually(lambda: names(second))
    notices = await notices_of(changes)
    assert len(notices) == 2
    assert {n.kind for n in notices} == {NoticeKind.GIVEN_UP}
    assert {n.address for n in notices} == {OPERATOR}
    assert {n.state for n in notices} == {NoticeState.PENDING}
    assert "grading-registry：RecordsChanged" in notices[0].body
    assert "张三" not in notices[0].body
    assert "ValueError" in notices[0].body


async def waiting(js: JetStreamContext, name: str) -> list[Msg]:
    subscription = await js.pull_subscribe("dead.v1.>", durable=name)
    return list(await subscription.fetch(10, timeout=PATIENCE_SECONDS))


async def test_a_crash_before_the_acknowledgement_mails_nothing_twice(
    changes: Changes, jetstream: JetStreamContext
) -> None:
    await bury(jetstream)
    mail = DeadLetterMail(changes, jetstream, OPERATOR)
    await mail.handle(await waiting(jetstream, "once"))
    await mail.handle(await waiting(jetstream, "again"))
    assert len(await notices_of(changes)) == 1
    later = await bury(jetstream)
    await mail.handle(await waiting(jetstream, "with-another"))
    first, second = await notices_of(changes)
    assert later in second.body
    assert later not in first.body


async def test_many_dead_letters_are_one_mail_without_the_lost_mails_themselves(
    changes: Changes, jetstream: JetStreamContext
) -> None:
    for _ in range(25):
        await bury(jetstream)
    own = await bury(jetstream, bureau=PLATFORM)
    subscription = await jetstream.pull_subscribe("dead.v1.>", durable="all")
    await DeadLetterMail(changes, jetstream, OPERATOR).handle(
        await subscription.fetch(26, timeout=PATIENCE_SECONDS)
    )
    [notice] = await notices_of(changes)
    assert notice.title == "平台有 25 个事件无法处理，已搁置"
    assert "另有 5 个" in notice.body
    assert own not in notice.body


async def test_without_an_address_no_dead_letter_is_read(
    changes: Changes, jetstream: JetStreamContext
) -> None:
    await bury(jetstream)
    async with running(DeadLetterMail(changes, jetstream, "", pause=QUICK).run()):
        assert not await jetstream.consumers_info("DEAD_LETTERS")
    assert not await notices_of(changes)
