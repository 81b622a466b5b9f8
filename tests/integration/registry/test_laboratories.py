"""Laboratories: what their sensors recorded, and what that says of verifications done there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock, SystemClock
from plumbing.identity import Role, service_caller
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import directory_pb2 as directory
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import laboratories_pb2 as pb
from protos.registry.v1 import registry_pb2
from services.registry.laboratories.marking import mark
from services.registry.laboratories.pruning import EnvironmentPruner
from services.registry.laboratories.tables import EnvironmentMark
from services.registry.tables import Verification
from tests.integration.events.support import eventually
from tests.integration.lists.plans import recorded
from tests.integration.registry.bulk_sender import Sender
from tests.integration.registry.import_files import (
    reasons,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    FOREIGN,
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    refused,
    verify,
)

DAY = "2026-09-01"
WORK = {"laboratory": "力学室", "worked_from": f"{DAY}T09:00", "worked_until": f"{DAY}T11:00"}


async def put(client: Client, institution: str, **values: Any) -> pb.Laboratory:
    """Puts a laboratory of an institution on file, by default one that is authorised."""
    given = {
        "institution_id": institution,
        "name": "力学室",
        "site": "样例市样例路18号3楼",
        "document_no": "（合成）法计专字第001号",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
    }
    request = pb.PutLaboratoryRequest(
        request_id=new_request_id(), laboratory=pb.Laboratory(**(given | values))
    )
    return (await client.laboratories.PutLaboratory(request)).laboratory


async def laboratory(registry: RunningRegistry, name: str) -> tuple[Client, pb.Laboratory]:
    """Somebody of an institution that may verify fuel dispensers, with its laboratory."""
    own = await registry.speaker(name, "FUEL")
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    return own, await put(head, name)


async def send(
    client: Client, laboratory_id: str, *records: tuple[str, str, str], **values: Any
) -> pb.RecordEnvironmentResponse:
    """Sends records of one sensor: hour, temperature and humidity of each."""
    request = pb.RecordEnvironmentRequest(
        request_id=new_request_id(),
        laboratory_id=laboratory_id,
        records=[
            pb.EnvironmentRecord(sensor="T1", hour=hour, temperature=degrees, humidity=percent)
            for hour, degrees, percent in records
        ],
        **values,
    )
    return await client.laboratories.RecordEnvironment(request)


def hour(number: int, degrees: str = "20.5", percent: str = "55") -> tuple[str, str, str]:
    """A record of an hour of the day on which the tests verify."""
    return f"{DAY}T{number:02}:00", degrees, percent


async def mark_of(client: Client, verification_id: str) -> pb.EnvironmentMark:
    """The mark of a verification, once it has one."""

    async def read() -> pb.EnvironmentMark | None:
        request = pb.GetEnvironmentMarkRequest(verification_id=verification_id)
        answer = await client.laboratories.GetEnvironmentMark(request)
        return answer.mark if answer.HasField("mark") else None

    found = None

    async def is_there() -> bool:
        nonlocal found
        found = await read()
        return found is not None

    await eventually(is_there)
    assert found is not None
    return found


async def verified(
    registry: RunningRegistry, own: Client, institution: str, **values: Any
) -> registry_pb2.Verification:
    """A verification of a new fuel dispenser that the institution reports."""
    filed = await registry.instrument(type_code="FUEL")
    said = {"institution": institution, "verified_on": DAY, "method": "JJG 443-2023"} | values
    answer = await own.registry.RecordVerification(verify(filed.instrument_id, **said))
    return answer.verification


async def test_records_outside_the_limits_are_marked_and_noted(registry: RunningRegistry) -> None:
    name = "合成实验一所"
    own, room = await laboratory(registry, name)
    assert (await send(own, room.laboratory_id, hour(9), hour(10, "60"))).added == 2
    done = await verified(registry, own, name, **WORK)
    mark = await mark_of(own, done.verification_id)
    assert (mark.finding, mark.hours, mark.hours_outside) == ("exceeded", 2, 1)
    assert (mark.regulation, mark.example, mark.most_temperature) == ("JJG 443-2023", True, "55")
    assert (mark.lowest_temperature, mark.highest_temperature) == ("20.5", "60")
    caseworker = registry.client(Role.CASEWORKER)
    assert done.verification_id in await listed(caseworker, finding="exceeded", unnoted=True)
    request = pb.NoteEnvironmentMarkRequest(
        request_id=new_request_id(),
        verification_id=done.verification_id,
        note="（合成）空调停机半小时，已要求重新检定",
        version=mark.version,
    )
    noted = (await caseworker.laboratories.NoteEnvironmentMark(request)).mark
    assert (noted.noted_by, noted.finding) == ("someone", "exceeded")
    assert done.verification_id not in await listed(caseworker, unnoted=True)
    abroad = registry.client(Role.CASEWORKER, bureau=FOREIGN)
    assert done.verification_id not in await listed(abroad)
    other = await registry.speaker("合成实验二所", "FUEL")
    assert done.verification_id not in await listed(other)
    with refused("NOT_PERMITTED"):
        await own.laboratories.NoteEnvironmentMark(request)
    actions = [one.action for one in await registry.audited(f"verification/{done.verification_id}")]
    assert actions == ["record_verification", "mark_environment", "note_environment"]


async def listed(client: Client, **asked: Any) -> list[str]:
    """The ids of the marked verifications that a caller finds."""
    request = pb.ListEnvironmentMarksRequest(page_size=1000, **asked)
    answer = await client.laboratories.ListEnvironmentMarks(request)
    return [one.mark.verification_id for one in answer.marks]


async def test_late_records_mark_anew_and_only_once(registry: RunningRegistry) -> None:
    name = "合成实验三所"
    own, room = await laboratory(registry, name)
    done = await verified(registry, own, name, **WORK)
    first = await mark_of(own, done.verification_id)
    assert (first.finding, first.hours_missing) == ("no_records", 2)
    answer = await send(own, room.laboratory_id, hour(8), hour(9))
    assert (answer.added, answer.marked) == (2, 1)
    assert (await mark_of(own, done.verification_id)).finding == "gaps"
    answer = await send(own, room.laboratory_id, hour(9), hour(10), hour(11))
    assert (answer.added, answer.known, answer.marked) == (2, 1, 1)
    mark = await mark_of(own, done.verification_id)
    assert (mark.finding, mark.version) == ("within", 3)
    answer = await send(own, room.laboratory_id, hour(9), hour(10), hour(11))
    assert (answer.known, answer.marked) == (3, 0)
    with refused("INVALID_INPUT", "records.0.hour"):
        await send(own, room.laboratory_id, hour(10, "58"))
    answer = await send(own, room.laboratory_id, hour(10, "58"), ground="传感器已校准，更正")
    assert (answer.replaced, answer.marked) == (1, 1)
    assert (await mark_of(own, done.verification_id)).finding == "exceeded"
    page = await own.laboratories.ListEnvironment(
        pb.ListEnvironmentRequest(laboratory_id=room.laboratory_id, first_day=DAY, last_day=DAY)
    )
    assert [(one.hour[-5:], one.temperature) for one in page.records] == [
        ("11:00", "20.5"), ("10:00", "58"), ("09:00", "20.5"), ("08:00", "20.5")
    ]  # fmt: skip


async def test_a_faulty_record_is_named_and_none_is_taken(registry: RunningRegistry) -> None:
    own, room = await laboratory(registry, "合成实验四所")
    faulty = (
        ("2026-09-14T23:00", "20", "50"),
        hour(8, "999.9", "101"),
        ("2025-12-31T23:00", "20", "50"),
        ("2026-09-31T09:00", "20", "50"),
    )
    with refused(
        "INVALID_INPUT",
        *("records.1.hour", "records.2.temperature", "records.2.humidity"),
        *("records.3.hour", "records.4.hour"),
    ):
        await send(own, room.laboratory_id, hour(9, "20"), *faulty)
    content = "传感器,时间,温度,湿度\nT1,2026/9/1 9:00,20.5,55\nT1,2026年9月1日10时,十,55\n"
    request = pb.ImportEnvironmentRequest(
        request_id=new_request_id(), laboratory_id=room.laboratory_id, content=content.encode()
    )
    with refused("INVALID_INPUT", "rows.3"):
        await own.laboratories.ImportEnvironment(request)
    fixed = pb.ImportEnvironmentRequest(
        request_id=new_request_id(),
        laboratory_id=room.laboratory_id,
        content=content.replace("十", "21").encode(),
    )
    assert (await own.laboratories.ImportEnvironment(fixed)).added == 2
    other = await registry.speaker("合成实验五所", "FUEL")
    with refused("NOT_FOUND"):
        await send(other, room.laboratory_id, hour(12))
    with refused("NOT_PERMITTED"):
        await send(registry.client(Role.CASEWORKER), room.laboratory_id, hour(12))


async def test_a_verification_names_a_laboratory_that_is_authorised(
    registry: RunningRegistry,
) -> None:
    name = "合成实验六所"
    own, room = await laboratory(registry, name)
    with refused("INVALID_INPUT", "verification.laboratory"):
        await verified(registry, own, name, **(WORK | {"laboratory": "热工室"}))
    with refused("INVALID_INPUT", "verification.worked_until"):
        await verified(registry, own, name, **(WORK | {"worked_until": ""}))
    with refused("INVALID_INPUT", "verification.worked_until"):
        await verified(registry, own, name, **(WORK | {"worked_until": "2026-09-02T09:00"}))
    with refused("INVALID_INPUT", "verification.worked_from", "verification.worked_until"):
        # No such moment can be looked up; the consumer of results must never meet one.
        long_ago = {"worked_from": "0001-01-01T00:00", "worked_until": "0001-01-01T01:00"}
        await verified(registry, own, name, **(WORK | long_ago))
    done = await verified(registry, own, name, **WORK)
    assert (await mark_of(own, done.verification_id)).finding == "no_records"
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    same = {"laboratory_id": room.laboratory_id, "valid_until": "2026-08-31"}
    ended = await put(head, name, **same, version=room.version)
    assert ended.version == 2
    assert (await mark_of(own, done.verification_id)).finding == "not_authorised"
    with refused("INVALID_INPUT", "verification.laboratory"):
        await verified(registry, own, name, **WORK)
    with refused("INVALID_INPUT", "records.0.hour"):
        await send(own, room.laboratory_id, hour(9))
    with refused("WRONG_STATE"):
        await put(head, name, **same, version=1)
    with refused("INVALID_INPUT", "laboratory.name"):
        await put(head, name, **same, name="力学二室", version=2)
    with refused("ALREADY_EXISTS"):
        await put(head, name)
    longer = same | {"valid_until": "2027-12-31"}
    await put(head, name, **longer, version=2)
    assert (await mark_of(own, done.verification_id)).finding == "no_records"
    plain = await verified(registry, own, name)
    request = pb.GetEnvironmentMarkRequest(verification_id=plain.verification_id)
    assert not (await own.laboratories.GetEnvironmentMark(request)).HasField("mark")


async def test_the_regulation_of_a_mark_follows_the_type_of_its_instrument(
    registry: RunningRegistry,
) -> None:
    name = "合成实验九所"
    own, room = await laboratory(registry, name)
    await send(own, room.laboratory_id, hour(9, "-5"), hour(10, "-5"))
    filed = await registry.instrument(type_code="FUEL")
    said = {"institution": name, "verified_on": DAY, "method": ""} | WORK
    answer = await own.registry.RecordVerification(verify(filed.instrument_id, **said))
    done = answer.verification.verification_id
    first = await mark_of(own, done)
    assert (first.finding, first.regulation) == ("within", "JJG 443-2023")
    caseworker = registry.client(Role.CASEWORKER)
    asked = registry_pb2.GetInstrumentRequest(instrument_id=filed.instrument_id)
    present = (await caseworker.registry.GetInstrument(asked)).instrument
    present.type_code = "WATER-L"
    request = registry_pb2.PutInstrumentRequest(request_id=new_request_id(), instrument=present)
    await caseworker.registry.PutInstrument(request)
    mark = await mark_of(own, done)
    assert (mark.finding, mark.regulation) == ("exceeded", "JJG 162-2019")


async def test_hours_far_apart_mark_only_what_was_done_in_them(registry: RunningRegistry) -> None:
    name = "合成实验十所"
    own, room = await laboratory(registry, name)
    done = await verified(registry, own, name, **WORK)
    assert (await mark_of(own, done.verification_id)).finding == "no_records"
    around = [("2026-08-01T09:00", "20", "50"), ("2026-09-10T09:00", "20", "50")]
    assert (await send(own, room.laboratory_id, *around)).marked == 0
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    given = {"laboratory_id": room.laboratory_id, "version": room.version}
    shorter = await put(head, name, **given, valid_from="2026-09-02")
    assert (await mark_of(own, done.verification_id)).finding == "not_authorised"
    await put(head, name, **(given | {"version": shorter.version}), valid_from="2026-08-01")
    mark = await mark_of(own, done.verification_id)
    assert (mark.finding, mark.version) == ("no_records", 3)


async def test_files_and_systems_name_laboratories_too(registry: RunningRegistry) -> None:
    name = "合成实验七所"
    own, _room = await laboratory(registry, name)
    filed = await registry.instrument(type_code="FUEL")
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 检定机构=name)
    work = {"实验室": "力学室", "检定开始时间": "2026/9/1 9:00", "检定结束时间": "2026-09-01 10:30"}
    wrong = await upload(own, "verifications", verifications({**row, **work, "实验室": "热工室"}))
    assert [one[2] for one in await reasons(own, wrong)] == ["UNKNOWN_LABORATORY"]
    batch = await upload(own, "verifications", verifications({**row, **work}))
    assert batch.state == "applied"

    async def marked(laboratory: str) -> bool:
        request = pb.ListEnvironmentMarksRequest(institution=name)
        answer = await own.laboratories.ListEnvironmentMarks(request)
        return laboratory in [one.mark.worked_until for one in answer.marks]

    await eventually(lambda: marked(f"{DAY}T10:30"))
    second = await registry.instrument(type_code="FUEL")
    item = bulk.VerificationItem(
        type_code="FUEL",
        serial_no=second.serial_no,
        result="pass",
        verified_on=DAY,
        valid_until="2027-02-28",
        institution=name,
        certificate_no="（合成）室-1",
        **WORK,
    )
    pushed = await Sender(own, "verifications", [[item]]).push()
    assert pushed.state == "applied"
    await eventually(lambda: marked(f"{DAY}T11:00"))
    assert (await undo(registry.client(Role.CASEWORKER), batch)).state == "undone"

    removed = select(Verification.verification_id).where(
        col(Verification.removed), col(Verification.institution) == name
    )

    async def mark_is_gone() -> bool:
        async with registry.database.snapshot() as session:
            [undone] = (await session.exec(removed)).all()
            return await session.get(EnvironmentMark, undone) is None

    await eventually(mark_is_gone)


async def test_anybody_finds_a_laboratory_that_its_institution_released(
    registry: RunningRegistry,
) -> None:
    name = "合成实验八所"
    own, room = await laboratory(registry, name)
    listing = directory.InstitutionListing(
        institution_id=name, released=True, sites="样例市样例路18号", division_code="330106"
    )
    await own.directory.PutListing(
        directory.PutListingRequest(request_id=new_request_id(), listing=listing)
    )

    async def found() -> list[str]:
        request = directory.ListDirectoryRequest(name_contains=name)
        answer = await registry.client(Role.PUBLIC).directory.ListDirectory(request)
        return [one.name for entry in answer.institutions for one in entry.laboratories]

    assert await found() == []
    release = pb.ReleaseLaboratoryRequest(
        request_id=new_request_id(), laboratory_id=room.laboratory_id, released=True, version=1
    )
    assert (await own.laboratories.ReleaseLaboratory(release)).laboratory.released
    assert await found() == ["力学室"]
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    same = await put(head, name, laboratory_id=room.laboratory_id, version=2)
    assert (same.released, await found()) == (True, ["力学室"])
    moved = {"laboratory_id": room.laboratory_id, "site": "样例市别处", "version": 3}
    assert not (await put(head, name, **moved)).released  # the unit head alone shows nothing
    assert await found() == []
    release.version, release.request_id = 4, new_request_id()
    assert (await own.laboratories.ReleaseLaboratory(release)).laboratory.released
    assert await found() == ["力学室"]
    told = await registry.events_of(f"institution/{room.institution_id}")
    shown = [
        (one.name, one.shown, one.changed_by_bureau)
        for one in told
        if isinstance(one, events.LaboratoryShown)
    ]
    assert shown == [("力学室", True, False), ("力学室", False, True), ("力学室", True, False)]
    over = {"laboratory_id": room.laboratory_id, "valid_until": "2026-08-31", "version": 5}
    await put(head, name, **over)
    ended = await registry.events_of(f"laboratory/{room.laboratory_id}")
    assert [one.endings[0].last_day for one in ended][-1] == "2026-08-31"
    assert await found() == []
    with refused("NOT_PERMITTED"):
        await head.laboratories.ReleaseLaboratory(release)


async def told_of_marks(registry: RunningRegistry, institution_id: str) -> list[Any]:
    """What an institution was told of the marks of its verifications."""
    every = await registry.events_of(f"institution/{institution_id}")
    kinds = events.EnvironmentMarked, events.EnvironmentNoted
    return [one for one in every if isinstance(one, kinds)]


async def test_one_batch_of_records_is_told_once_and_each_bureau_hears_of_its_own(
    registry: RunningRegistry,
) -> None:
    name = "合成实验十一所"
    own, room = await laboratory(registry, name)
    done = [await verified(registry, own, name, **WORK) for _ in range(3)]
    await registry.bureau(OTHER_DISTRICT)
    elsewhere = await registry.subject(bureau=OTHER_DISTRICT)
    abroad = await registry.instrument(elsewhere, type_code="FUEL")
    said = {"institution": name, "verified_on": DAY, "method": "JJG 443-2023"} | WORK
    there = registry.client(Role.CASEWORKER, bureau=OTHER_DISTRICT)
    answer = await there.registry.RecordVerification(verify(abroad.instrument_id, **said))
    far = answer.verification
    for reader, one in ((there, far), *((own, one) for one in done)):
        assert (await mark_of(reader, one.verification_id)).finding == "no_records"
    assert await told_of_marks(registry, room.institution_id) == [], "records come later"
    assert (await send(own, room.laboratory_id, hour(9, "60"), hour(10))).marked == 4
    assert (await send(own, room.laboratory_id, hour(9, "60"), hour(10))).marked == 0
    (told,) = await told_of_marks(registry, room.institution_id)
    assert (told.institution.name, told.total) == (name, 4)
    by_bureau = {
        part.bureau: {one.verification_id for one in part.verifications} for part in told.bureaus
    }
    assert by_bureau == {
        DISTRICT: {one.verification_id for one in done},
        OTHER_DISTRICT: {far.verification_id},
    }
    caseworker = registry.client(Role.CASEWORKER)
    request = pb.NoteEnvironmentMarkRequest(
        request_id=new_request_id(),
        verification_id=done[0].verification_id,
        note="（合成）已核对",
        version=(await mark_of(own, done[0].verification_id)).version,
    )
    for _ in range(2):
        await caseworker.laboratories.NoteEnvironmentMark(request)
    noted = (await told_of_marks(registry, room.institution_id))[1:]
    assert [(one.note, one.bureau) for one in noted] == [("（合成）已核对", DISTRICT)]
    assert noted[0].verification.verification_id == done[0].verification_id


async def test_many_verifications_are_marked_with_as_many_queries_as_one(
    registry: RunningRegistry,
) -> None:
    name = "合成实验十二所"
    own, room = await laboratory(registry, name)
    ids = [(await verified(registry, own, name, **WORK)).verification_id for _ in range(5)]
    for one in ids:
        await mark_of(own, one)
    await send(own, room.laboratory_id, hour(9), hour(10))
    asked = {}
    for number in (1, 5):
        async with registry.database.transaction() as session:
            marks = sa.delete(EnvironmentMark).where(
                col(EnvironmentMark.verification_id).in_(ids[:number])
            )
            await (await session.connection()).execute(marks)
        changes = Changes(registry.database, SystemClock())
        with recorded(registry.database) as statements:
            async with changes.change(service_caller("registry")) as change:
                assert await mark(change, ids[:number]) == number
        # Each mark has an audit entry of its own, whose number is asked for.
        asked[number] = [text for text, _ in statements if "INTO audit_entry" not in text]
    assert len(asked[5]) == len(asked[1]) <= 10, asked


async def test_records_leave_after_their_time_and_the_mark_stays(registry: RunningRegistry) -> None:
    name = "合成实验十三所"
    own, room = await laboratory(registry, name)
    await send(own, room.laboratory_id, hour(9), hour(10, "60"))
    done = await verified(registry, own, name, **WORK)
    before = await mark_of(own, done.verification_id)
    clock = FixedClock(datetime(2036, 9, 2, tzinfo=UTC))
    changes = Changes(registry.database, clock)
    pruner = EnvironmentPruner(changes)
    early = EnvironmentPruner(
        Changes(registry.database, FixedClock(clock.now() - timedelta(days=1)))
    )
    kept = pb.ListEnvironmentRequest(laboratory_id=room.laboratory_id)
    await early.prune(partial(asyncio.sleep, 0))
    assert len((await own.laboratories.ListEnvironment(kept)).records) == 2
    assert (await pruner.prune(partial(asyncio.sleep, 0)))["environment_record"] >= 2
    assert not (await own.laboratories.ListEnvironment(kept)).records
    async with changes.change(service_caller("registry")) as change:
        assert await mark(change, [done.verification_id]) == 0
    assert await mark_of(own, done.verification_id) == before
    [entry] = [
        one
        for one in await registry.audited(f"laboratory/{room.laboratory_id}")
        if one.action == "prune_environment"
    ]
    assert entry.after is not None
    assert entry.after["environment_records"] == 2
