"""Attacker: an administrator who writes the register, by way of imports.

They have the administrator's account of the whole platform, and no other.
"""

from __future__ import annotations

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import subject_rows, table, undo, upload
from tests.integration.registry.running_registry import (
    DISTRICT,
    PLATFORM,
    RunningRegistry,
    refused,
)


@pytest.mark.parametrize("family", ["subjects", "instruments", "verifications", "records"])
@pytest.mark.parametrize("bureau", ["", DISTRICT])
async def test_nothing_but_bureaus_comes_from_the_administrator(
    registry: RunningRegistry, family: str, bureau: str
) -> None:
    await registry.bureau()
    administrator = registry.client(Role.ADMINISTRATOR, bureau=PLATFORM)
    with refused("NOT_PERMITTED"):
        await upload(administrator, family, b"x\n1\n", bureau=bureau)
    with refused("NOT_PERMITTED"):
        await administrator.bulk.OpenBulkBatch(
            bulk.OpenBulkBatchRequest(
                request_id=new_request_id(),
                batch_id=new_request_id(),
                family=family,
                name="推送",
                mode="good_rows",
                bureau=bureau,
            )
        )


async def test_the_administrator_undoes_no_credit_data(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    batch = await upload(client, "subjects", table(*subject_rows("管理员不能动", bureau=DISTRICT)))
    administrator = registry.client(Role.ADMINISTRATOR, bureau=PLATFORM)
    with refused("NOT_PERMITTED"):
        await administrator.imports.UndoBatch(
            pb.UndoBatchRequest(
                request_id=new_request_id(), batch_id=batch.batch_id, ground="不喜欢"
            )
        )
    bureaus = await upload(
        administrator, "bureaus", table(("机关代码", "机关名称"), ("330187", "样例局"))
    )
    assert (await undo(administrator, bureaus)).state == "undone"
