"""A new edition of the working-day calendar reaches open cases, on a real Temporal server."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import grpc
import pytest
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.worker import Worker

from law.objection import TERM_OF, CaseKind, CaseState
from law.terms import in_force, workdays
from law.terms.arrangement import Arrangement
from law.terms.ledger import Term, start
from law.terms.workdays import Edition, edition
from plumbing.change import Changes
from plumbing.clock import SandboxClock
from plumbing.database import Database
from plumbing.events.envelope import M
from plumbing.events.outbox import Outbox
from plumbing.workflow_client import WorkflowClient
from protos.objection.v1.events_pb2 import TermMoved, TermRungReached
from services.objection.activities import CaseActivities
from services.objection.checks import CaseChecks
from services.objection.cited_receipts import CitedReceipts
from services.objection.clients import Clients
from services.objection.schedule import due_on, schedule_of
from services.objection.tables import AppliedEdition, Case, CaseStep, ReachedRung
from services.objection.timers import CaseWorkflows
from services.objection.workflows import CaseWorkflow, ObjectionWorkflow, RepairWorkflow
from tests.integration.events.support import eventually
from tests.postgres import Databases
from tests.workflows.case_notes import MORNING, STARTS_ON

KINDS = [CaseKind.OBJECTION, CaseKind.REPAIR]
OLD = edition()
NEW = replace(OLD, number=OLD.number + 1, off=OLD.off | {date(2026, 9, 16), date(2026, 9, 17)})


# The arrangement of 2027 as a notice of 2026 might be; the number is no real one.
NEW_YEAR = Arrangement(
    year=2027,
    document="国办发明电〔2026〕99号",
    title="国务院办公厅关于2027年部分节假日安排的通知",
    published_on=date(2026, 11, 10),
    sha256="ab" * 32,
    off=frozenset({date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3), date(2027, 1, 4)}),
    work=frozenset({date(2027, 1, 9)}),
)


@pytest.fixture(autouse=True)
def the_calendar_of_the_release() -> Iterator[None]:
    in_force.put_in_force(())
    yield
    in_force.put_in_force(())


def put_in_force(monkeypatch: pytest.MonkeyPatch, *editions: Edition) -> None:
    monkeypatch.setattr(workdays, "editions", lambda: editions)


def open_case(kind: CaseKind, day: date = STARTS_ON) -> Case:
    """A case without records, so that nothing is asked of the registry."""
    term = start(TERM_OF[kind], day, OLD)
    return Case(
        case_id=str(uuid.uuid4()),
        kind=kind,
        number="异议〔2026〕330106-0001号",
        subject_id="s1",
        bureau="330106",
        record_ids=[],
        records_as_lodged=[],
        state=CaseState.ACCEPTED,
        version=2,
        grounds="记录有误",
        evidence=[],
        lodged_by="operator",
        lodged_at=MORNING + (day - STARTS_ON),
        term=term.to_json(),
        due_on=due_on(term),
    )


@dataclass
class Service:
    """The parts of the objection service that know of Temporal, on their own database."""

    client: Client
    database: Database
    clock: SandboxClock
    workflows: CaseWorkflows
    checks: CaseChecks

    async def open(self, kind: CaseKind, day: date = STARTS_ON) -> Case:
        """Opens a case, whose workflow starts and follows the calendar then in force."""
        case = open_case(kind, day)
        async with self.database.transaction() as session:
            session.add(case)
        await self.workflows.update(case.case_id)
        return case

    async def problems(self) -> set[str]:
        return {problem.name for problem in (await self.checks.check()).problems}

    async def edition_of(self, case: Case) -> int:
        """The edition that the running workflow of a case follows."""
        handle = self.client.get_workflow_handle(f"{case.kind}/{case.case_id}")
        schedule = await handle.query(CaseWorkflow.schedule)
        assert schedule is not None
        return schedule.edition

    async def told(self, event: type[M]) -> list[M]:
        """What was announced so far, of one type."""
        name = event.DESCRIPTOR.full_name
        async with self.database.snapshot() as session:
            rows = (await session.exec(select(Outbox).order_by(col(Outbox.seq)))).all()
        return [event.FromString(row.payload) for row in rows if name in row.headers.values()]

    async def reminders(self) -> list[TermRungReached]:
        return await self.told(TermRungReached)

    async def steps(self) -> list[CaseStep]:
        async with self.database.snapshot() as session:
            return [*(await session.exec(select(CaseStep).order_by(col(CaseStep.seq)))).all()]

    async def stored(self, case: Case) -> Case:
        async with self.database.snapshot() as session:
            return await session.get_one(Case, case.case_id)

    async def apply(self, arrangement: Arrangement) -> None:
        """Keeps an edition as the handler of the registry's event does."""
        row = AppliedEdition(
            edition_id=uuid.uuid4().hex,
            number=OLD.number + 1,
            arrangement=arrangement.to_json(),
            applied_at=self.clock.now(),
        )
        async with self.database.transaction() as session:
            session.add(row)

    async def reminded(self) -> bool:
        return bool(await self.reminders())

    async def move_clock_to(self, day: date) -> None:
        moment = MORNING + (day - STARTS_ON)
        self.clock.move_to(moment)
        await self.workflows.move_clock()


