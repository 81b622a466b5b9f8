"""Records leave the archive when their time is over, once, and nobody is shown them after that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from obstore.store import MemoryStore
from sqlmodel import select

from law.errors import WrongState
from law.evidence import RecordKind, RecordStatus, Sector, Severity, SubjectKind
from plumbing.audit import AuditEntry
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.envelope import Received
from plumbing.files import Files
from plumbing.identity import Caller, Role, service_caller
from plumbing.view import open_view
from protos.grading.v1 import events_pb2 as grading_events
from protos.grading.v1 import rulesets_pb2 as rulesets
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import publication_pb2 as publication
from protos.registry.v1 import registry_pb2 as pb
from services.registry import queries
from services.registry.announce_changes import save_records, save_subjects
from services.registry.checks import check
from services.registry.commands.clock import remember_clock
from services.registry.publication.review import review_record
from services.registry.publication.telling import record_telling
from services.registry.retention import activations as governing
from services.registry.retention import expiry as retention
from services.registry.retention.restoration import restore_records
from services.registry.sameness.finding import look
from services.registry.sameness.places import of_record
from services.registry.sameness.tables import Likeness
from services.registry.tables import Bureau, Record, Subject
from tests.integration.registry.running_registry import outbox
from tests.postgres import Databases

REGISTRY = service_caller("registry")
TODAY = date(2026, 9, 14)
CLOCK = FixedClock(datetime(2026, 9, 14, 1, 0, tzinfo=UTC))
HANGZHOU, TIANJIN = "330106", "120104"
LAST_OF_FIVE_YEARS = date(2021, 9, 14)  # its fifth year ends today, which still counts
OVER = date(2021, 9, 13)


@pytest.fixture
async def register(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    """A register with a subject in Hangzhou, one in Tianjin, and a natural person."""
    database = await databases.migrated(tmp_path, "registry")
    await remember_clock(database, CLOCK)
    async with Changes(database, CLOCK).change(REGISTRY) as change:
        for code in (HANGZHOU, TIANJIN):
            change.session.add(Bureau(code=code, name=code))
        await change.session.flush()
        people = [
            subject("hangzhou", HANGZHOU),
            subject("tianjin", TIANJIN),
            subject("person", HANGZHOU, SubjectKind.NATURAL_PERSON),
        ]
        await save_subjects(change, people)
        change.audit("test", "test/register")
    yield database
    await database.close()


def subject(name: str, bureau: str, kind: SubjectKind = SubjectKind.ORGANISATION) -> Subject:
    return Subject(subject_id=name, kind=kind, name=name, bureau=bureau, sector=Sector.FUEL_STATION)


async def enter(database: Database, *names: str, owner: str = "hangzhou", **values: Any) -> None:
    defaults: dict[str, Any] = {
        "subject_id": owner,
        "bureau": HANGZHOU,
        "kind": RecordKind.PENALTY,
        "verified": True,
        "entered_on": values["determined_on"],
        "occurred_on": values["determined_on"],
    }
    async with Changes(database, CLOCK).change(REGISTRY) as change:
        rows = [
            Record(record_id=name, source_ref=f"{name}/{uuid4().hex}", **(defaults | values))
            for name in names
        ]
        await save_records(change, rows)
        change.audit("test", "test/records")


async def release(database: Database, name: str) -> None:
    """Has a record reviewed by somebody who did not write it; it is released."""
    head = Caller("head", "head", frozenset({Role.UNIT_HEAD}), HANGZHOU)
    told_on = (await row(database, name)).determined_on
    served = publication.RecordTellingRequest(
        record_id=name, version=1, told_on=told_on.isoformat(), means="served", remark="送达回证"
    )
    request = publication.ReviewRecordRequest(
        record_id=name, version=1, classification="open", despite_found=True
    )
    async with Changes(database, CLOCK).change(head) as change:
        await record_telling(change, served)
        await review_record(change, request)


async def expire(database: Database, as_of: date = TODAY) -> int:
    total, after = 0, retention.START
    while True:
        async with Changes(database, CLOCK).change(REGISTRY) as change:
            done = await retention.expire_due(change, as_of, after)
        total += done.expired
        if done.last is None:
            return total
        after = done.last


async def row(database: Database, name: str) -> Record:
    async with database.snapshot() as session:
        return await session.get_one(Record, name)


async def listed(database: Database, owner: str, *roles: Role) -> list[pb.Record]:
    caller = Caller("who", "who", frozenset(roles), HANGZHOU)
    request = pb.ListRecordsRequest(subject_id=owner)
    async with open_view(database, CLOCK, caller) as view:
        return list((await queries.list_records(view, request)).records)


async def problems(database: Database) -> list[str]:
    async def runs() -> bool:
        return True

    return [
        problem.object
        for problem in (await check(database, CLOCK, runs, Files(MemoryStore()))).problems
    ]


async def test_what_is_over_goes_and_what_is_not_stays(register: Database) -> None:
    await enter(register, "over", determined_on=OVER)
    await enter(register, "today", determined_on=LAST_OF_FIVE_YEARS)
    await enter(register, "award", determined_on=OVER, kind=RecordKind.AWARD)
    await enter(register, "of-person", owner="person", determined_on=OVER)
    assert await expire(register) == 3
    over = await row(register, "over")
    assert (over.status, over.status_on) == (RecordStatus.EXPIRED, date(2026, 9, 14))
    assert (await row(register, "today")).status is RecordStatus.ACTIVE
    natural, other = (await outbox(register, "subject/hangzhou"))[-2:]
    assert natural.change.cause == events.CAUSE_NATURAL_REPAIR
    assert natural.change.ground == "S4 三(二); S4 四(四)"
    assert [record.record_id for record in natural.records] == ["over"]
    assert other.change.cause == events.CAUSE_EXPIRED
    assert [record.record_id for record in other.records] == ["award"]
    async with register.snapshot() as session:
        query = select(AuditEntry).where(AuditEntry.action == "expire_records")
        entry = (await session.exec(query)).one()
    assert entry.ground == "S4 三(二); S4 四(四)"
    assert entry.after is not None
    assert (sorted(entry.after["records"]), entry.after["natural_repairs"]) == (
        ["award", "of-person", "over"],
        2,
    )


async def test_a_second_run_changes_nothing(register: Database) -> None:
    await enter(register, "over", determined_on=OVER)
    assert await expire(register) == 1
    before = (await row(register, "over")).model_dump()
    assert await expire(register) == 0
    assert (await row(register, "over")).model_dump() == before


async def test_missed_days_are_made_up_for_and_each_record_ends_on_its_own_day(
    register: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    days = [date(2021, 9, day) for day in range(1, 6)]
    for day in days:
        await enter(register, f"r{day.day}", determined_on=day)
    assert len(await problems(register)) == 5
    assert await expire(register) == 5
    for day in days:
        ended_on = (await row(register, f"r{day.day}")).status_on
        assert ended_on == date(2026, 9, day.day + 1)
    assert await problems(register) == []


async def test_a_text_without_deletion_lets_nothing_go(register: Database) -> None:
    await enter(register, "old", owner="tianjin", determined_on=date(2010, 1, 1))
    assert await expire(register) == 0
    assert await problems(register) == []


async def test_what_had_ended_before_keeps_its_last_day(register: Database) -> None:
    ended = date(2022, 3, 1)
    await enter(
        register,
        "repaired",
        determined_on=OVER,
        status=RecordStatus.REPAIRED,
        status_on=ended,
    )
    assert await expire(register) == 1
    gone = await row(register, "repaired")
    assert (gone.status, gone.status_on) == (RecordStatus.EXPIRED, ended)


async def test_what_has_left_the_archive_is_shown_to_services_alone(register: Database) -> None:
    await enter(register, "over", determined_on=OVER)
    assert [r.record_id for r in await listed(register, "hangzhou", Role.CASEWORKER)] == ["over"]
    await expire(register)
    assert await listed(register, "hangzhou", Role.CASEWORKER) == []
    assert [r.status for r in await listed(register, "hangzhou", Role.SERVICE)] == ["expired"]


async def test_an_activated_text_lets_go_from_its_own_first_day(register: Database) -> None:
    """Three years from entry under the trial, five under 120 before it (C-01)."""
    await enter(register, "four-years", determined_on=date(2022, 9, 1))
    assert await expire(register) == 0
    activation = rulesets.Activation(
        activation_id="a1",
        bureau="330100",
        ruleset_id="hangzhou-trial",
        valid_from="2026-09-10",
    )
    activation.activated_at.FromDatetime(CLOCK.now())
    message = grading_events.RulesetActivated(activation=activation)
    async with Changes(register, CLOCK).change(REGISTRY) as change:
        heard = Received(
            uuid4(), message, "jurisdiction/330100", 1, "330100", CLOCK.now(), "", 1, 1
        )
        await governing.handle_activation(change, heard)
        await governing.handle_activation(change, heard)
    assert await expire(register, date(2026, 9, 9)) == 0
    assert await expire(register) == 1
    assert (await row(register, "four-years")).status_on == date(2026, 9, 10)


async def test_the_public_sees_what_is_disclosed_and_nothing_that_was_stopped(
    register: Database,
) -> None:
    recent = date(2026, 9, 1)
    await enter(register, "shown", determined_on=recent, entered_by="somebody")
    await enter(register, "stopped", determined_on=recent, disclosure_stopped=True)
    await enter(register, "unverified", determined_on=recent, verified=False)
    await enter(register, "undisclosed", determined_on=date(2023, 9, 1))  # three years (C-01)
    await enter(register, "repaired", determined_on=recent, status=RecordStatus.REPAIRED,
                status_on=TODAY)  # fmt: skip
    await enter(register, "of-person", owner="person", determined_on=recent)
    for name in ("shown", "stopped", "unverified", "undisclosed", "of-person"):
        await release(register, name)
    await enter(register, "unreviewed", determined_on=recent)
    [seen] = await listed(register, "hangzhou", Role.PUBLIC)
    assert (seen.record_id, seen.entered_by, seen.provided_by) == ("shown", "", "")
    assert len(await listed(register, "hangzhou", Role.CASEWORKER)) == 6


async def test_how_long_a_record_is_kept_is_said_with_its_articles(register: Database) -> None:
    await enter(register, "r", determined_on=date(2026, 9, 1), severity=Severity.GENERAL)
    caller = Caller("who", "who", frozenset({Role.CASEWORKER}), HANGZHOU)
    request = pb.GetRecordRequest(record_id="r")
    async with open_view(register, CLOCK, caller) as view:
        values = (await queries.get_record(view, request)).retention
    assert values.ruleset_id == "hangzhou-2021-120"
    assert (values.evidence_until, values.disclosed_until, values.removed_on) == (
        "2031-09-01",
        "2027-09-01",
        "2031-09-02",
    )
    assert "GBF-2025-22" in values.disclosure_cite


async def restore(database: Database, *names: str) -> pb.RestoreRecordsResponse:
    head = Caller("head", "head", frozenset({Role.UNIT_HEAD}), HANGZHOU)
    request = pb.RestoreRecordsRequest(record_ids=names, ground="时钟有误，提前到期")
    async with Changes(database, CLOCK).change(head) as change:
        return await restore_records(change, request)


async def test_records_that_a_wrong_clock_expired_are_restored(register: Database) -> None:
    await enter(register, "young", determined_on=TODAY)
    await enter(
        register,
        "repaired",
        determined_on=TODAY,
        status=RecordStatus.REPAIRED,
        status_on=TODAY,
    )
    assert await expire(register, date(2036, 9, 14)) == 2
    restored = await restore(register, "young", "repaired")
    assert [record.status for record in restored.records] == ["repaired", "active"]
    young, repaired = await row(register, "young"), await row(register, "repaired")
    assert (young.status, young.status_on) == (RecordStatus.ACTIVE, None)
    assert (repaired.status, repaired.status_on) == (RecordStatus.REPAIRED, TODAY)
    event = (await outbox(register, "subject/hangzhou"))[-1]
    assert (event.change.cause, event.change.ground) == (
        events.CAUSE_RESTORED,
        "时钟有误，提前到期",
    )
    assert await problems(register) == []


async def test_a_record_whose_time_is_over_is_not_restored(register: Database) -> None:
    await enter(register, "over", determined_on=OVER)
    await enter(register, "young", determined_on=TODAY)
    assert await expire(register) == 1
    with pytest.raises(WrongState, match="has not left the archive"):
        await restore(register, "young")
    assert await expire(register, date(2036, 9, 14)) == 1
    with pytest.raises(WrongState, match="ended on 2026-09-14"):
        await restore(register, "young", "over")
    assert (await row(register, "young")).status is RecordStatus.EXPIRED


async def test_what_is_perhaps_the_same_follows_records_that_go_and_come_back(
    register: Database,
) -> None:
    await enter(register, "told", "again", determined_on=TODAY)
    place = of_record("hangzhou", RecordKind.PENALTY, TODAY, TODAY)
    async with Changes(register, CLOCK).change(REGISTRY) as change:
        assert await look(change, place)
        change.audit("test", "test/likeness")
    assert await expire(register, date(2036, 9, 14)) == 2
    assert await likenesses(register) == []
    await restore(register, "told", "again")
    assert await likenesses(register) == [(place.id, "waiting")]


async def likenesses(database: Database) -> list[tuple[str, str]]:
    async with database.snapshot() as session:
        rows = (await session.exec(select(Likeness))).all()
    return [(one.likeness_id, one.state) for one in rows]
