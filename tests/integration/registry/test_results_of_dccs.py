"""A DCC as the certificate of a verification: a person records the result, it never does itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import calibrations_pb2 as calibrations
from protos.registry.v1 import certificates_pb2 as certificates
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as register
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
from tests.integration.registry.test_orders import application

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
