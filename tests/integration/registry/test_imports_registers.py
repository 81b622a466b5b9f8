"""Importing whole registers: the bundled one, and real ones where they are at hand."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.identity import Role
from plumbing.settings import Settings
from protos.registry.v1 import registry_pb2 as pb
from services.cli import sample
from services.cli.commands.imports import ColumnMapping
from services.registry.tables import Instrument, Subject
from tests.integration.registry.import_files import (
    faults,
    history,
    instruments_of,
    reasons,
    subjects_named,
    undo,
    upload,
)
from tests.integration.registry.running_registry import (
    TODAY,
    Client,
    RunningRegistry,
    running_by_itself,
)
from tests.postgres import Databases

REAL = Path(__file__).parents[4] / "shared" / "data"
STATES = {"在用": "in_use", "备用": "spare", "停用": "stopped", "报废": "scrapped"}
SIZES = {
    "bureaus": 12,
    "subjects": 60,
    "instruments": 600,
    "verifications": 1161,
    "records": 18,
}


@pytest.fixture(scope="module")
def _town_settings(
    nats_url: str, tmp_path_factory: pytest.TempPathFactory, databases: Databases
) -> Iterator[Settings]:
    with running_by_itself(tmp_path_factory.mktemp("register"), nats_url, databases) as settings:
        yield settings


@pytest.fixture
async def register(_town_settings: Settings) -> AsyncIterator[RunningRegistry]:
    """A registry of its own, empty at first."""
    registry = RunningRegistry(_town_settings)
    yield registry
    await registry.close()


@pytest.fixture
def system(register: RunningRegistry) -> Client:
    """A system that sends the data of every bureau; no account spans them all."""
    return register.client(Role.INTEGRATOR, bureau="000000")


def _sender(client: Client, family: str) -> Client:
    """Who imports a family: the administrator the bureaus, the client everything else."""
    administrator = client.running.client(Role.ADMINISTRATOR, bureau="000000")
    return administrator if family == "bureaus" else client


async def _load(client: Client) -> list[pb.Batch]:
    return [
        await upload(_sender(client, file.family), file.family, file.content, baseline=True)
        for file in sample.files(TODAY)
    ]


async def test_the_bundled_register_comes_in_again_and_out_and_in(
    system: Client, register: RunningRegistry
) -> None:
    first = await _load(system)
    assert {batch.family: batch.changed for batch in first} == SIZES
    assert {batch.state for batch in first} == {"applied"}
    for batch in first:
        assert await reasons(system, batch) == []
        assert await reasons(system, batch, warnings=True) == []
    again = await _load(system)
    assert {batch.state for batch in again} == {"unchanged"}
    states = await _states(register)
    assert states == _states_stated()
    assert set(states) == set(STATES.values()), "the register has instruments in every state"
    for batch in reversed(first):
        assert (await undo(_sender(system, batch.family), batch)).state == "undone"
    assert await subjects_named(system, "样例") == []
    third = await _load(system)
    assert {batch.family: batch.changed for batch in third} == SIZES
    assert await _states(register) == states


def _states_stated() -> Counter[str]:
    [fleet] = [file for file in sample.files(TODAY) if file.family == "instruments"]
    return Counter(STATES[row["状态"]] for row in _rows(fleet.content))


async def _states(register: RunningRegistry) -> Counter[str]:
    query = select(Instrument).where(sa.not_(col(Instrument.removed)))
    async with register.database.snapshot() as session:
        return Counter(row.state.value for row in await session.exec(query))


MAPPING = Path(__file__).parents[3] / "docs" / "examples" / "mapping-foreign-register.json"


def _real(name: str) -> bytes:
    file = REAL / name
    if not file.exists():
        pytest.skip(f"the real records are not beside the checkout: {name}")
    return file.read_bytes()


async def test_a_real_register_of_voltmeters(system: Client, register: RunningRegistry) -> None:
    content = _real("arshin_2024_voltmeters.csv")
    mapping = ColumnMapping.from_file(MAPPING)
    bureau = await register.bureau("999900")
    values = {
        "bureau": bureau,
        "columns": mapping.columns,
        "constants": mapping.constants,
        "placeholder_owners": mapping.placeholders,
        "file_missing": True,
        "unknown_types": mapping.unknown_types,
        "baseline": True,
        "mode": "good_rows",
    }
    batch = await upload(system, "verifications", content, **values)
    assert (batch.state, batch.rows) == ("applied", 1841)
    wrong = await faults(system, batch)
    contradicting = [fault for fault in wrong if fault.reason == "CONTRADICTION"]
    assert Counter(fault.message_en for fault in contradicting) == {
        "a pass needs the last valid day": 7,
        "only a pass is valid until a day": 2,
    }
    assert [fault.reason for fault in wrong if fault not in contradicting] == ["MISSING"]
    assert (batch.rejected, batch.changed) == (10, 1831)
    assert batch.in_review > 600
    assert batch.repeated_serials > 0
    notices = Counter(f.reason for f in await faults(system, batch, warnings=True))
    assert notices["REPEATED_SERIAL"] > 0
    assert notices["POSSIBLE_DUPLICATE_OWNER"] > 0
    await _check_review(register, bureau)
    again = await upload(system, "verifications", content, **values)
    assert (again.state, again.changed, again.rejected) == ("unchanged", 0, 10)
    await undo(system, batch)
    assert await subjects_named(system, "待核实") == []


async def _check_review(register: RunningRegistry, bureau: str) -> None:
    async with register.database.snapshot() as session:
        owners = (await session.exec(select(Subject).where(Subject.bureau == bureau))).all()
        fleet = (await session.exec(select(Instrument).where(Instrument.bureau == bureau))).all()
    review = {owner.subject_id for owner in owners if owner.in_review}
    assert {owner.name for owner in owners if owner.in_review} >= {
        "待核实（占位名：Юридическое лицо）",
        "待核实（占位名：Владелец）",
        "待核实（占位名：空白）",
    }
    assert {i.subject_id for i in fleet if i.in_review} == review
    # Writings that differ in blanks are one firm; other spellings stay apart until somebody looks.
    assert len({'АО "АПЗ"', 'АО"АПЗ"'} & {owner.name for owner in owners}) == 1
    serials = Counter((i.type_code, i.serial_no) for i in fleet)
    assert all(i.repeated_serial == (serials[i.type_code, i.serial_no] > 1) for i in fleet)


async def test_real_speed_meters_with_their_unsorted_history(
    system: Client, register: RunningRegistry
) -> None:
    fleet = _rows(_real("inmetro_rj_speedmeters_instruments.csv"))
    tests = _rows(_real("inmetro_rj_speedmeters_history.csv"))
    by_number = {row["n"]: row for row in fleet}
    joined = [by_number[row["instrument_n"]] | row for row in tests]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(joined[0]))
    writer.writeheader()
    writer.writerows(joined)
    bureau = await register.bureau("999800")
    batch = await upload(
        system,
        "verifications",
        text.getvalue().encode("gb18030", errors="replace"),
        bureau=bureau,
        mode="good_rows",
        file_missing=True,
        unknown_types=True,
        columns={"type_code": "meter_type", "verified_on": "reported_on"},
        constants={"institution": "Ipem-RJ"},
        values={
            "result:Aprovado": "pass",
            "result:Reprovado": "reject",
            "result:Pendente": "pending",
            "result:Reparado": "repaired",
        },
    )
    assert (batch.state, batch.rows, batch.encoding) == ("applied", len(tests), "gb18030")
    assert {f.reason for f in await faults(system, batch)} <= {"MISSING", "CONTRADICTION"}
    owners = await subjects_named(system, "LTDA")
    fleets = [await instruments_of(system, owner) for owner in owners]
    twins = [one for fleet in fleets for one in fleet if one.serial_no == "TC000507"]
    assert len({one.subject_id for one in twins}) == 2
    assert all(one.repeated_serial for one in twins)
    histories = [await history(system, one) for one in twins]
    assert sorted(map(len, histories)) == [1, 9]
    for history_of_one in histories:
        days = [one.verified_on for one in history_of_one]
        assert days == sorted(days, reverse=True)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
