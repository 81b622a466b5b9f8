"""What others change between the comparison of a file and its application is found, never lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from sqlmodel import select

from law.errors import WrongState
from plumbing import audit_walk, migrations
from plumbing.audit import Sealer
from plumbing.change import Change, Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.row_checks import check_rows
from plumbing.service import Findings
from protos.registry.v1 import registry_pb2 as pb
from services.registry.commands.instruments import put_instrument
from services.registry.identity.tables import Account
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.commands import import_file
from services.registry.imports.batch.intake import Upload
from services.registry.imports.batch.processing import TRIES, Processor
from services.registry.imports.batch.undo import Undoing, Undone, undo
from services.registry.imports.impact.estimate import Limits
from services.registry.imports.impact.grade_drops import GradingService
from services.registry.imports.rows.file import read_file
from services.registry.imports.staging import scratch
from services.registry.imports.staging.rivals import Overtaken
from services.registry.imports.tables import ImportFault
from services.registry.sameness.aliases import CREDIT_CODE
from services.registry.sameness.tables import Alias
from services.registry.tables import Instrument, Subject
from tests.integration.registry.import_files import header, subject_rows, table
from tests.integration.registry.running_registry import DISTRICT, STARTS, credit_code
from tests.integration.registry.running_registry import put_instrument as instrument_request
from tests.postgres import Databases

CASEWORKER = Caller("caseworker", "caseworker", frozenset({Role.CASEWORKER}), DISTRICT)
ADMINISTRATOR = Caller("admin", "admin", frozenset({Role.ADMINISTRATOR}), "000000")
Rival = Callable[[], Awaitable[Any]]


class Interrupted(Changes):
    """Changes of a register before which a rival comes first, as often as it is told to."""

    rival: Rival
    times = 0

    async def once(self, *arguments: Any) -> Any:
        if self.times:
            self.times -= 1
            await self.rival()
        return await super().once(*arguments)


class Register:
    """A register's database with a subject, without a process around it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.changes = Interrupted(database, FixedClock(STARTS))
        self._calm = Changes(database, FixedClock(STARTS))
        grading = GradingService(grpc.aio.insecure_channel("127.0.0.1:9"))
        self._processor = Processor(self.changes, grading, Limits(1, 1, 10**6), folder)
        self._undoing = Undoing(self.changes, folder)

    async def take(self, family: str, *rows: tuple[str, ...]) -> pb.Batch:
        """Imports a file."""
        head, content = header(family), table(*rows)
        upload = Upload(content, new_request_id(), read_file(head, content, STARTS.date()))
        caller = ADMINISTRATOR if family == "bureaus" else CASEWORKER
        return (await import_file(self._processor, caller, head, upload)).batch

    async def undo(self, batch: pb.Batch) -> None:
        """Undoes a batch, as when a second person has released it."""
        request = pb.UndoBatchRequest(
            request_id=new_request_id(), batch_id=batch.batch_id, ground="导错了文件"
        )

        async def finish(undone: Undone | None) -> None:
            command = partial(_undo, undone=undone)
            await self.changes.once(CASEWORKER, request, command, pb.UndoBatchResponse)

        await self._undoing.undo(CASEWORKER, request, finish, released=True)

    def overtake(self, rival: Rival, times: int = 1) -> None:
        """Lets a rival in before each of the next applications."""
        self.changes.rival, self.changes.times = rival, times

    async def open_account(self, subject_id: str) -> None:
        """Opens an account of a subject."""
        account = Account(
            account_id=new_request_id(),
            name="operator",
            display_name="合成经营者",
            roles=[Role.OPERATOR],
            subject_id=subject_id,
            password_hash="",
            created_at=STARTS,
        )
        async with self.database.transaction() as session:
            session.add(account)

    async def put(self, subject_id: str = "", **values: Any) -> pb.Instrument:
        """Files or changes an instrument by hand, by default of the first subject."""
        owner = subject_id or (await self.rows(Subject))[0].subject_id
        request = instrument_request(owner, **values)
        put = self._calm.once(CASEWORKER, request, put_instrument, pb.PutInstrumentResponse)
        return (await put).instrument

    async def rows(self, model: Any) -> list[Any]:
        """All rows of a table."""
        async with self.database.snapshot() as session:
            return list((await session.exec(select(model))).all())