async def no_receipts(_asked: Sequence[str]) -> dict[str, str]:
    """What grading holds: nothing, since no case here has come that far."""
    return {}


@pytest.fixture
async def service(
    temporal_client: Client, tmp_path: Path, databases: Databases
) -> AsyncIterator[Service]:
    """The service with a worker of its own; registry and grading cannot be reached."""
    database = await databases.migrated(tmp_path, "objection")
    clock = SandboxClock.create(tmp_path / "clock", MORNING)
    queue = f"test-{uuid.uuid4()}"
    workflows = CaseWorkflows(WorkflowClient(temporal_client, queue), database, clock)
    async with grpc.aio.insecure_channel("127.0.0.1:1") as nowhere:
        activities = CaseActivities(Changes(database, clock), Clients.over(nowhere, nowhere))
        async with Worker(
            temporal_client,
            task_queue=queue,
            workflows=[ObjectionWorkflow, RepairWorkflow],
            activities=activities.all(),
        ):
            checks = CaseChecks(database, clock, workflows, CitedReceipts(database, no_receipts))
            yield Service(temporal_client, database, clock, workflows, checks)
    for case in await workflows.open_cases():
        await temporal_client.get_workflow_handle(f"{case.kind}/{case.case_id}").terminate()
    await database.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reminder_rings_on_the_day_of_the_new_edition_and_names_its_last_day(
    service: Service, monkeypatch: pytest.MonkeyPatch, kind: CaseKind
) -> None:
    put_in_force(monkeypatch, OLD)
    case = await service.open(kind)
    term = Term.from_json(case.term or {})
    before = schedule_of(term, case.number, case.version)
    await eventually(lambda: agree(service))
    put_in_force(monkeypatch, OLD, NEW)
    after = schedule_of(term, case.number, case.version)
    assert before.rungs[0].at < after.rungs[0].at
    adopting = asyncio.create_task(service.checks.adopt_calendar())
    await eventually(lambda: agree(service))
    adopting.cancel()
    async with service.database.snapshot() as session:
        assert (await session.exec(select(col(Case.due_on)))).one() == term.target(NEW).date
    await service.move_clock_to(after.rungs[0].at.date() - timedelta(days=1))
    await service.move_clock_to(after.rungs[0].at.date())
    await eventually(service.reminded)
    [reminder] = await service.reminders()
    assert (reminder.rung, reminder.message_zh) == (after.rungs[0].key, after.rungs[0].message_zh)
    assert reminder.case.term.target_on == term.target(NEW).date.isoformat()


async def test_a_jump_over_several_reminders_announces_the_last_and_notes_the_others(
    service: Service,
) -> None:
    case = await service.open(CaseKind.OBJECTION)
    *before, last = schedule_of(Term.from_json(case.term or {}), case.number, case.version).rungs
    await service.move_clock_to(last.at.date() + timedelta(days=1))
    await eventually(service.reminded)
    [reminder] = await service.reminders()
    assert (reminder.rung, list(reminder.tells)) == (last.key, last.tells)
    async with service.database.snapshot() as session:
        steps = select(CaseStep.step, CaseStep.note).order_by(col(CaseStep.seq))
        *noted, (told, _) = (await session.exec(steps)).all()
        assert ({step for step, _ in noted}, told) == ({"rung_overtaken"}, "rung")
        for rung, (_, note) in zip(before, noted, strict=True):
            assert note.startswith(rung.message_zh)
        reached = {row.rung for row in await session.exec(select(ReachedRung))}
        assert reached == {rung.key for rung in (*before, last)}


async def agree(service: Service) -> bool:
    return await service.problems() == set()


