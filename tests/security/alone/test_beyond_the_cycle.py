"""Attacker: an inspector of an institution who certifies an instrument for ten years.

They have the account of their institution, or a friend among the caseworkers or at a system that
sends batches; the verification itself may be genuine.
"""

from __future__ import annotations

from datetime import date

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    reasons,
    upload,
    verification,
    verifications,
)
from tests.integration.registry.running_registry import (
    Client,
    RunningRegistry,
    refused,
    verify,
)

TEN_YEARS = "2036-09-01"
END_OF_CYCLE = "2027-03-01"  # a fuel dispenser verified on 1 September 2026, six months


async def history(client: Client, instrument_id: str) -> list[pb.Verification]:
    request = pb.GetInstrumentRequest(instrument_id=instrument_id)
    return list((await client.registry.GetInstrument(request)).verifications)


async def test_ten_years_count_only_once_a_unit_head_confirms(registry: RunningRegistry) -> None:
    filed, client = await registry.instrument(), registry.client(Role.CASEWORKER)
    request = verify(filed.instrument_id, valid_until=TEN_YEARS)
    answer = await client.registry.RecordVerification(request)
    assert not answer.HasField("verification")
    assert (answer.proposal.act, answer.proposal.state) == ("exceed_cycle", "waiting")
    [ends] = [one for one in answer.proposal.changes if one.field == "valid_until"]
    assert (ends.before, ends.after) == (END_OF_CYCLE, TEN_YEARS)
    assert await history(client, filed.instrument_id) == []
    assert (await registry.release(answer.proposal)).state == "released"
    [recorded] = await history(client, filed.instrument_id)
    assert recorded.valid_until == TEN_YEARS
    again = verify(filed.instrument_id, valid_until=TEN_YEARS)
    again.verification.certificate_no = request.verification.certificate_no
    answer = await client.registry.RecordVerification(again)
    assert answer.verification.verification_id == recorded.verification_id


async def test_whoever_confirms_sees_which_nozzle_failed(registry: RunningRegistry) -> None:
    filed, client = await registry.instrument(), registry.client(Role.CASEWORKER)
    request = verify(filed.instrument_id, result="reject", valid_until=TEN_YEARS)
    for part, result in (("1", "pass"), ("2", "reject"), ("3", "pass")):
        request.parts.append(pb.PartResult(part=part, result=result))
    proposal = (await client.registry.RecordVerification(request)).proposal
    told = {one.field: one.after for one in proposal.changes}
    assert (told["result"], told["valid_until"]) == ("reject", TEN_YEARS)
    assert (told["parts_pass"], told["parts_reject"]) == ("1、3", "2")


async def test_nobody_confirms_their_own_ten_years(registry: RunningRegistry) -> None:
    filed = await registry.instrument()
    both = registry.client(Role.CASEWORKER, Role.UNIT_HEAD, name="both")
    request = verify(filed.instrument_id, valid_until=TEN_YEARS)
    proposal = (await both.registry.RecordVerification(request)).proposal
    with refused("NOT_PERMITTED"):
        await both.proposals.ReleaseProposal(
            proposals.ReleaseProposalRequest(
                request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="测试"
            )
        )


async def test_the_last_day_of_the_cycle_needs_nobody(registry: RunningRegistry) -> None:
    filed, client = await registry.instrument(), registry.client(Role.CASEWORKER)
    request = verify(filed.instrument_id, valid_until=END_OF_CYCLE)
    answer = await client.registry.RecordVerification(request)
    assert date.fromisoformat(answer.verification.valid_until) == date(2027, 3, 1)


async def test_a_row_for_ten_years_is_named_and_its_file_held(registry: RunningRegistry) -> None:
    filed, client = await registry.instrument(), registry.client(Role.INTEGRATOR)
    row = verification(出厂编号=filed.serial_no, 器具类型="FUEL", 有效期至=TEN_YEARS)
    batch = await upload(client, "verifications", verifications(row))
    assert (batch.state, batch.estimate.beyond_cycle) == ("awaiting_approval", 1)
    assert (2, "有效期至", "BEYOND_CYCLE") in await reasons(client, batch, warnings=True)
    assert await history(client, filed.instrument_id) == []
    head = registry.client(Role.UNIT_HEAD, name="unit-head")
    request = pb.ApproveBatchRequest(
        request_id=new_request_id(),
        batch_id=batch.batch_id,
        seen=batch.estimate.digest,
        reasons="经核实",
    )
    assert (await head.imports.ApproveBatch(request)).batch.state == "applied"
    [recorded] = await history(client, filed.instrument_id)
    assert recorded.valid_until == TEN_YEARS
