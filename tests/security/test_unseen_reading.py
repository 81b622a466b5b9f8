"""The attacker has an account of the staff and looks at people out of curiosity, or lends it out.

They change nothing, so that the audit has nothing. They claim to come from elsewhere, and try to
read or hide the log in which their reading stands. Others guess passwords, or knock at every door.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import grpc
import pytest

from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.operations.v1 import operations_pb2 as pb
from protos.registry.v1 import registry_pb2
from tests.integration.events.support import eventually
from tests.integration.registry.conftest import _settings, nats_url, registry  # noqa: F401
from tests.integration.registry.running_registry import (
    DISTRICT,
    FOREIGN,
    PLATFORM,
    RunningRegistry,
    refused,
)
from tests.integration.registry.test_registry_identity import log_in, opened

Registry = RunningRegistry
KNOCKS = 300


async def accesses(
    registry: Registry,  # noqa: F811
    least: int = 1,
    bureau: str = PLATFORM,
    **asked: Any,
) -> list[pb.AccessEntry]:
    """What an auditor of the bureau finds, once there is enough of it."""
    auditor = registry.client(Role.AUDITOR, bureau=bureau, name="auditor")
    found: list[pb.AccessEntry] = []

    async def written() -> bool:
        answer = await auditor.operations.ListAccess(pb.ListAccessRequest(**asked))
        found[:] = answer.entries
        return sum(entry.times for entry in found) >= least

    await eventually(written)
    return found


async def test_a_look_at_a_person_is_noted_with_who_whom_and_from_where(
    registry: Registry,  # noqa: F811
) -> None:
    person = await registry.subject(kind="natural_person", name="测试自然人")
    name = f"curious-{secrets.token_hex(4)}"
    curious = registry.client(Role.INSPECTOR, name=name)
    request = registry_pb2.GetSubjectRequest(subject_id=person.subject_id[:12])
    # The browser of a colleague, says the attacker.
    lie = (("x-client-address", "192.0.2.77"), ("x-via", "somebody"))
    await curious.registry.GetSubject(request, metadata=lie)
    everybody = registry_pb2.ListSubjectsRequest(page_size=1000)
    await curious.registry.ListSubjects(everybody, metadata=(("x-purpose", "export"),))
    of_person = await accesses(registry, object=f"subject/{person.subject_id}", account=name)
    [entry] = of_person
    assert (entry.kind, entry.account_id, entry.bureau) == ("read", name, DISTRICT)
    assert entry.method == "RegistryService/GetSubject"
    assert entry.source in {"127.0.0.1", "::1"}
    [export] = await accesses(registry, kind="export", account=name)
    assert (export.object, export.rows >= 1) == ("subject", True)


async def test_failed_sign_ins_and_refusals_are_noted(
    registry: Registry,  # noqa: F811
) -> None:
    account = await opened(registry)
    with refused("UNAUTHENTICATED"):
        await log_in(registry, account.name, "not the password")
    await log_in(registry, account.name)
    await accesses(registry, kind="sign_in_failed", account=account.name)
    await accesses(registry, kind="sign_in", account=account.name)
    nobody = f"nobody-{secrets.token_hex(4)}"
    with refused("UNAUTHENTICATED"):
        await log_in(registry, nobody, "guess")
    [failed] = await accesses(registry, account=nobody)
    assert (failed.account_id, failed.name) == ("", nobody)
    inspector = registry.client(Role.INSPECTOR, name=f"{nobody}-2")
    with refused("NOT_PERMITTED"):
        await inspector.identity.ListAccounts(identity.ListAccountsRequest())
    [denied] = await accesses(registry, account=f"{nobody}-2")
    assert (denied.kind, denied.code) == ("refused", "PERMISSION_DENIED")


async def test_knocking_at_a_door_fills_a_few_rows(registry: Registry) -> None:  # noqa: F811
    stranger = registry.client_with("no token")
    asked: Any = [
        stranger.identity.ListAccounts(identity.ListAccountsRequest()) for _ in range(KNOCKS)
    ]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers} == {grpc.aio.AioRpcError}
    noted = await accesses(registry, KNOCKS, kind="refused", source="127.0.0.1")
    knocks = [one for one in noted if one.method == "IdentityService/ListAccounts"]
    assert len([one for one in knocks if not one.account_id]) < KNOCKS / 10


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR, Role.SERVICE}))
async def test_nobody_but_auditors_reads_the_log(
    registry: Registry,  # noqa: F811
    role: Role,
) -> None:
    reader = registry.client(role, bureau=PLATFORM)
    with refused("NOT_PERMITTED"):
        await reader.operations.ListAccess(pb.ListAccessRequest())


async def test_an_auditor_sees_the_accounts_of_the_own_scope_and_is_seen(
    registry: Registry,  # noqa: F811
) -> None:
    name = f"far-{secrets.token_hex(4)}"
    owner = await registry.subject(bureau=FOREIGN)
    reader = registry.client(Role.INSPECTOR, bureau=FOREIGN, name=name)
    await reader.registry.GetSubject(registry_pb2.GetSubjectRequest(subject_id=owner.subject_id))
    assert await accesses(registry, account=name)
    assert await accesses(registry, 0, bureau=DISTRICT, account=name) == []
    watched = await accesses(registry, account="auditor", kind="read")
    assert {"access"} <= {one.object for one in watched}


async def test_an_auditor_reads_nothing_else(registry: Registry) -> None:  # noqa: F811
    owner = await registry.subject()
    auditor = registry.client(Role.AUDITOR, bureau=PLATFORM)
    with refused("NOT_PERMITTED"):
        await auditor.registry.GetSubject(
            registry_pb2.GetSubjectRequest(subject_id=owner.subject_id)
        )
    with refused("NOT_PERMITTED"):
        await auditor.identity.ListAccounts(identity.ListAccountsRequest())


async def test_the_audit_is_read_within_the_scope(registry: Registry) -> None:  # noqa: F811
    here, far = await registry.subject(), await registry.subject(bureau=FOREIGN)
    for role in (Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.AUDITOR):
        reader = registry.client(role)
        shown = [await _audited(reader, one.subject_id) for one in (here, far)]
        assert [bool(entries) for entries in shown] == [True, False], role
    platform_wide = registry.client(Role.AUDITOR, bureau=PLATFORM)
    assert (await _audited(platform_wide, far.subject_id))[0].bureau == FOREIGN


async def _audited(reader: Any, subject_id: str) -> list[pb.AuditEntry]:
    request = pb.ListAuditRequest(object=f"subject/{subject_id}")
    return list((await reader.operations.ListAudit(request)).entries)
