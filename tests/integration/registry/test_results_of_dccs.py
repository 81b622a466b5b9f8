"""A DCC as the certificate of a verification: a person records the result, it never does itself."""

from __future__ import annotations

from typing import Any

from plumbing.identity import Role
from protos.registry.v1 import certificates_pb2 as certificates
from protos.registry.v1 import orders_pb2 as orders
from protos.registry.v1 import registry_pb2 as register
from tests.dcc import dcc
from tests.integration.registry.running_registry import RunningRegistry, refused, verify
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
