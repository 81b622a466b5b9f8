"""Saving rows in bulk: batches, sizes, versions, and the database itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore
from sqlmodel import SQLModel, select

from law.colours.rule import VerificationResult
from law.evidence import RecordKind, Sector, SubjectKind
from plumbing import migrations
from plumbing.change import Change, Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.outbox import MAX_BODY_BYTES, Outbox
from plumbing.files import Files
from plumbing.identity import Caller, Role
from protos.registry.v1 import events_pb2 as events
from services.registry.announce_changes import (
    Cause,
    save_bureaus,
    save_instruments,
    save_records,
    save_subjects,
    save_verifications,
)
from services.registry.checks import check
from services.registry.commands.clock import remember_clock
from services.registry.tables import (
    Bureau,
    Contest,
    Instrument,
    Record,
    RecordVersion,
    Subject,
    Verification,
)
from tests.integration.registry.running_registry import STARTS, TODAY, outbox
from tests.postgres import Databases

INTEGRATOR = Caller("integrator-1", "integrator", frozenset({Role.INTEGRATOR}), "330100")
BATCH = Cause(events.CAUSE_IMPORTED, batch_id="b1", baseline=True)
MANY = 1100


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    database = await databases.migrated(tmp_path, "registry")
    yield database
    await database.close()


@pytest.fixture
async def changes(database: Database) -> Changes:
    changes = Changes(database, FixedClock(STARTS))
    async with changes.change(INTEGRATOR) as change:
        for code in ("330106", "330110"):
            await save_bureaus(change, [Bureau(code=code, name=code)])
        change.audit("test", "test/bureaus")
    return changes


async def save_many(change: Change) -> tuple[list[Subject], list[Instrument]]:
    """Saves subjects of two bureaus with an instrument each, as one batch."""
    subjects = [subject(n) for n in range(MANY)]
    instruments = [
        Instrument(
            instrument_id=f"i{n}",
            subject_id=f"s{n}",
            bureau=subjects[n].bureau,
            type_code="FUEL",
            serial_no=f"s{n % 1000}",
        )
        for n in range(MANY)
    ]
    await save_subjects(change, subjects, BATCH)
    await save_instruments(change, instruments, BATCH)
    change.audit("import", "batch/b1")
    return subjects, instruments


def subject(n: int) -> Subject:
    return Subject(
        subject_id=f"s{n}",
        kind=SubjectKind.ORGANISATION,
        name=f"合成{n}",
        bureau="330106" if n % 2 else "330110",
        sector=Sector.MARKET,
    )


def record(n: int, owner: str = "s0", **values: Any) -> Record:
    defaults: dict[str, Any] = {
        "record_id": f"r{n}",
        "subject_id": owner,
        "bureau": "330110",
        "kind": RecordKind.PENALTY,
        "occurred_on": date(2026, 1, 1),
        "determined_on": date(2026, 2, 1),
        "entered_on": TODAY,
        "source_ref": f"合成{n}号",
    }
    return Record(**(defaults | values))


async def rows(database: Database, table: type[SQLModel]) -> Sequence[Any]:
    async with database.snapshot() as session:
        return (await session.exec(select(table))).all()


async def test_the_migration_agrees_with_the_models(database: Database) -> None:
    assert await migrations.differences(database, "registry") == []


async def test_a_batch_is_announced_whole_by_bureau_in_messages_of_five_hundred(
    database: Database, changes: Changes
) -> None:
    async with changes.change(INTEGRATOR) as change:
        subjects, instruments = await save_many(change)
    announced = await outbox(database, "batch/b1")
    subject_events = [event for event in announced if isinstance(event, events.SubjectsChanged)]
    assert [len(event.subjects) for event in subject_events] == [500, 50, 500, 50]
    for event in subject_events:
        assert len({one.bureau for one in event.subjects}) == 1
        assert (event.change.batch_id, event.change.baseline) == ("b1", True)
    assert {one.subject_id for event in subject_events for one in event.subjects} == {
        one.subject_id for one in subjects
    }
    of_outbox = await rows(database, Outbox)
    assert {row.subject for row in of_outbox if "subjects" in row.subject} == {
        "registry.v1.subjects_changed.330106",
        "registry.v1.subjects_changed.330110",
    }
    # A thousand serial numbers for eleven hundred instruments: the first hundred stand twice.
    marked = {row.instrument_id for row in instruments if row.repeated_serial}
    assert marked == {f"i{n}" for n in (*range(100), *range(1000, 1100))}
    told_marks = {
        one.instrument_id
        for event in announced
        if isinstance(event, events.InstrumentsChanged)
        for one in event.instruments
        if one.repeated_serial
    }
    assert told_marks == marked
    assert {row.version for row in await rows(database, Instrument)} == {1}


async def test_long_records_travel_in_messages_that_nats_takes(
    database: Database, changes: Changes
) -> None:
    async with changes.change(INTEGRATOR) as change:
        await save_subjects(change, [subject(0)], BATCH)
        await save_records(change, [record(n, summary="长" * 1000) for n in range(500)], BATCH)
        change.audit("import", "batch/b1")
    sizes = [len(row.payload) for row in await rows(database, Outbox)]
    assert max(sizes) <= MAX_BODY_BYTES
    announced = await outbox(database, "batch/b1")
    assert sum(len(event.records) for event in announced[1:]) == 500
    assert len(announced) > 2
    assert len(await rows(database, RecordVersion)) == 500


async def test_facts_of_several_subjects_go_each_to_its_own_order(
    database: Database, changes: Changes
) -> None:
    async with changes.change(INTEGRATOR) as change:
        await save_subjects(change, [subject(0), subject(1)])
        instruments = [
            Instrument(
                instrument_id=f"i{n}",
                subject_id=f"s{n}",
                bureau=subject(n).bureau,
                type_code="FUEL",
                serial_no=f"{n}",
            )
            for n in (0, 1)
        ]
        await save_instruments(change, instruments)
        await save_verifications(
            change,
            [
                Verification(
                    verification_id=f"v{n}",
                    instrument_id=f"i{n % 2}",
                    result=VerificationResult.PENDING,
                    verified_on=TODAY,
                    institution="合成计量检定院",
                )
                for n in range(4)
            ],
        )
        change.audit("test", "test/two")
    for n in (0, 1):
        announced = await outbox(database, f"subject/s{n}")
        assert [type(event).__name__ for event in announced] == [
            "SubjectsChanged",
            "InstrumentsChanged",
            "VerificationsRecorded",
        ]
        assert [one.verification_id for one in announced[2].verifications] == [
            f"v{n}",
            f"v{n + 2}",
        ]


async def test_an_instrument_that_is_removed_frees_its_serial_number(
    database: Database, changes: Changes
) -> None:
    async with changes.change(INTEGRATOR) as change:
        await save_many(change)
    async with changes.change(INTEGRATOR) as change:
        gone = await change.session.get_one(Instrument, "i1000")
        gone.removed = True
        others = await save_instruments(change, [gone], Cause(events.CAUSE_UNDONE, batch_id="b1"))
        change.audit("undo", "batch/b1")
    assert [(row.instrument_id, row.repeated_serial, row.version) for row in others] == [
        ("i0", False, 2)
    ]


async def test_nothing_is_announced_that_is_not_audited_nor_saved_then(
    database: Database, changes: Changes
) -> None:
    with pytest.raises(AssertionError):
        async with changes.change(INTEGRATOR) as change:
            await save_subjects(change, [subject(0)])
    assert await rows(database, Subject) == []
    assert await outbox(database, "subject/s0") == []


async def runs() -> bool:
    """The daily workflow, as far as a test without Temporal is concerned."""
    return True


async def test_check_tells_what_is_held_removed_things_included_and_what_disagrees(
    database: Database, changes: Changes
) -> None:
    clock = FixedClock(STARTS)
    await remember_clock(database, clock)
    async with changes.change(INTEGRATOR) as change:
        await save_subjects(change, [subject(0)])
        await save_records(change, [record(0, contested=True), record(1, removed=True)])
        change.session.add(Contest(record_id="r0", case_id="case-1"))
        change.audit("test", "test/check")
    first = await check(database, clock, runs, Files(MemoryStore()))
    assert first.figures == {
        "bureaus": 2,
        "subjects": 1,
        "instruments": 0,
        "verifications": 0,
        "records": 2,
        "contested": 1,
        "records.overdue": 0,
        "certificate_files": 0,
        "upkeep_files": 0,
        "dcc_files": 0,
        "photograph_files": 0,
    }
    assert first.problems == []
    async with changes.change(INTEGRATOR) as change:
        await save_records(change, [await change.session.get_one(Record, "r1")])
        change.session.add(Contest(record_id="r1", case_id="case-1"))
        change.audit("test", "test/check")
    second = await check(database, clock, runs, Files(MemoryStore()))
    assert [problem.object for problem in second.problems] == ["record/r1"]
    digests = [{d.topic: d.digest for d in findings.digests} for findings in (first, second)]
    assert {topic for topic in digests[0] if digests[0][topic] != digests[1][topic]} == {"records"}
