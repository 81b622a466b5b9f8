"""Calibrations: what a certificate proposes, what a person confirms, and when the next is due."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import calibrations_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import photographs_pb2 as photographs
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as register
from services.registry.calibrations.tables import Dcc
from tests.dcc import LABORATORY, Authority, dcc
from tests.integration.registry.import_files import upload, verifications
from tests.integration.registry.running_registry import (
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    refused,
)
from tests.integration.registry.test_institutions import OTHER, OWN
from tests.integration.registry.test_sameness import FILING, found, join, shown, unnumbered
from tests.integration.registry.test_upkeep import note
from tests.patience import PATIENCE_SECONDS

PIECE = 100_000


async def send(client: Client, content: bytes, **values: Any) -> pb.UploadDccResponse:
    """Uploads a certificate of calibration."""
    header = pb.DccHeader(**{"request_id": new_request_id(), "file_name": "证书.xml"} | values)

    async def parts() -> AsyncIterator[pb.UploadDccRequest]:
        yield pb.UploadDccRequest(header=header)
        for start in range(0, len(content), PIECE):
            yield pb.UploadDccRequest(content=content[start : start + PIECE])

    return await client.calibrations.UploadDcc(parts(), timeout=PATIENCE_SECONDS)


async def read(client: Client, dcc_id: str) -> pb.GetDccResponse:
    return await client.calibrations.GetDcc(pb.GetDccRequest(dcc_id=dcc_id))


async def confirm(client: Client, dcc_id: str, instrument_id: str, **values: Any) -> pb.Calibration:
    """Confirms an item of a certificate, by default the first."""
    request = pb.ConfirmCalibrationRequest(
        request_id=new_request_id(),
        dcc_id=dcc_id,
        instrument_id=instrument_id,
        **{"item": 1} | values,
    )
    return (await client.calibrations.ConfirmCalibration(request)).calibration


async def listed(client: Client, **values: Any) -> pb.ListCalibrationsResponse:
    return await client.calibrations.ListCalibrations(pb.ListCalibrationsRequest(**values))


def operator(registry: RunningRegistry, instrument: register.Instrument) -> Client:
    return registry.client(Role.OPERATOR, subject_id=instrument.subject_id)


async def announced_days(
    registry: RunningRegistry, of: register.Instrument
) -> list[tuple[str, str, int]]:
    """What was announced of the days on which the instruments of an owner are calibrated next."""
    return [
        (one.instrument_id, one.due_on, one.due_version)
        for one in await registry.events_of(f"subject/{of.subject_id}")
        if isinstance(one, events.CalibrationDueChanged)
    ]


def a_number() -> str:
    return f"SYN-{uuid4().hex[:10]}"


async def test_a_calibration_from_the_upload_to_the_next_due_date(
    registry: RunningRegistry,
) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    sent = await send(client, dcc(filed.serial_no, number=(number := a_number())))
    assert (sent.dcc.state, sent.dcc.certificate_no, sent.dcc.valid) == ("waiting", number, True)
    assert [one.code for one in sent.findings] == ["SIGNATURE_UNSIGNED"]
    found = await read(client, sent.dcc.dcc_id[:12])
    [item] = found.items
    assert [(one.instrument_id, one.by) for one in item.candidates] == [
        (filed.instrument_id, "serial_no")
    ]
    assert not found.needs_ground
    numbered = await registry.instrument(owner_no=(own_no := a_number()))
    file = dcc("SN-OTHER", number=a_number(), owner_no=own_no)
    [item] = (await read(client, (await send(client, file)).dcc.dcc_id)).items
    assert [(one.instrument_id, one.by) for one in item.candidates] == [
        (numbered.instrument_id, "owner_no")
    ]
    owner = operator(registry, filed)
    assert not (await listed(owner, instrument_id=filed.instrument_id)).calibrations
    made = await confirm(client, sent.dcc.dcc_id, filed.instrument_id)
    assert (made.laboratory, made.calibrated_on, made.due_on) == (LABORATORY, "2026-09-02", "")
    assert [(one.name, one.value) for one in made.conditions] == [("环境温度", "20.1")]
    cycle = pb.SetCalibrationCycleRequest(
        request_id=new_request_id(), instrument_id=filed.instrument_id, months=6
    )
    answer = await owner.calibrations.SetCalibrationCycle(cycle)
    assert (answer.months, answer.due_on) == (6, "2027-03-02")
    own = await listed(owner, instrument_id=filed.instrument_id)
    assert [one.due_on for one in own.calibrations] == ["2027-03-02"]
    assert own.cycle_months == 6
    due = await listed(owner, due_until="2027-03-02")
    assert [one.calibration_id for one in due.calibrations] == [made.calibration_id]
    assert not (await listed(owner, due_until="2027-03-01")).calibrations
    # It is no verification: nothing changed of the instrument but its owner's number.
    request = register.GetInstrumentRequest(instrument_id=filed.instrument_id)
    seen = await owner.registry.GetInstrument(request)
    filed.owner_no, filed.version = f"OWN-{filed.serial_no}", filed.version + 1
    assert (seen.instrument, list(seen.verifications)) == (filed, [])
    again = dcc(
        filed.serial_no, number=a_number(), begun="2026-09-10", ended="2026-09-11", issued=""
    )
    later = await send(client, again)
    await confirm(client, later.dcc.dcc_id, filed.instrument_id)
    own = await listed(owner, instrument_id=filed.instrument_id)
    assert [one.due_on for one in own.calibrations] == ["2027-03-11", ""]
    moves = [(filed.instrument_id, "2027-03-02", 1), (filed.instrument_id, "2027-03-11", 2)]
    assert await announced_days(registry, filed) == moves


async def test_another_number_of_the_owner_in_a_certificate_is_told_and_not_taken(
    registry: RunningRegistry,
) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument(owner_no="JL-1")
    sent = await send(client, dcc(filed.serial_no, number=a_number(), owner_no="X-2"))
    request = pb.ConfirmCalibrationRequest(
        request_id=new_request_id(),
        dcc_id=sent.dcc.dcc_id,
        instrument_id=filed.instrument_id,
        item=1,
    )
    answer = await client.calibrations.ConfirmCalibration(request)
    [other] = answer.differing
    assert (other.field, other.on_file, other.given) == ("owner_no", "JL-1", "X-2")
    wanted = register.GetInstrumentRequest(instrument_id=filed.instrument_id)
    assert (await client.registry.GetInstrument(wanted)).instrument == filed
    # A caseworker is asked to correct the register by it.
    waits = answer.correction
    assert (waits.act, waits.institution) == ("correct_instrument", OWN)
    caseworker = await registry.person(Role.CASEWORKER)
    release = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=waits.proposal_id, reasons="经核对铭牌"
    )
    await caseworker.proposals.ReleaseProposal(release)
    now = (await client.registry.GetInstrument(wanted)).instrument
    assert now.owner_no == "X-2"
    # One who may correct it at once is asked for nothing.
    later = await send(caseworker, dcc(filed.serial_no, number=a_number(), owner_no="X-3"))
    request.MergeFrom(
        pb.ConfirmCalibrationRequest(request_id=new_request_id(), dcc_id=later.dcc.dcc_id)
    )
    answer = await caseworker.calibrations.ConfirmCalibration(request)
    assert [one.given for one in answer.differing] == ["X-3"]
    assert not answer.HasField("correction")


async def test_a_cycle_that_ends_is_announced_and_the_same_one_is_not(
    registry: RunningRegistry,
) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    sent = await send(client, dcc(filed.serial_no, number=a_number()))
    await confirm(client, sent.dcc.dcc_id, filed.instrument_id)
    owner = operator(registry, filed)
    for months in (6, 6, 0):
        cycle = pb.SetCalibrationCycleRequest(
            request_id=new_request_id(), instrument_id=filed.instrument_id, months=months
        )
        await owner.calibrations.SetCalibrationCycle(cycle)
    moves = [(filed.instrument_id, "2027-03-02", 1), (filed.instrument_id, "", 2)]
    assert await announced_days(registry, filed) == moves


async def test_a_person_says_why_it_is_confirmed_in_spite_of_what_was_found(
    registry: RunningRegistry,
) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    old = await send(client, dcc(filed.serial_no, number=a_number(), version="2.9.0", issued=""))
    assert [one.code for one in old.findings if not one.hint] == ["UNKNOWN_VERSION"]
    with refused("INVALID_INPUT", "ground"):
        await confirm(client, old.dcc.dcc_id, filed.instrument_id)
    made = await confirm(client, old.dcc.dcc_id, filed.instrument_id, ground="已与纸质证书核对")
    assert made.ground == "已与纸质证书核对"
    with refused("ALREADY_EXISTS"):
        await confirm(client, old.dcc.dcc_id, filed.instrument_id, ground="再次")
    other = await send(client, dcc(a_number(), number=a_number()))
    with refused("INVALID_INPUT", "ground"):  # another serial number
        await confirm(client, other.dcc.dcc_id, filed.instrument_id)
    with refused("INVALID_INPUT", "item"):
        await confirm(client, other.dcc.dcc_id, filed.instrument_id, item=2, ground="核对")
    with refused("INVALID_INPUT", "calibrated_on"):
        values = {"calibrated_on": "2026-09-15", "ground": "核对"}
        await confirm(client, other.dcc.dcc_id, filed.instrument_id, **values)


async def test_instruments_with_one_number_are_all_named_and_a_replaced_certificate_finds_its_own(
    registry: RunningRegistry,
) -> None:
    client, serial_no = await registry.speaker(OWN, "FUEL"), a_number()
    twins = [await registry.instrument(serial_no=serial_no) for _ in range(2)]
    sent = await send(client, dcc(serial_no, number=(number := a_number())))
    [item] = (await read(client, sent.dcc.dcc_id)).items
    assert {one.instrument_id for one in item.candidates} == {one.instrument_id for one in twins}
    await confirm(client, sent.dcc.dcc_id, twins[1].instrument_id)
    replaced = f"""<dcc:reportAmendedSubstituted><dcc:typeOfReportAmendedSubstituted>amended
      </dcc:typeOfReportAmendedSubstituted><dcc:replacedUniqueIdentifier>{number}
      </dcc:replacedUniqueIdentifier></dcc:reportAmendedSubstituted></dcc:coreData>""".encode()
    content = dcc(a_number(), number=a_number()).replace(b"</dcc:coreData>", replaced)
    [item] = (await read(client, (await send(client, content)).dcc.dcc_id)).items
    assert [(one.instrument_id, one.by) for one in item.candidates] == [
        (twins[1].instrument_id, "certificate_no")
    ]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (dcc().replace(b"</dcc:items>", b""), "content"),
        (b"<?xml version='1.0'?>" + b"<d/>", None),
        (b"%PDF-1.7 nothing", None),
    ],
)
async def test_what_is_no_sound_certificate_is_refused_whole(
    registry: RunningRegistry, content: bytes, field: str | None
) -> None:
    client = await registry.speaker(OWN, "FUEL")
    with refused("INVALID_INPUT", *([field] if field else [])):
        await send(client, content)


async def test_a_file_changed_after_it_was_signed_is_shown_and_never_confirmed(
    registry: RunningRegistry,
) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    signed = Authority().sign(dcc(filed.serial_no, number="B-1"))
    sent = await send(client, signed.replace(b"B-1", b"B-2"))
    assert sent.dcc.signature.state == "broken"
    with refused("WRONG_STATE"):
        await confirm(client, sent.dcc.dcc_id, filed.instrument_id, ground="核对")
    request = pb.DismissDccRequest(
        request_id=new_request_id(), dcc_id=sent.dcc.dcc_id, ground="索取原件"
    )
    assert (await client.calibrations.DismissDcc(request)).dcc.state == "dismissed"


async def test_a_certificate_that_was_set_aside_is_taken_up_again_and_confirmed(
    registry: RunningRegistry,
) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    dcc_id = (await send(client, dcc(filed.serial_no, number=a_number()))).dcc.dcc_id
    of = {"dcc_id": dcc_id, "ground": "误认"}
    with refused("WRONG_STATE"):
        await client.calibrations.ResumeDcc(pb.ResumeDccRequest(request_id=new_request_id(), **of))
    aside = pb.DismissDccRequest(request_id=new_request_id(), **of)
    await client.calibrations.DismissDcc(aside)
    with refused("INVALID_INPUT", "ground"):
        blank = pb.ResumeDccRequest(request_id=new_request_id(), dcc_id=dcc_id, ground=" ")
        await client.calibrations.ResumeDcc(blank)
    again = pb.ResumeDccRequest(request_id=new_request_id(), dcc_id=dcc_id, ground="是本所器具")
    resumed = (await client.calibrations.ResumeDcc(again)).dcc
    assert (resumed.state, resumed.ground) == ("waiting", "是本所器具")
    assert (await registry.audited(f"dcc/{dcc_id}"))[-1].action == "resume_dcc"
    await confirm(client, dcc_id, filed.instrument_id)


async def test_a_certificate_that_waits_is_read_anew_when_it_is_sent_again(
    registry: RunningRegistry,
) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    content = dcc(filed.serial_no)
    sent = await send(client, content)
    fault = {"code": "UNKNOWN_VERSION", "message_zh": "没有模式文件", "message_en": "no schema"}
    async with registry.database.transaction() as session:  # as before its schema came
        row = await session.get_one(Dcc, sent.dcc.dcc_id)
        row.reading = row.reading | {"findings": [fault], "valid": False}
    again = await send(client, content)
    assert (again.dcc.dcc_id, again.dcc.valid) == (sent.dcc.dcc_id, True)
    assert again.findings == sent.findings
    assert len(await registry.audited(f"dcc/{sent.dcc.dcc_id}")) == 2
    await send(client, content)
    assert len(await registry.audited(f"dcc/{sent.dcc.dcc_id}")) == 2


async def test_who_sees_a_certificate_and_who_takes_a_calibration_back(
    registry: RunningRegistry,
) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    content = dcc(filed.serial_no, number=a_number())
    sent = await send(client, content)
    assert (await send(client, content)).dcc == sent.dcc  # the same file is there once
    other, owner = await registry.speaker(OTHER, "FUEL"), operator(registry, filed)
    elsewhere = registry.client(Role.CASEWORKER, bureau=OTHER_DISTRICT)
    for stranger in (other, elsewhere):
        with refused("NOT_FOUND"):
            await read(stranger, sent.dcc.dcc_id)
    file = pb.ReadDccRequest(dcc_id=sent.dcc.dcc_id)
    with refused("NOT_FOUND"):
        await owner.calibrations.ReadDcc(file)
    caseworker = registry.client(Role.CASEWORKER)
    made = await confirm(caseworker, sent.dcc.dcc_id, filed.instrument_id)
    assert (await owner.calibrations.ReadDcc(file)).content == content
    with refused("NOT_FOUND"):
        await other.calibrations.WithdrawCalibration(_withdrawal(made))
    with refused("INVALID_INPUT", "ground"):
        await client.calibrations.WithdrawCalibration(_withdrawal(made, ground=" "))
    back = (await client.calibrations.WithdrawCalibration(_withdrawal(made))).calibration
    assert back.withdrawn_ground == "认错器具"
    assert not (await listed(owner, instrument_id=filed.instrument_id)).calibrations
    assert (await read(client, sent.dcc.dcc_id)).dcc.state == "waiting"
    again = await confirm(client, sent.dcc.dcc_id, filed.instrument_id)
    assert again.calibration_id != made.calibration_id


def _withdrawal(made: pb.Calibration, ground: str = "认错器具") -> pb.WithdrawCalibrationRequest:
    return pb.WithdrawCalibrationRequest(
        request_id=new_request_id(), calibration_id=made.calibration_id, ground=ground
    )


async def test_what_an_instrument_has_goes_along_when_it_is_joined_to_another(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    caseworker, mark = registry.client(Role.CASEWORKER), uuid4().hex
    rejected = unnumbered(mark, 检定结果="不合格", 有效期至="", 检定日期="2026-08-01")
    rows = [rejected, unnumbered(mark, 检定日期="2026-09-02"), unnumbered(mark, 型号规格="立柜式")]
    batch = await upload(caseworker, "verifications", verifications(*rows), **FILING)
    [likeness] = await found(caseworker, batch)
    sides = (await shown(caseworker, likeness)).sides
    kept, gone = [one.instrument for one in sides if one.verifications[0].result == "pass"]
    sent = await send(caseworker, dcc(a_number(), number=a_number()))
    made = await confirm(caseworker, sent.dcc.dcc_id, gone.instrument_id, ground="已与实物核对")
    owner = operator(registry, gone)
    cycle = pb.SetCalibrationCycleRequest(
        request_id=new_request_id(), instrument_id=gone.instrument_id, months=12
    )
    await owner.calibrations.SetCalibrationCycle(cycle)
    added = await photograph(owner, gone.instrument_id, picture())
    noted = await note(owner, gone, kind="maintenance")
    await join(caseworker, likeness, kept.instrument_id, gone.instrument_id)
    present = await listed(owner, instrument_id=kept.instrument_id)
    assert [(one.calibration_id, one.due_on) for one in present.calibrations] == [
        (made.calibration_id, "2027-09-02")
    ]
    moved = [(gone.instrument_id, ""), (kept.instrument_id, "2027-09-02")]
    assert [told[:2] for told in await announced_days(registry, kept)][-2:] == moved
    request = photographs.ListPhotographsRequest(instrument_id=kept.instrument_id)
    [there] = (await owner.photographs.ListPhotographs(request)).photographs
    assert (there.photograph_id, there.instrument_id) == (added.photograph_id, kept.instrument_id)
    [joined] = [
        one.after
        for one in await registry.audited(f"instrument/{kept.instrument_id}")
        if one.action == "join_instruments"
    ]
    assert joined is not None
    assert joined["upkeep"] == {noted.upkeep_id: gone.instrument_id}


def picture() -> bytes:
    """A photograph, unlike any other, which says by which device it was taken."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0110] = "secret device"
    Image.new("RGB", (64, 48), tuple(uuid4().bytes[:3])).save(out, "JPEG", exif=exif)
    return out.getvalue()


