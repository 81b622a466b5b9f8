"""A DCC as the certificate of a verification: a person records the result, it never does itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import col, select, update

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import calibrations_pb2 as calibrations
from protos.registry.v1 import certificates_pb2 as certificates
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as register
from services.registry.calibrations.tables import Dcc
from services.registry.tables import CertificateFile, Proposal, Verification
from tests.dcc import dcc
from tests.integration.registry.bulk_sender import Sender
from tests.integration.registry.import_files import (
    reasons,
    undo,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import Client, RunningRegistry, refused, verify
from tests.integration.registry.test_calibrations import a_number, confirm, read, send
from tests.integration.registry.test_certificates import pdf
from tests.integration.registry.test_certificates import send as send_file
from tests.integration.registry.test_orders import application
from tests.integration.registry.test_punctuality import lab as lab_of

OWN, OTHER = "合成凭证检定一院", "合成凭证检定二院"
DAY = "2026-09-14"


def result(
    filed: register.Instrument, number: str, dcc_id: str, **values: Any
) -> register.RecordVerificationRequest:
    """A pass of today by the first institution, with a DCC as its certificate."""
    given = {"verified_on": DAY, "valid_until": "2027-03-13", "institution": OWN}
    request = verify(filed.instrument_id, **given | {"certificate_no": number} | values)
    request.dcc_id = dcc_id
    return request


async def test_a_dcc_is_the_certificate_of_the_result_that_a_person_records(
    registry: RunningRegistry,
) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    owner = registry.client(Role.OPERATOR, subject_id=filed.subject_id)
    [order] = (
        await owner.orders.ApplyForVerification(application([filed.instrument_id], OWN))
    ).orders
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    sent = await send(lab, file)

    async def state() -> str:
        shown = await owner.orders.GetOrder(orders.GetOrderRequest(order_id=order.order_id))
        return shown.order.state

    assert await state() == "applied"  # that it was sent completes nothing
    recorded = await lab.registry.RecordVerification(result(filed, number, sent.dcc.dcc_id))
    verification = recorded.verification
    assert (verification.result, verification.certificate_sha256) == ("pass", sent.dcc.sha256)
    assert verification.certificate_on == DAY
    assert await state() == "completed"
    asked = certificates.GetCertificatesRequest(verification_id=verification.verification_id)
    [kept] = (await owner.certificates.GetCertificates(asked)).certificates
    assert (kept.kind, kept.sha256, kept.version) == ("dcc", sent.dcc.sha256, 1)
    found = await read(lab, sent.dcc.dcc_id)
    assert found.dcc.state == "confirmed"
    assert found.items[0].verification_id == verification.verification_id
    again = await lab.registry.RecordVerification(result(filed, number, sent.dcc.dcc_id))
    assert again.verification.verification_id == verification.verification_id
    with refused("WRONG_STATE"):  # and it is no calibration besides
        await confirm(lab, sent.dcc.dcc_id, filed.instrument_id)


async def test_a_result_is_as_its_dcc_says(registry: RunningRegistry) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    other = await registry.instrument()
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    dcc_id = (await send(lab, file)).dcc.dcc_id
    with refused("INVALID_INPUT", "verification.certificate_no"):
        await lab.registry.RecordVerification(result(filed, a_number(), dcc_id))
    with refused("INVALID_INPUT", "verification.verified_on"):
        earlier = {"verified_on": "2026-09-11", "valid_until": "2027-03-10"}
        await lab.registry.RecordVerification(result(filed, number, dcc_id, **earlier))
    with refused("INVALID_INPUT", "dcc_id"):
        await lab.registry.RecordVerification(result(other, number, dcc_id))
    stranger = await registry.speaker(OTHER, "FUEL")
    with refused("NOT_FOUND"):
        await stranger.registry.RecordVerification(result(filed, number, dcc_id, institution=OTHER))
    found = await read(lab, dcc_id)
    assert found.dcc.state == "waiting"
    assert not found.items[0].verification_id


async def test_a_calibration_is_no_certificate_of_a_verification(
    registry: RunningRegistry,
) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    dcc_id = (await send(lab, file)).dcc.dcc_id
    await confirm(lab, dcc_id, filed.instrument_id)
    with refused("WRONG_STATE"):
        await lab.registry.RecordVerification(result(filed, number, dcc_id))


def row(filed: register.Instrument, number: str, named: str, **values: str) -> Mapping[str, str]:
    """A row of a file with the result of `result`."""
    given = {"器具类型": "FUEL", "出厂编号": filed.serial_no, "检定日期": DAY, "检定机构": OWN}
    given |= {"有效期至": "2027-03-13", "证书编号": number, "DCC": named}
    return verification(**given | values)


async def test_the_rows_of_a_file_name_dccs_and_these_wait_again_once_it_is_undone(
    registry: RunningRegistry,
) -> None:
    lab = await registry.speaker(OWN, "FUEL")
    filed = [await registry.instrument() for _ in range(2)]
    sent = [
        (
            await send(lab, dcc(one.serial_no, number=a_number(), begun=DAY, ended=DAY, issued=""))
        ).dcc
        for one in filed
    ]
    names = [sent[0].dcc_id, sent[1].sha256]
    rows = [
        row(one, held.certificate_no, name)
        for one, held, name in zip(filed, sent, names, strict=True)
    ]
    batch = await upload(lab, "verifications", verifications(*rows))
    assert batch.state == "applied"
    for one, held in zip(filed, sent, strict=True):
        found = await read(lab, held.dcc_id)
        assert found.dcc.state == "confirmed"
        verification_id = found.items[0].verification_id
        asked = certificates.GetCertificatesRequest(verification_id=verification_id)
        [kept] = (await lab.certificates.GetCertificates(asked)).certificates
        assert (kept.kind, kept.sha256, kept.version) == ("dcc", held.sha256, 1)
        shown = register.GetInstrumentRequest(instrument_id=one.instrument_id)
        [recorded] = (await lab.registry.GetInstrument(shown)).verifications
        assert (recorded.certificate_sha256, recorded.certificate_on) == (held.sha256, DAY)
    again = await upload(lab, "verifications", verifications(*rows) + b"\n")
    assert (again.state, again.unchanged) == ("unchanged", 2)
    caseworker = registry.client(Role.CASEWORKER)
    assert (await undo(caseworker, batch)).state == "undone"
    for held in sent:
        found = await read(lab, held.dcc_id)
        assert (found.dcc.state, found.items[0].verification_id) == ("waiting", "")
        last = (await registry.audited(f"dcc/{held.dcc_id}"))[-1]
        assert (last.action, last.ground) == ("reopen_dcc", "导错了文件")
        told = await registry.events_of(f"dcc/{held.dcc_id}")
        assert [one.state for one in told] == ["waiting", "confirmed", "waiting"]


async def test_a_row_is_refused_that_is_not_as_its_dcc_says(registry: RunningRegistry) -> None:
    lab, other = await registry.speaker(OWN, "FUEL"), await registry.speaker(OTHER, "FUEL")
    filed = [await registry.instrument() for _ in range(6)]

    async def held(client: Client, number: int) -> calibrations.Dcc:
        content = dcc(filed[number].serial_no, number=a_number(), begun=DAY, ended=DAY, issued="")
        return (await send(client, content)).dcc

    own = [await held(lab, number) for number in range(5)]
    theirs = await held(other, 5)
    put_aside = calibrations.DismissDccRequest(
        request_id=new_request_id(), dcc_id=own[3].dcc_id, ground="不用"
    )
    await lab.calibrations.DismissDcc(put_aside)
    await confirm(lab, own[4].dcc_id, filed[4].instrument_id)
    rows = [
        row(filed[0], a_number(), own[0].dcc_id),
        row(
            filed[1],
            own[1].certificate_no,
            own[1].dcc_id,
            检定日期="2026-09-11",
            有效期至="2027-03-10",
        ),
        row(filed[2], own[2].certificate_no.lower(), own[1].sha256),
        row(filed[3], own[3].certificate_no, own[3].dcc_id),
        row(filed[4], own[4].certificate_no, own[4].dcc_id),
        row(filed[5], theirs.certificate_no, theirs.dcc_id),
    ]
    batch = await upload(lab, "verifications", verifications(*rows))
    assert batch.state == "refused"
    reason = "DCC_NOT_OF_THIS_RESULT"
    assert await reasons(lab, batch) == [
        (2, "证书编号", reason),
        (3, "检定日期", reason),
        (4, "证书编号", reason),
        (4, "DCC", reason),
        (5, "DCC", reason),
        (6, "DCC", reason),
        (7, "DCC", reason),
    ]
    assert (await read(lab, own[0].dcc_id)).dcc.state == "waiting"


async def test_a_result_in_bulk_names_its_dcc(registry: RunningRegistry) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    sent = await send(lab, dcc(filed.serial_no, number=a_number(), begun=DAY, ended=DAY, issued=""))
    program = registry.client(Role.INTEGRATOR)
    item = bulk.VerificationItem(
        type_code="FUEL",
        serial_no=filed.serial_no,
        result="pass",
        verified_on=DAY,
        valid_until="2027-03-13",
        institution=OWN,
        certificate_no=sent.dcc.certificate_no,
        dcc=sent.dcc.dcc_id,
    )
    batch = await Sender(program, "verifications", [[item]]).push()
    assert batch.state == "applied"
    assert (await read(lab, sent.dcc.dcc_id)).dcc.state == "confirmed"


async def test_a_single_result_names_its_dcc_by_the_hash_too(registry: RunningRegistry) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    sent = await send(
        lab, dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    )
    recorded = await lab.registry.RecordVerification(result(filed, number, sent.dcc.sha256))
    assert recorded.verification.certificate_sha256 == sent.dcc.sha256


async def test_a_file_that_a_bureau_confirmed_as_a_calibration_is_no_certificate_either(
    registry: RunningRegistry,
) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    staff = registry.client(Role.CASEWORKER)
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    of_bureau = (await send(staff, file)).dcc.dcc_id
    await confirm(staff, of_bureau, filed.instrument_id)
    own = (await send(lab, file)).dcc.dcc_id
    with refused("WRONG_STATE"):
        await lab.registry.RecordVerification(result(filed, number, own))
    done = await lab.registry.RecordVerification(result(filed, number, ""))
    with refused("WRONG_STATE"):
        await send_file(lab, done.verification, file, file_name="a.xml")


async def test_a_dcc_is_added_to_a_result_that_was_recorded_without_a_file(
    registry: RunningRegistry,
) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    sent = (await send(lab, file)).dcc
    plain = await lab.registry.RecordVerification(result(filed, number, ""))
    for _ in range(2):
        added = await lab.registry.RecordVerification(result(filed, number, sent.dcc_id))
        assert added.verification.verification_id == plain.verification.verification_id
        assert added.verification.certificate_sha256 == sent.sha256
    found = await read(lab, sent.dcc_id)
    assert found.dcc.state == "confirmed"
    assert found.items[0].verification_id == plain.verification.verification_id
    told = await registry.events_of(f"subject/{filed.subject_id}")
    [uploaded] = [one for one in told if isinstance(one, events.CertificateUploaded)]
    assert (uploaded.verification_id, uploaded.version) == (plain.verification.verification_id, 1)


async def test_a_dcc_whose_file_was_uploaded_before_is_confirmed_by_naming_it(
    registry: RunningRegistry,
) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    own = (await send(lab, file)).dcc.dcc_id
    done = await lab.registry.RecordVerification(result(filed, number, ""))
    await send_file(lab, done.verification, file, file_name="a.xml")
    assert (await read(lab, own)).dcc.state == "waiting"
    await lab.registry.RecordVerification(result(filed, number, own))
    assert (await read(lab, own)).dcc.state == "confirmed"
    await send_file(lab, done.verification, pdf(), reason="换")
    found = await read(lab, own)
    assert (found.dcc.state, found.items[0].verification_id) == ("waiting", "")


async def test_a_row_for_a_result_on_file_confirms_the_dcc_that_is_its_file(
    registry: RunningRegistry,
) -> None:
    lab, filed = await registry.speaker(OWN, "FUEL"), await registry.instrument()
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    sent = (await send(lab, file)).dcc
    done = await lab.registry.RecordVerification(result(filed, number, ""))
    await send_file(lab, done.verification, file, file_name="a.xml")
    content = verifications(row(filed, number, sent.dcc_id))
    assert (await upload(lab, "verifications", content, mode="check")).state == "checked"
    assert (await read(lab, sent.dcc_id)).dcc.state == "waiting"
    batch = await upload(lab, "verifications", content)
    assert (batch.state, batch.unchanged) == ("applied", 1)
    found = await read(lab, sent.dcc_id)
    assert found.dcc.state == "confirmed"
    assert found.items[0].verification_id == done.verification.verification_id
    asked = certificates.GetCertificatesRequest(verification_id=done.verification.verification_id)
    [kept] = (await lab.certificates.GetCertificates(asked)).certificates
    assert (kept.sha256, kept.version) == (sent.sha256, 1)
    again = await upload(lab, "verifications", content + b"\n")
    assert (again.state, again.unchanged) == ("unchanged", 1)
    await undo(registry.client(Role.CASEWORKER), batch)
    assert (await read(lab, sent.dcc_id)).dcc.state == "confirmed"  # it is the file still


async def test_a_file_gives_a_dcc_to_a_result_on_file_and_its_undoing_takes_it_away(
    registry: RunningRegistry,
) -> None:
    lab = await registry.speaker(OWN, "FUEL")
    filed = await registry.instrument()
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    sent = (await send(lab, file)).dcc
    request = result(filed, number, "")
    request.verification.certificate_sha256 = sent.sha256  # the hash alone
    done = (await lab.registry.RecordVerification(request)).verification
    content = verifications(row(filed, number, sent.dcc_id, 技术依据="JJG 443-2023"))
    batch = await upload(lab, "verifications", content)
    assert (batch.state, batch.unchanged) == ("applied", 0)
    assert await _file_of(lab, done, sent) == ([sent.sha256], "confirmed", DAY)
    assert (await undo(registry.client(Role.CASEWORKER), batch)).state == "undone"
    assert await _file_of(lab, done, sent) == ([], "waiting", "")
    last = (await registry.audited(f"verification/{done.verification_id}"))[-1]
    assert (last.action, last.ground) == ("take_certificate_away", "导错了文件")
    again = await upload(lab, "verifications", content + b"\n")
    assert await _file_of(lab, done, sent) == ([sent.sha256], "confirmed", DAY)
    await send_file(lab, done, pdf(), reason="换")
    with refused("WRONG_STATE", f"verification/{done.verification_id}"):
        await undo(registry.client(Role.CASEWORKER), again)


async def _file_of(
    lab: Client, done: register.Verification, sent: calibrations.Dcc
) -> tuple[list[str], str, str]:
    """The files in force of a result, the state of a DCC, and since when the result has a file."""
    asked = certificates.GetCertificatesRequest(verification_id=done.verification_id)
    kept = (await lab.certificates.GetCertificates(asked)).certificates
    shown = register.GetInstrumentRequest(instrument_id=done.instrument_id)
    [on_file] = (await lab.registry.GetInstrument(shown)).verifications
    state = (await read(lab, sent.dcc_id)).dcc.state
    return [one.sha256 for one in kept], state, on_file.certificate_on


async def test_staff_say_why_they_name_a_dcc_that_is_not_the_institutions(
    registry: RunningRegistry,
) -> None:
    other, filed = await registry.speaker(OTHER, "FUEL"), await registry.instrument()
    await registry.speaker(OWN, "FUEL")
    staff = await registry.person(Role.CASEWORKER)

    async def named(client: Client, **values: str) -> tuple[str, str]:
        file = dcc(filed.serial_no, number=a_number(), begun=DAY, ended=DAY, issued="", **values)
        sent = (await send(client, file)).dcc
        return sent.certificate_no, sent.dcc_id

    for number, dcc_id in (await named(other), await named(staff, laboratory=OTHER)):
        with refused("INVALID_INPUT", "dcc_ground"):
            await staff.registry.RecordVerification(result(filed, number, dcc_id))
        in_file = await upload(staff, "verifications", verifications(row(filed, number, dcc_id)))
        assert in_file.state == "refused"
        assert await reasons(staff, in_file) == [(2, "DCC", "DCC_NOT_OF_THIS_RESULT")]
        request = result(filed, number, dcc_id)
        request.dcc_ground = "两院合并，证书由乙院出具"
        request.parts.extend(register.PartResult(part=one, result="pass") for one in "12")
        recorded = (await staff.registry.RecordVerification(request)).verifications
        entries = await registry.audited(f"dcc/{dcc_id}")
        grounds = [(one.after, one.ground) for one in entries if one.action == "name_dcc"]
        assert grounds == [
            ({"verification_id": one.verification_id}, request.dcc_ground) for one in recorded
        ]
    number, dcc_id = await named(staff, laboratory=OWN)
    await staff.registry.RecordVerification(result(filed, number, dcc_id))


async def test_the_file_of_a_released_result_is_from_its_sender_and_of_the_day_of_the_proposal(
    registry: RunningRegistry,
) -> None:
    name, lab = await lab_of(registry)
    filed = await registry.instrument()
    day = "2026-09-04"  # to be reported by the 11th; today is the 14th
    file = dcc(filed.serial_no, number=(number := a_number()), begun=day, ended=day, issued="")
    sent = (await send(lab, file)).dcc
    request = result(
        filed, number, sent.dcc_id, institution=name, verified_on=day, valid_until="2027-09-03"
    )
    proposal = (await lab.registry.RecordVerification(request)).proposal
    in_time = datetime(2026, 9, 8, 1, tzinfo=UTC)
    async with registry.database.transaction() as session:
        own = update(Proposal).where(col(Proposal.proposal_id) == proposal.proposal_id)
        await session.exec(own.values(proposed_at=in_time))
    await registry.release(proposal)
    async with registry.database.snapshot() as session:
        of_file = select(Verification).where(Verification.certificate_sha256 == sent.sha256)
        recorded = (await session.exec(of_file)).one()
        files = select(CertificateFile).where(CertificateFile.sha256 == sent.sha256)
        kept = (await session.exec(files)).one()
        row = await session.get_one(Dcc, sent.dcc_id)
    assert recorded.certificate_on == recorded.reported_on == date(2026, 9, 8)
    assert kept.uploaded_by == row.uploaded_by


async def test_a_result_proposed_before_grounds_were_asked_for_is_released_without_one(
    registry: RunningRegistry,
) -> None:
    other, filed = await registry.speaker(OTHER, "FUEL"), await registry.instrument()
    await registry.speaker(OWN, "FUEL")
    staff = await registry.person(Role.CASEWORKER)
    file = dcc(filed.serial_no, number=(number := a_number()), begun=DAY, ended=DAY, issued="")
    sent = (await send(other, file)).dcc
    request = result(filed, number, sent.dcc_id, valid_until="2027-09-13")
    request.dcc_ground = "两院合并，证书由乙院出具"
    proposal = (await staff.registry.RecordVerification(request)).proposal
    async with registry.database.transaction() as session:
        row = await session.get_one(Proposal, proposal.proposal_id)
        before = register.RecordVerificationRequest.FromString(row.request)
        before.dcc_ground = ""
        row.request = before.SerializeToString()
    await registry.release(proposal)
    assert (await read(other, sent.dcc_id)).dcc.state == "confirmed"