async def _undo(
    change: Change, request: pb.UndoBatchRequest, undone: Undone | None
) -> pb.UndoBatchResponse:
    assert undone is not None
    batch = await find_batch(change.session, change.caller, request.batch_id, lock=True)
    await undo(change, batch, request.ground, undone)
    return pb.UndoBatchResponse()


@pytest.fixture
async def register(tmp_path: Path, databases: Databases) -> AsyncIterator[Register]:
    """A register with one subject."""
    database = await databases.migrated(tmp_path, "registry")
    register = Register(database, tmp_path / "staging")
    await register.take("bureaus", ("机关代码", "机关名称"), (DISTRICT, "合成局"))
    await register.take("subjects", *map(tuple, subject_rows("合成市场", bureau=DISTRICT)))
    yield register
    await database.close()


HEADING = ("使用单位", "器具类型", "出厂编号", "状态")


async def test_what_somebody_filed_meanwhile_is_not_filed_twice(register: Register) -> None:
    register.overtake(lambda: register.put(type_code="NAWI-D", serial_no="S1"))
    batch = await register.take(
        "instruments", HEADING, *(("合成市场", "NAWI-D", s, "在用") for s in ("S1", "S2"))
    )
    assert (batch.state, batch.changed) == ("applied", 2)
    rows = {row.serial_no: row for row in await register.rows(Instrument)}
    assert {serial: row.state for serial, row in rows.items()} == {"S1": "in_use", "S2": "in_use"}
    assert len(await register.rows(Instrument)) == 2
    assert rows["S1"].version == 2


async def test_a_former_code_is_told_of_however_often_a_file_is_compared(
    register: Register,
) -> None:
    former, code = credit_code(), credit_code()
    rows = subject_rows("合成商店", bureau=DISTRICT, 统一社会信用代码=code)
    await register.take("subjects", *map(tuple, rows))
    [shop] = [row for row in await register.rows(Subject) if row.credit_code == code]
    async with register.database.transaction() as session:
        own = {"former_id": former, "present_id": shop.subject_id, "since": STARTS}
        session.add(Alias(kind=CREDIT_CODE, **own))
    register.overtake(lambda: register.put(shop.subject_id, type_code="NAWI-D", serial_no="S1"))
    await register.take("instruments", HEADING, (former, "NAWI-D", "S1", "在用"))
    told = {(one.row, one.reason, one.value) for one in await register.rows(ImportFault)}
    assert told == {(2, "FORMER_CODE", former)}
    assert {row.subject_id for row in await register.rows(Instrument)} == {shop.subject_id}


async def test_what_somebody_changed_meanwhile_stays_changed(register: Register) -> None:
    filed = await register.put(type_code="NAWI-D", serial_no="S1")

    async def moved() -> None:
        await register.put(
            instrument_id=filed.instrument_id,
            type_code="NAWI-D",
            serial_no="S1",
            location="二楼",
            state="spare",
            version=filed.version,
        )

    register.overtake(moved)
    batch = await register.take("instruments", HEADING, ("合成市场", "NAWI-D", "S1", "在用"))
    assert (batch.state, batch.changed) == ("applied", 1)
    [row] = await register.rows(Instrument)
    assert (row.location, row.state, row.version) == ("二楼", "in_use", 3)


async def test_a_file_that_is_overtaken_again_and_again_names_the_row(register: Register) -> None:
    serials = iter(range(TRIES))
    rows = [("合成市场", "NAWI-D", f"S{n}", "在用") for n in range(TRIES)]
    register.overtake(
        lambda: register.put(type_code="NAWI-D", serial_no=f"S{next(serials)}"), TRIES
    )
    with pytest.raises(Overtaken) as caught:
        await register.take("instruments", HEADING, *rows)
    assert [fault.field for fault in caught.value.faults] == [f"row {TRIES + 1}"]
    assert {row.state for row in await register.rows(Instrument)} == {"spare"}


