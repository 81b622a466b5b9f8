"""No unfavourable publication before the subject was told; nothing stays untold unseen (S1 19)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotPermitted, WrongState
from law.evidence import RecordKind, Sector, SubjectKind
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.envelope import Received
from plumbing.identity import Caller, Role, service_caller
from plumbing.view import open_view
from protos.alerts.v1.events_pb2 import SubjectTold
from protos.registry.v1 import publication_pb2 as pb
from protos.registry.v1 import registry_pb2
from services.registry.announce_changes import Cause, save_records, save_subjects
from services.registry.publication import telling
from services.registry.publication.queries import get_publication, list_publications
from services.registry.publication.review import review_record
from services.registry.queries import list_disclosed_records
from services.registry.tables import Bureau, Record, Subject
from tests.integration.registry.running_registry import outbox
from tests.postgres import Databases

HANGZHOU = "330106"
NOW = datetime(2026, 9, 14, 1, 0, tzinfo=UTC)
WRITER, REVIEWER = (
    Caller(name, name, frozenset({Role.CASEWORKER}), HANGZHOU) for name in ("writer", "reviewer")
)
PUBLIC = Caller("public", "public", frozenset({Role.PUBLIC}))
RECEIPT = "送达回证（合成）第1号"
FIVE_WORKING_DAYS_LATER = "2026-09-21"  # the Sunday before is a working day in place of a holiday


@pytest.fixture
async def register(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    """A register with two adverse records of a first load, and an award."""
    database = await databases.migrated(tmp_path, "registry")
    async with Changes(database, FixedClock(NOW)).change(WRITER) as change:
        change.session.add(Bureau(code=HANGZHOU, name="合成局"))
        await change.session.flush()
        kind, sector = SubjectKind.ORGANISATION, Sector.FUEL_STATION
        owner = Subject(
            subject_id="firm", kind=kind, name="合成加油站", bureau=HANGZHOU, sector=sector
        )
        await save_subjects(change, [owner])
        rows = [record("old", RecordKind.PENALTY), record("other", RecordKind.PENALTY)]
        await save_records(change, [*rows, record("award", RecordKind.AWARD)], Cause(baseline=True))
        change.audit("test", "test/register")
    yield database
    await database.close()


def record(name: str, kind: RecordKind) -> Record:
    return Record(
        record_id=name,
        subject_id="firm",
        bureau=HANGZHOU,
        kind=kind,
        occurred_on=date(2026, 8, 1),
        determined_on=date(2026, 9, 1),
        entered_on=date(2026, 9, 1),
        verified=True,
        source_ref=f"合成罚〔2026〕{name}号",
        summary="超期使用",
        entered_by="writer",
        authors=["writer"],
    )


async def review(database: Database, name: str = "old") -> pb.Publication:
    request = pb.ReviewRecordRequest(
        record_id=name, version=1, classification="open", summary="超期使用"
    )
    async with Changes(database, FixedClock(NOW)).change(REVIEWER) as change:
        return (await review_record(change, request)).publication


async def tell_by_hand(
    database: Database, told_on: str, by: Caller = REVIEWER, **values: Any
) -> pb.Publication:
    """Somebody records that the document was served on the subject."""
    request = pb.RecordTellingRequest(
        record_id="old", version=1, told_on=told_on, means="served", remark=RECEIPT
    )
    request.MergeFrom(pb.RecordTellingRequest(**values))
    async with Changes(database, FixedClock(NOW)).change(by) as change:
        return (await telling.record_telling(change, request)).publication


async def public(database: Database) -> None:
    """The record is released, its subject was told long ago, and the window has passed."""
    await review(database)
    await tell_by_hand(database, "2026-09-02")


async def shown(database: Database, day: int = 14) -> list[str]:
    """The records that the public is shown on a day of September."""
    clock = FixedClock(datetime(2026, 9, day, 1, 0, tzinfo=UTC))
    async with open_view(database, clock, PUBLIC) as view:
        answer = await list_disclosed_records(view, registry_pb2.ListDisclosedRecordsRequest())
    return [one.record.record_id for one in answer.records]


async def told(
    database: Database, day: int, version: int = 1, how: str = "mail", record_id: str = "old"
) -> None:
    """Alerts tells that the notice told the subject on a day of September."""
    at = datetime(2026, 9, day, 2, 0, tzinfo=UTC)
    event = SubjectTold(
        subject_id="firm", record_id=record_id, version=version, notice_id="n1", how=how
    )
    event.at.FromDatetime(at)
    clock = FixedClock(at)
    async with Changes(database, clock).change(service_caller("registry")) as change:
        received = Received(uuid4(), event, "notice/n1", 1, HANGZHOU, at, "someone", 1, 1)
        await telling.subject_told(change, received)


async def state(database: Database, name: str = "old") -> pb.Publication:
    async with open_view(database, FixedClock(NOW), REVIEWER) as view:
        request = pb.GetPublicationRequest(record_id=name)
        return (await get_publication(view, request)).publication


async def untold(database: Database) -> list[str]:
    async with open_view(database, FixedClock(NOW), WRITER) as view:
        answer = await list_publications(view, pb.ListPublicationsRequest(untold=True))
    return [one.record.record_id for one in answer.publications]


async def test_the_window_of_a_first_load_begins_when_the_subject_is_told(
    register: Database,
) -> None:
    released = await review(register)
    assert (released.state, released.awaits_telling, released.public_from) == ("released", True, "")
    assert (released.untold, released.told_on, released.told_how) == (True, "", "")
    assert await shown(register, 30) == ["award"]
    await told(register, 14)
    await told(register, 15)  # the second telling of the same moves nothing
    now = await state(register)
    assert (now.told_on, now.told_how, now.untold) == ("2026-09-14", "mail", False)
    assert (now.awaits_telling, now.public_from) == (False, FIVE_WORKING_DAYS_LATER)
    assert await shown(register, 20) == ["award"]
    assert sorted(await shown(register, 21)) == ["award", "old"]


async def test_a_subject_told_before_the_review_has_its_window_from_then(
    register: Database,
) -> None:
    await told(register, 14, how="portal")
    released = await review(register)
    assert (released.told_how, released.public_from) == ("portal", FIVE_WORKING_DAYS_LATER)


async def test_nothing_stays_untold_unseen(register: Database) -> None:
    assert await untold(register) == ["old", "other"]
    await told(register, 14)
    assert await untold(register) == ["other"]
    async with Changes(register, FixedClock(NOW)).change(WRITER) as change:
        request = pb.TellSubjectsRequest(record_ids=["old", "other"])
        asked = (await telling.tell_subjects(change, request)).publications
    assert [one.HasField("telling_asked_at") for one in asked] == [False, True]
    events = await outbox(register, "subject/firm")
    assert [e.record.record_id for e in events if hasattr(e, "record")] == ["other"]
    assert await untold(register) == ["other"]  # until the notice has told it
    async with Changes(register, FixedClock(NOW)).change(WRITER) as change:
        with pytest.raises(WrongState):
            await telling.tell_subjects(change, pb.TellSubjectsRequest(record_ids=["award"]))


async def test_a_telling_by_hand_is_recorded_by_another_than_the_author(
    register: Database,
) -> None:
    await review(register)
    with pytest.raises(NotPermitted):
        await tell_by_hand(register, "2026-09-14", by=WRITER)
    wrong: list[tuple[str, str, dict[str, Any]]] = [
        ("2026-08-31", "told_on", {}),  # before the determination
        ("2026-09-15", "told_on", {}),  # to come
        ("2026-09-14", "means", {"means": "whispered"}),
        ("2026-09-14", "remark", {"remark": "  "}),
    ]
    for day, field, values in wrong:
        with pytest.raises(InvalidInput) as refused:
            await tell_by_hand(register, day, **values)
        assert [fault.field for fault in refused.value.faults] == [field]
    now = await tell_by_hand(register, "2026-09-14")
    assert (now.told_how, now.told_means, now.told_remark) == ("by_hand", "served", RECEIPT)
    assert (now.awaits_telling, now.public_from) == (False, FIVE_WORKING_DAYS_LATER)


async def test_a_wrong_day_of_telling_is_corrected_until_the_record_is_public(
    register: Database,
) -> None:
    await review(register)
    await tell_by_hand(register, "2026-09-10")
    assert (await tell_by_hand(register, "2026-09-14")).told_on == "2026-09-14"
    assert (await state(register)).public_from == FIVE_WORKING_DAYS_LATER
    await tell_by_hand(register, "2026-09-02")
    assert "old" in await shown(register)
    with pytest.raises(WrongState):
        await tell_by_hand(register, "2026-09-14")
    assert (await state(register)).told_on == "2026-09-02"


async def test_a_corrected_record_has_to_be_told_again(register: Database) -> None:
    await told(register, 14)
    await review(register)
    async with Changes(register, FixedClock(NOW)).change(WRITER) as change:
        row = await change.session.get_one(Record, "old")
        row.kind = RecordKind.CRIME
        await save_records(change, [row])
        change.audit("test", "test/correction")
    now = await state(register)
    assert (now.state, now.untold, now.told_on) == ("waiting", True, "")
    await told(register, 15)  # a late word about the version before
    assert (await state(register)).untold
    await told(register, 15, version=2)
    assert (await state(register)).told_on == "2026-09-15"


async def test_a_mark_of_contest_leaves_the_telling_as_it_is(register: Database) -> None:
    await told(register, 14)
    async with Changes(register, FixedClock(NOW)).change(WRITER) as change:
        row = await change.session.get_one(Record, "old")
        row.contested = True
        await save_records(change, [row])
        change.audit("test", "test/contest")
    assert (await state(register)).told_on == "2026-09-14"
