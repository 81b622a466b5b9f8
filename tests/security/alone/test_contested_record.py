"""Attacker: a caseworker who changes a record while its subject's objection is open.

They have an account of the bureau that entered the record, and a colleague who releases whatever
they propose.
"""

from __future__ import annotations

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.running_registry import Client, RunningRegistry, refused


def correction(record: pb.Record, case_id: str = "") -> pb.CorrectRecordRequest:
    copy = pb.Record()
    copy.CopyFrom(record)
    copy.summary = "改了再说"
    return pb.CorrectRecordRequest(
        request_id=new_request_id(), record=copy, ground="随意", case_id=case_id
    )


def withdrawal(record: pb.Record, case_id: str = "") -> pb.WithdrawRecordRequest:
    return pb.WithdrawRecordRequest(
        request_id=new_request_id(), record_id=record.record_id, ground="随意", case_id=case_id
    )


async def carrying_out(registry: RunningRegistry, record: pb.Record) -> Client:
    """The service of cases, for one who may object and decide."""
    roles = (Role.CASEWORKER, Role.OPERATOR)
    return await registry.acting_for(*roles, subject_id=record.subject_id)


async def contested(registry: RunningRegistry, record: pb.Record, case_id: str) -> pb.Record:
    """Marks a record as contested by a case; the record as it then is."""
    service = await carrying_out(registry, record)
    request = pb.SetContestedRequest(
        request_id=new_request_id(),
        record_ids=[record.record_id],
        case_id=case_id,
        contested=True,
    )
    [marked] = (await service.registry.SetContested(request)).records
    return marked


async def test_nobody_changes_it_but_its_case(registry: RunningRegistry) -> None:
    record = await contested(registry, await registry.record(), "case-c1")
    caseworker = registry.client(Role.CASEWORKER)
    for case_id in ("", "case-c1"):
        with refused("WRONG_STATE") as refusals:
            await caseworker.registry.CorrectRecord(correction(record, case_id))
        assert refusals[0].facts["case"] == "case-c1"
        with refused("WRONG_STATE"):
            await caseworker.registry.WithdrawRecord(withdrawal(record, case_id))
    await _refused_to_services(registry, record)
    service = await carrying_out(registry, record)
    corrected = (await service.registry.CorrectRecord(correction(record, "case-c1"))).record
    assert corrected.summary == "改了再说"
    withdrawn = (await service.registry.WithdrawRecord(withdrawal(record, "case-c1"))).record
    assert withdrawn.status == "withdrawn"


async def _refused_to_services(registry: RunningRegistry, record: pb.Record) -> None:
    """A service that names another case, or none, changes nothing."""
    service = await carrying_out(registry, record)
    for case_id in ("", "case-of-another"):
        with refused("WRONG_STATE"):
            await service.registry.CorrectRecord(correction(record, case_id))
        with refused("WRONG_STATE"):
            await service.registry.WithdrawRecord(withdrawal(record, case_id))


async def test_what_was_proposed_before_the_objection_is_not_released_after_it(
    registry: RunningRegistry,
) -> None:
    record, caseworker = await registry.record(), registry.client(Role.CASEWORKER)
    proposal = (await caseworker.registry.WithdrawRecord(withdrawal(record))).proposal
    await contested(registry, record, "case-c2")
    with refused("WRONG_STATE"):
        await registry.release(proposal)
    assert (await read(caseworker, record)).status == "active"


async def read(client: Client, record: pb.Record) -> pb.Record:
    request = pb.GetRecordRequest(record_id=record.record_id)
    return (await client.registry.GetRecord(request)).record
