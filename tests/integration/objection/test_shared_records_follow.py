"""A sharing follows a record into a joining, and comes back when the joining is undone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlmodel import col, select

from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.events.envelope import Received
from plumbing.identity import service_caller
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import lives_pb2 as lives
from services.objection.following import subject_acted, subjects_joined
from services.objection.publicity.tables import PublicChange
from services.objection.sharings.tables import SharedRecord, Sharing
from tests.postgres import Databases

NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)


def received(message: Any) -> Received[Any]:
    return Received(uuid4(), message, "subject/kept", 1, "330106", NOW, "", 1, 1)


def shared_by_the_twin() -> Sharing:
    texts: dict[str, Any] = dict.fromkeys(("email", "contact", "document", "entered_by"), "")
    return Sharing(
        **texts,
        sharing_id="sharing",
        bureau="330106",
        subject_id="twin",
        record_ids=["removed", "other"],
        with_grade=False,
        receiver="测试银行",
        way="letter",
        shared_on=date(2026, 9, 10),
        purpose="参考",
        entered_at=NOW,
    )


def told_of_the_twin() -> PublicChange:
    texts: dict[str, Any] = dict.fromkeys(
        ("subject_name", "bureau", "kind", "source_ref", "change"), ""
    )
    return PublicChange(
        change_id="told", case_id="case", record_id="removed", subject_id="twin", **texts
    )


async def test_a_sharing_follows_a_record_and_comes_back(
    databases: Databases, tmp_path: Path
) -> None:
    database = await databases.migrated(tmp_path, "objection")
    changes, service = Changes(database, FixedClock(NOW)), service_caller("objection")

    async def now() -> tuple[str, list[str], list[str]]:
        async with database.snapshot() as session:
            row = (await session.exec(select(Sharing))).one()
            links = select(SharedRecord.record_id).order_by(col(SharedRecord.record_id))
            return row.subject_id, row.record_ids, list((await session.exec(links)).all())

    async def told() -> tuple[str, str, bool]:
        async with database.snapshot() as session:
            row = (await session.exec(select(PublicChange))).one()
            return row.subject_id, row.record_id, row.withheld

    async with database.transaction() as session:
        session.add(shared_by_the_twin())
        session.add(told_of_the_twin())
        session.add_all(
            SharedRecord(record_id=i, sharing_id="sharing") for i in ("other", "removed")
        )
    assert await told() == ("twin", "removed", False)
    same = {"removed": "stays"}
    joined = events.SubjectsJoined(former_id="twin", present_id="kept", same_records=same)
    for _ in range(2):
        async with changes.change(service) as change:
            await subjects_joined(change, received(joined))
        assert await told() == ("kept", "stays", True)  # until the register says it is public
        assert await now() == ("kept", ["stays", "other"], ["other", "removed", "stays"])
    act = lives.SubjectAct(act_id="a1", subject_id="kept", act="parted", other_id="twin")
    async with changes.change(service) as change:
        await subject_acted(change, received(events.SubjectActed(act=act)))
    assert await now() == ("twin", ["removed", "other"], ["other", "removed"])
    assert await told() == ("twin", "removed", False)
    await database.close()
