"""Attacker: a caseworker who slips changes in as a first load, which alarms nobody.

They have their own account of the bureau, whose register was loaded long ago.
"""

from __future__ import annotations

from uuid import uuid4

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    subject_rows,
    subjects_named,
    table,
    upload,
)
from tests.integration.registry.running_registry import RunningRegistry

BUREAU = "330188"


async def test_a_second_silent_load_waits_for_the_unit_head(registry: RunningRegistry) -> None:
    await registry.bureau(BUREAU)
    client, mark = registry.client(Role.CASEWORKER, bureau=BUREAU, name="cw"), uuid4().hex
    first = await upload(
        client, "subjects", table(*subject_rows(f"甲{mark}", bureau=BUREAU)), baseline=True
    )
    assert (first.state, first.estimate.load_again) == ("applied", False)
    batch = await upload(
        client, "subjects", table(*subject_rows(f"乙{mark}", bureau=BUREAU)), baseline=True
    )
    assert (batch.state, batch.estimate.load_again) == ("awaiting_approval", True)
    assert len(await subjects_named(client, mark)) == 1
    head = registry.client(Role.UNIT_HEAD, bureau=BUREAU, name="head")
    approval = pb.ApproveBatchRequest(
        request_id=new_request_id(),
        batch_id=batch.batch_id,
        seen=batch.estimate.digest,
        reasons="补录",
    )
    assert (await head.imports.ApproveBatch(approval)).batch.state == "applied"
    assert len(await subjects_named(client, mark)) == 2