async def photograph(
    client: Client, instrument_id: str, content: bytes, **values: Any
) -> photographs.Photograph:
    """Adds a photograph to an instrument, by default of its plate."""
    given = {"request_id": new_request_id(), "shows": "plate", "file_name": "铭牌.jpg"} | values
    header = photographs.PhotographHeader(instrument_id=instrument_id, **given)

    async def parts() -> AsyncIterator[photographs.AddPhotographRequest]:
        yield photographs.AddPhotographRequest(header=header)
        yield photographs.AddPhotographRequest(content=content)

    call = client.photographs.AddPhotograph(parts(), timeout=PATIENCE_SECONDS)
    return (await call).photograph


async def test_a_photograph_goes_with_its_instrument_and_the_bureau_sees_it(
    registry: RunningRegistry,
) -> None:
    filed = await registry.instrument()
    owner, content = operator(registry, filed), picture()
    added = await photograph(owner, filed.instrument_id, content)
    assert (added.shows, added.kind, added.file_name) == ("plate", "jpeg", "铭牌.jpg")
    assert await photograph(owner, filed.instrument_id, content) == added  # once
    caseworker = registry.client(Role.CASEWORKER)
    request = photographs.ListPhotographsRequest(instrument_id=filed.instrument_id)
    assert [*(await caseworker.photographs.ListPhotographs(request)).photographs] == [added]
    asked = photographs.ReadPhotographRequest(photograph_id=added.photograph_id, preview=True)
    looking = registry.client(Role.CASEWORKER, name=f"looking-{added.photograph_id[:8]}")
    preview = (await looking.photographs.ReadPhotograph(asked)).content
    looked = await registry.accesses(f"looking-{added.photograph_id[:8]}")
    assert looked == [(f"photograph/{added.photograph_id}", "PhotographService/ReadPhotograph")]
    assert b"secret device" in content
    assert b"secret device" not in preview
    assert Image.open(io.BytesIO(preview)).size == (64, 48)
    with refused("INVALID_INPUT"):
        await photograph(owner, filed.instrument_id, b"%PDF-1.7 nothing")
    stranger = operator(registry, await registry.instrument())
    with refused("NOT_FOUND"):
        await stranger.photographs.ReadPhotograph(asked)
    with refused("NOT_PERMITTED"):
        await photograph(stranger, filed.instrument_id, picture())


async def test_what_becomes_of_a_certificate_is_announced(registry: RunningRegistry) -> None:
    client, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    content = dcc(filed.serial_no, number=(number := a_number()))
    sent = await send(client, content)
    await send(client, content)
    made = await confirm(client, sent.dcc.dcc_id, filed.instrument_id)
    back = pb.WithdrawCalibrationRequest(
        request_id=new_request_id(), calibration_id=made.calibration_id, ground="认错了"
    )
    await client.calibrations.WithdrawCalibration(back)
    aside = pb.DismissDccRequest(
        request_id=new_request_id(), dcc_id=sent.dcc.dcc_id, ground="不是本辖区的"
    )
    await client.calibrations.DismissDcc(aside)
    told = await registry.events_of(f"dcc/{sent.dcc.dcc_id}")
    assert [one.state for one in told] == ["waiting", "confirmed", "waiting", "dismissed"]
    assert {(one.institution, one.certificate_no) for one in told} == {(OWN, number)}
    assert [one.version for one in told] == [1, 2, 3, 4]