async def test_what_concerns_others_does_not_disturb_a_file(register: Register) -> None:
    register.overtake(lambda: register.put(type_code="NAWI-D", serial_no="another"), TRIES)
    batch = await register.take("instruments", HEADING, ("合成市场", "NAWI-D", "S1", "在用"))
    assert batch.state == "applied"
    assert register.changes.times == TRIES - 1


async def test_the_audit_covers_every_row_of_a_file(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "ROWS_AT_ONCE", 2)  # the rows are moved in several portions
    rows = [("合成市场", "NAWI-D", f"S{n}", "在用") for n in range(3)]
    await register.take("instruments", HEADING, *rows, ("合成市场", "NAWI-D", "S0", "在用"))
    await register.take("instruments", HEADING, ("合成市场", "NAWI-D", "S1", "停用"))
    sealer, findings = Sealer(register.database), Findings()
    while await sealer.seal():
        pass
    async with register.database.snapshot() as session:
        await check_rows(session, migrations.watched_tables("registry"), findings)
    assert findings.problems == []
    assert findings.figures["rows.proven"] == 5  # a bureau, a subject, instruments
    assert list((await audit_walk.verify(register.database)).breaks) == []


async def test_what_somebody_changed_meanwhile_is_not_undone(register: Register) -> None:
    batch = await register.take("instruments", HEADING, ("合成市场", "NAWI-D", "S1", "在用"))
    [filed] = await register.rows(Instrument)

    async def moved() -> None:
        values = {"instrument_id": filed.instrument_id, "version": 1, "location": "二楼"}
        await register.put(type_code="NAWI-D", serial_no="S1", state="in_use", **values)

    register.overtake(moved)
    with pytest.raises(WrongState) as caught:
        await register.undo(batch)
    assert [fault.field for fault in caught.value.faults] == [f"instrument/{filed.instrument_id}"]
    [row] = await register.rows(Instrument)
    assert (row.location, row.removed) == ("二楼", False)


async def test_what_somebody_filed_meanwhile_keeps_its_owner(register: Register) -> None:
    name = "合成商店"
    batch = await register.take("subjects", *map(tuple, subject_rows(name, bureau=DISTRICT)))
    [shop] = [row for row in await register.rows(Subject) if row.name == name]
    register.overtake(lambda: register.put(shop.subject_id, type_code="NAWI-D", serial_no="S1"))
    with pytest.raises(WrongState) as caught:
        await register.undo(batch)
    assert [fault.field for fault in caught.value.faults] == [f"subject/{shop.subject_id}"]


async def test_an_account_that_is_opened_meanwhile_keeps_its_subject(register: Register) -> None:
    name = "合成商店"
    batch = await register.take("subjects", *map(tuple, subject_rows(name, bureau=DISTRICT)))
    [shop] = [row for row in await register.rows(Subject) if row.name == name]
    register.overtake(lambda: register.open_account(shop.subject_id))
    with pytest.raises(WrongState) as caught:
        await register.undo(batch)
    assert [fault.field for fault in caught.value.faults] == [f"subject/{shop.subject_id}"]


async def test_what_concerns_others_does_not_disturb_an_undoing(register: Register) -> None:
    batch = await register.take("instruments", HEADING, ("合成市场", "NAWI-D", "S1", "在用"))
    register.overtake(lambda: register.put(type_code="NAWI-D", serial_no="another"), TRIES)
    await register.undo(batch)
    assert register.changes.times == TRIES - 1
    assert {row.serial_no: row.removed for row in await register.rows(Instrument)} == {
        "S1": True,
        "another": False,
    }


async def test_the_audit_covers_every_row_that_is_undone(register: Register) -> None:
    rows = [("合成市场", "NAWI-D", f"S{n}", "在用") for n in range(3)]
    await register.take("instruments", HEADING, rows[0])
    await register.undo(await register.take("instruments", HEADING, *rows[1:]))
    sealer, findings = Sealer(register.database), Findings()
    while await sealer.seal():
        pass
    async with register.database.snapshot() as session:
        await check_rows(session, migrations.watched_tables("registry"), findings)
    assert findings.problems == []
    removed = {row.serial_no: row.removed for row in await register.rows(Instrument)}
    assert removed == {"S0": False, "S1": True, "S2": True}
    assert list((await audit_walk.verify(register.database)).breaks) == []