async def test_a_check_reports_a_case_of_an_older_edition(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(monkeypatch, OLD)
    case = await service.open(CaseKind.REPAIR)
    put_in_force(monkeypatch, OLD, NEW)
    problems = (await service.checks.check()).problems
    assert [(problem.name, problem.object) for problem in problems] == [
        ("case.schedule_old", f"case/{case.case_id}"),
        ("case.due_on_old", f"case/{case.case_id}"),
    ]
    await service.checks.reconcile()
    assert await agree(service)


async def test_an_edition_that_moves_no_day_is_noted_too(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(monkeypatch, OLD)
    case = await service.open(CaseKind.REPAIR)
    put_in_force(monkeypatch, OLD, replace(OLD, number=OLD.number + 1))
    assert await service.problems() == {"case.schedule_old"}
    adopting = asyncio.create_task(service.checks.adopt_calendar())
    await eventually(lambda: agree(service))
    adopting.cancel()
    assert await service.edition_of(case) == OLD.number + 1


async def test_a_replica_with_the_older_edition_does_not_bring_it_back(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(monkeypatch, OLD, NEW)
    case = await service.open(CaseKind.REPAIR)
    put_in_force(monkeypatch, OLD)
    await service.workflows.update(case.case_id)
    assert await service.edition_of(case) == NEW.number


async def test_a_decided_case_needs_no_schedule(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(monkeypatch, OLD)
    case = await service.open(CaseKind.REPAIR)
    put_in_force(monkeypatch, OLD, NEW)
    async with service.database.transaction() as session:
        stored = await session.get(Case, case.case_id)
        assert stored is not None
        stored.state = CaseState.WITHDRAWN
    assert not await service.workflows.has_old_schedule(stored)


async def test_a_missing_workflow_is_reported_and_not_started(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in_force(monkeypatch, OLD)
    case = await service.open(CaseKind.REPAIR)
    handle = service.client.get_workflow_handle(f"{case.kind}/{case.case_id}")
    await handle.terminate()
    put_in_force(monkeypatch, OLD, NEW)
    adopting = asyncio.create_task(service.checks.adopt_calendar())
    assert await service.problems() == {"case.workflow_missing"}
    adopting.cancel()
    await service.workflows.update(case.case_id)


CROSSING = date(2026, 12, 28)  # a term of five working days from here ends in the new year


@pytest.mark.parametrize("kind", KINDS)
async def test_the_arrangement_of_2027_moves_a_term_that_crosses_the_new_year(
    service: Service, kind: CaseKind
) -> None:
    await service.move_clock_to(CROSSING)
    case = await service.open(kind, CROSSING)
    term = Term.from_json(case.term or {})
    old, new = term.target(OLD), term.target(NEW_YEAR.after(OLD))
    assert (old.provisional, new.provisional) == (True, False)
    assert old.date < new.date
    await eventually(lambda: agree(service))
    adopting = asyncio.create_task(service.checks.adopt_calendar())
    await service.apply(NEW_YEAR)

    async def moved() -> bool:
        return (await service.stored(case)).due_on == new.date and await agree(service)

    await eventually(moved)
    adopting.cancel()
    [told] = await service.told(TermMoved)
    assert (told.term, told.document) == ("case", NEW_YEAR.document)
    assert (told.old_on, told.new_on) == (old.date.isoformat(), new.date.isoformat())
    assert told.case.term.target_on == new.date.isoformat()
    assert not told.case.term.provisional
    assert await service.edition_of(case) == OLD.number + 1
    [step] = await service.steps()
    assert (step.step, NEW_YEAR.document in step.note) == ("calendar", True)
    assert (await service.stored(case)).state is CaseState.ACCEPTED


async def test_a_reminder_sent_for_the_old_day_is_not_sent_again_for_the_new_one(
    service: Service,
) -> None:
    await service.move_clock_to(CROSSING)
    case = await service.open(CaseKind.OBJECTION, CROSSING)
    term = Term.from_json(case.term or {})
    first, *_ = schedule_of(term, case.number, case.version).rungs
    await service.move_clock_to(first.at.date())
    await eventually(service.reminded)
    await service.apply(NEW_YEAR)
    adopting = asyncio.create_task(service.checks.adopt_calendar())

    async def moved() -> bool:
        return bool(await service.told(TermMoved)) and await agree(service)

    await eventually(moved)
    after = schedule_of(term, case.number, case.version).rungs
    await service.move_clock_to(after[1].at.date())

    async def second() -> bool:
        return len(await service.reminders()) > 1

    await eventually(second)
    adopting.cancel()
    rungs = [reminder.rung for reminder in await service.reminders()]
    assert rungs == [first.key, after[1].key]
    assert [key.partition("/")[0] for key in rungs] == ["two_days_before", "nearly_due"]


async def test_an_edition_that_comes_after_the_last_day_decides_nothing(service: Service) -> None:
    await service.move_clock_to(CROSSING)
    case = await service.open(CaseKind.OBJECTION, CROSSING)
    term = Term.from_json(case.term or {})
    await service.move_clock_to(term.target(OLD).date + timedelta(days=30))
    await eventually(service.reminded)
    told = len(await service.reminders())
    await service.apply(NEW_YEAR)
    adopting = asyncio.create_task(service.checks.adopt_calendar())

    async def moved() -> bool:
        return bool(await service.told(TermMoved)) and await agree(service)

    await eventually(moved)
    adopting.cancel()
    stored = await service.stored(case)
    assert (stored.state, stored.outcome) == (CaseState.ACCEPTED, None)
    assert len(await service.reminders()) == told
