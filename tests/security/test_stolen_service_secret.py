"""Somebody has the secret of alerts: what it opens.

The attacker has read `service-alerts.secret` and reaches the registry's port. They try every
method, and act on behalf of people who may not do the act. What is left to them: to enter a record
in the name of a caseworker whose account is open, for a subject of that caseworker's bureau.
"""

from __future__ import annotations

import grpc

from plumbing.client import refusal_of
from plumbing.identity import Role
from plumbing.private_files import service_secret_file
from protos.identity.v1 import identity_pb2
from protos.registry.v1 import registry_pb2 as pb
from tests.e2e.rpcs import all_rpcs
from tests.integration.registry.conftest import (  # noqa: F401 - fixtures
    _settings,
    nats_url,
    registry,
)
from tests.integration.registry.running_registry import (
    FOREIGN,
    RunningRegistry,
    enter_record,
    refused,
)

# What anybody may call who has no token, and the checkpoints, which name nobody.
OPEN = {
    *("Login", "ContinueLogin", "LoginService", "RegisterOperator"),
    *("RequestPasswordLink", "GetPasswordLink", "SetPasswordByLink", "GetCheckpoint"),
}


async def stolen_token(registry: RunningRegistry, service: str = "alerts") -> str:  # noqa: F811
    secret = service_secret_file(registry.settings.keys_dir, service).read_text()
    request = identity_pb2.LoginServiceRequest(service=service, secret=secret)
    return (await registry.client_with().identity.LoginService(request)).token


async def admitted(registry: RunningRegistry, token: str) -> set[str]:  # noqa: F811
    """The methods of the registry that do not refuse the caller before they read the request."""
    found = set()
    channel = registry.client_with(token).channel
    for rpc in all_rpcs():
        if rpc.host == "registry":
            try:
                await rpc.call(channel, [] if rpc.streaming else b"", timeout=10)
            except grpc.aio.AioRpcError as error:
                if "method" in refusal_of(error).facts:
                    continue
            found.add(rpc.name.partition(".")[2])
    return found


async def test_the_secret_of_a_service_opens_what_the_service_calls(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    assert await admitted(registry, await stolen_token(registry)) - OPEN == {
        "EnterRecord",
        "GetMailedToken",
        "GetEndedSessions",
    }


async def test_nobody_is_acted_for_who_may_not_do_it_themselves(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    subject = await registry.subject()
    request = enter_record(subject.subject_id)
    token = await stolen_token(registry)
    for thief in (
        registry.client_with(token),
        registry.client_with(token, on_behalf_of="nobody"),
        await registry.acting_for(Role.CASEWORKER, name="alerts", closed=True),
        await registry.acting_for(Role.INSPECTOR, Role.UNIT_HEAD, name="alerts"),
        await registry.acting_for(Role.CASEWORKER, bureau=FOREIGN, name="alerts"),
    ):
        with refused("NOT_PERMITTED"):
            await thief.registry.EnterRecord(request)
    listing = pb.ListRecordsRequest(subject_id=subject.subject_id)
    staff = registry.client(Role.UNIT_HEAD)
    assert not (await staff.registry.ListRecords(listing)).records
    service = await registry.acting_for(Role.CASEWORKER, name="alerts")
    assert (await service.registry.EnterRecord(request)).record.record_id
    [entry] = await registry.audited(
        f"record/{(await staff.registry.ListRecords(listing)).records[0].record_id}"
    )
    assert entry.actor == "service:alerts"
