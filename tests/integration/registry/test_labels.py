"""Labels of instruments: their codes, what a scan tells, and who may print them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from law.colours.rule import InstrumentState, VerificationResult
from law.errors import NotFound
from law.evidence import Sector, SubjectKind
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.registry.v1 import registry_pb2 as pb
from services.registry import labels
from services.registry.tables import Bureau, Instrument, LabelKey, Subject, Verification
from tests.postgres import Databases

CLOCK = FixedClock(datetime(2026, 9, 14, 2, tzinfo=UTC))
PUBLIC = Caller("visitor", "visitor", frozenset({Role.PUBLIC}))
OPERATOR = Caller("o", "o", frozenset({Role.OPERATOR}), subject_id="firm")
CASEWORKER = Caller("c", "c", frozenset({Role.CASEWORKER}), "330106")
ABROAD = Caller("f", "f", frozenset({Role.CASEWORKER}), "330110")
FIRST, TWIN, PERSONS = "0123456789" + "a" * 22, "0123456789" + "b" * 22, "9" * 32
NAMES = ("测试自然人甲", "测试负责人乙", "住宅路1号")


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    """A register with a firm and a natural person, each with instruments."""
    database = await databases.migrated(tmp_path, "registry")
    await labels.ensure_key(database)
    async with database.transaction() as session:
        session.add(Bureau(code="330106", name="测试市监局", phone="0571-1", version=1))
        await session.flush()
        session.add(_subject("firm", SubjectKind.ORGANISATION, "测试加油站"))
        session.add(_subject("person", SubjectKind.NATURAL_PERSON, NAMES[0]))
        await session.flush()
        for identity, owner in ((FIRST, "firm"), (TWIN, "firm"), (PERSONS, "person")):
            session.add(_instrument(identity, owner))
        await session.flush()
        session.add(_verification(FIRST, "v1", date(2026, 9, 1), date(2027, 8, 31)))
        session.add(_verification(PERSONS, "v2", date(2025, 9, 1), date(2026, 8, 31)))
    yield database
    await database.close()


def _subject(identity: str, kind: SubjectKind, name: str) -> Subject:
    return Subject(
        subject_id=identity,
        kind=kind,
        name=name,
        bureau="330106",
        sector=Sector.FUEL_STATION,
        person_in_charge=NAMES[1],
        address=NAMES[2],
        version=1,
    )


def _instrument(identity: str, owner: str) -> Instrument:
    return Instrument(
        instrument_id=identity,
        subject_id=owner,
        bureau="330106",
        type_code="FUEL",
        serial_no=f"NO-{identity[-1]}",
        location=NAMES[2],
        state=InstrumentState.IN_USE,
        version=1,
    )


def _verification(instrument: str, identity: str, on: date, until: date) -> Verification:
    return Verification(
        verification_id=identity,
        instrument_id=instrument,
        result=VerificationResult.PASS,
        verified_on=on,
        valid_until=until,
        institution="测试计量院",
        certificate_no=identity,
        version=1,
    )


async def listed(database: Database, caller: Caller, **asked: object) -> list[pb.Label]:
    async with open_view(database, CLOCK, caller) as view:
        request = pb.ListLabelsRequest(**asked)  # type: ignore[arg-type] # fields by name
        return list((await labels.list_labels(view, request)).labels)


async def codes(database: Database, caller: Caller, **asked: object) -> dict[str, str]:
    return {one.instrument_id: one.code for one in await listed(database, caller, **asked)}


async def scan(database: Database, code: str) -> pb.ScannedInstrument:
    async with open_view(database, CLOCK, PUBLIC) as view:
        return (await labels.scan_instrument(view, pb.ScanInstrumentRequest(code=code))).instrument


async def test_a_code_leads_to_its_instrument_even_where_ids_begin_alike(
    database: Database,
) -> None:
    given = await codes(database, OPERATOR)
    assert set(given) == {FIRST, TWIN}
    for identity, code in given.items():
        found = await scan(database, code.upper().replace("-", " "))
        assert (found.serial_no, found.code) == (f"NO-{identity[-1]}", code)
    found = await scan(database, given[FIRST])
    assert (found.colour, found.result, found.institution) == ("none", "pass", "测试计量院")
    assert (found.verified_on, found.valid_until) == ("2026-09-01", "2027-08-31")
    assert (found.shop_name, found.bureau_phone) == ("测试加油站", "0571-1")


async def test_nothing_of_a_natural_person_is_told(database: Database) -> None:
    code = (await codes(database, CASEWORKER))[PERSONS]
    found = await scan(database, code)
    assert (found.colour, found.reason_en != "") == ("red", True)
    assert (found.shop_name, found.subject_id) == ("", "")
    told = found.SerializeToString().decode(errors="ignore")
    assert not [name for name in NAMES if name in told]


@pytest.mark.parametrize("code", ["0123456789-aaaaaaaa", "0123456789", FIRST, "x", "%", "'--"])
async def test_a_code_is_not_found_by_guessing(database: Database, code: str) -> None:
    with pytest.raises(NotFound):
        await scan(database, code)


async def test_labels_are_those_of_the_callers_scope_and_choice(database: Database) -> None:
    assert await codes(database, ABROAD) == {}
    assert set(await codes(database, OPERATOR, instrument_ids=[FIRST, PERSONS])) == {FIRST}
    assert set(await codes(database, CASEWORKER, subject_id="person")) == {PERSONS}


async def test_a_label_is_a_gs1_key_where_the_bureau_or_the_one_above_has_a_prefix(
    database: Database,
) -> None:
    assert {one.giai for one in await listed(database, OPERATOR)} == {""}
    async with database.transaction() as session:
        session.add(Bureau(code="330100", name="测试市局", gs1_prefix="4012345", version=1))
    for label in await listed(database, OPERATOR):
        assert label.giai == "4012345" + label.code.replace("-", "")
        found = await scan(database, f"https://host.example/8004/{label.giai}")
        assert (found.code, found.serial_no) == (label.code, label.serial_no)
        with pytest.raises(NotFound):
            await scan(database, f"/8004/4012346{label.giai[7:]}")
    async with database.transaction() as session:
        (await session.get_one(Bureau, "330106")).gs1_prefix = "690123"
    assert {one.giai[:6] for one in await listed(database, OPERATOR)} == {"690123"}


async def test_labels_are_chosen_by_type_state_and_institution(database: Database) -> None:
    async with database.transaction() as session:
        (await session.get_one(Instrument, TWIN)).state = InstrumentState.STOPPED
    assert set(await codes(database, CASEWORKER, state="in_use")) == {FIRST, PERSONS}
    assert set(await codes(database, OPERATOR, state="stopped")) == {TWIN}
    assert set(await codes(database, OPERATOR, type_code="FUEL")) == {FIRST, TWIN}
    assert await codes(database, OPERATOR, type_code="NAWI-D") == {}
    assert set(await codes(database, CASEWORKER, institution="测试计量院")) == {FIRST, PERSONS}
    assert await codes(database, CASEWORKER, institution="另一计量院") == {}


async def test_the_key_is_made_once(database: Database) -> None:
    before = await codes(database, OPERATOR)
    await labels.ensure_key(database)
    assert await codes(database, OPERATOR) == before
    async with database.snapshot() as session:
        assert len((await session.get_one(LabelKey, 1)).secret) == 64
