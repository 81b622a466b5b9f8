"""Attacker: a caseworker who makes records vanish by undoing the import that brought them.

They have their own account of the bureau, and may import and undo.
"""

from __future__ import annotations

from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import proposals_pb2 as proposals
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    subject_rows,
    subjects_named,
    table,
    upload,
)
from tests.integration.registry.running_registry import DISTRICT, RunningRegistry, refused


async def test_an_undo_waits_for_another_person(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER, Role.UNIT_HEAD, name="both")
    mark = uuid4().hex
    batch = await upload(client, "subjects", table(*subject_rows(f"甲{mark}", bureau=DISTRICT)))
    request = pb.UndoBatchRequest(
        request_id=new_request_id(), batch_id=batch.batch_id, ground="不想要了"
    )
    answer = await client.imports.UndoBatch(request)
    assert (answer.batch.state, answer.proposal.state) == ("applied", "waiting")
    assert len(await subjects_named(client, mark)) == 1
    own = proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=answer.proposal.proposal_id, reasons="自己批准"
    )
    with refused("NOT_PERMITTED"):
        await client.proposals.ReleaseProposal(own)
    await registry.release(answer.proposal)
    assert await subjects_named(client, mark) == []


async def test_what_was_built_upon_since_is_not_undone_by_a_release(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, mark = registry.client(Role.CASEWORKER, name="cw"), uuid4().hex
    batch = await upload(client, "subjects", table(*subject_rows(f"甲{mark}", bureau=DISTRICT)))
    request = pb.UndoBatchRequest(
        request_id=new_request_id(), batch_id=batch.batch_id, ground="不想要了"
    )
    proposal = (await client.imports.UndoBatch(request)).proposal
    [subject] = await subjects_named(client, mark)
    await registry.record(subject)
    with refused("WRONG_STATE", f"subject/{subject.subject_id}"):
        await registry.release(proposal)
    shown = await client.proposals.GetProposal(
        proposals.GetProposalRequest(proposal_id=proposal.proposal_id)
    )
    assert shown.proposal.state == "waiting"
