"""The attacker keeps the database and wants an audit entry to say something else.

They can read and write every table, and know the code; they have no key of a service. Somebody
else, outside, holds an earlier checkpoint.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from law.errors import InvalidInput
from plumbing.audit_erasure import erase_audit
from plumbing.checkpoints import proofs
from plumbing.checkpoints.making import consistency
from plumbing.checkpoints.merkle import ProofInvalid
from plumbing.checkpoints.signed_note import open_checkpoint
from plumbing.checkpoints.tree import Tree
from plumbing.client import new_request_id
from plumbing.migrations import watched_tables
from protos.operations.v1 import operations_pb2 as pb
from tests.postgres import Databases
from tests.security.audited_register import CASEWORKER, SIGNER, AuditedRegister, register


@pytest.fixture
async def audited(tmp_path: Path, databases: Databases) -> AsyncIterator[AuditedRegister]:
    async with register(tmp_path, databases) as made:
        yield made


async def erase(audited: AuditedRegister, sequence: int) -> None:
    async with audited.changes.change(CASEWORKER) as change:
        request = pb.EraseAuditRequest(
            request_id=new_request_id(), sequence=sequence, ground="本人要求删除"
        )
        await erase_audit(change, request, tables=watched_tables("registry"))
    await audited.seal()


async def test_an_entry_that_claims_to_be_erased_is_a_fault(audited: AuditedRegister) -> None:
    await audited.sql("UPDATE audit_entry SET salt = '', actor = 'somebody' WHERE sequence = 3")
    assert await audited.check() == [("audit/3", "erased_without_entry"), BUREAU_330102]


BUREAU_330102 = ("bureau/330102", "row.changed")  # its salt is gone, so nothing proves the row


async def test_an_erasure_by_the_platform_is_none(audited: AuditedRegister) -> None:
    await erase(audited, 3)
    erased, erasing = (await audited.entries())[2], (await audited.entries())[-1]
    assert (erased.after, erased.ground, erased.salt) == (None, "", "")
    assert (erased.actor, erased.action) == ("account/7", "put_bureau")
    assert (erasing.action, erasing.object) == ("erase_audit", "audit/3")
    assert erasing.after is not None
    assert (erasing.after["digest"], erasing.ground) == (erased.digest, "本人要求删除")
    assert await audited.check() == []
    with pytest.raises(InvalidInput):
        await erase(audited, 3)
    with pytest.raises(InvalidInput):
        await erase(audited, 7)


@pytest.mark.parametrize("column", ["actor", "action", "object"])
async def test_what_remains_of_an_erased_entry_cannot_be_changed(
    audited: AuditedRegister, column: str
) -> None:
    await erase(audited, 3)
    await audited.sql(f"UPDATE audit_entry SET {column} = 'other' WHERE sequence = 3")  # noqa: S608
    assert await audited.check() == [("audit/3", "erased_differs")]


async def test_an_erasure_cannot_be_erased(audited: AuditedRegister) -> None:
    await erase(audited, 3)
    await audited.sql("UPDATE audit_entry SET salt = '' WHERE action = 'erase_audit'")
    whys = {why for _, why in await audited.check()}
    assert whys >= {"erased_without_entry"}


async def test_a_chain_computed_anew_differs_from_its_checkpoint(audited: AuditedRegister) -> None:
    await audited.checkpoints.make()
    await audited.sql("UPDATE audit_entry SET actor = 'somebody' WHERE sequence = 3")
    await audited.forge_chain()
    assert await audited.check() == [("checkpoint/6", "checkpoint_differs")]


async def test_a_checkpoint_computed_anew_is_not_signed(audited: AuditedRegister) -> None:
    await audited.checkpoints.make()
    await audited.sql("UPDATE audit_entry SET actor = 'somebody' WHERE sequence = 3")
    await audited.forge_chain()
    last = (await audited.entries())[-1].link
    async with audited.database.snapshot() as session:
        root = (await Tree(session, 6).root()).hex()
    await audited.sql("UPDATE audit_checkpoint SET link = :l, root = :r", l=last, r=root)
    assert await audited.check() == [("checkpoint/6", "signature_differs")]


async def test_a_checkpoint_outside_shows_that_the_past_was_rewritten(
    audited: AuditedRegister,
) -> None:
    outside = await audited.checkpoints.make()
    assert outside is not None
    await audited.sql("UPDATE audit_entry SET actor = 'somebody' WHERE sequence = 3")
    await audited.forge_chain()
    await audited.sql("DELETE FROM audit_checkpoint")  # and the platform signs what it has
    await audited.sql("DELETE FROM audit_tile")
    await audited.put("330109")
    audited.sealer = type(audited.sealer)(audited.database)
    await audited.seal()
    later = await audited.checkpoints.make()
    assert later is not None
    assert await audited.check() == []  # nothing inside tells

    async with audited.database.snapshot() as session:
        proof = await consistency(session, outside.size, later.size)
    answer = pb.GetCheckpointResponse(note=later.note, size=later.size, consistency=proof)
    former = open_checkpoint(outside.note, SIGNER.public_key)
    with pytest.raises(ProofInvalid):
        proofs.check_proof(proofs.growth_proof(outside.note, answer), former, SIGNER.public_key)
