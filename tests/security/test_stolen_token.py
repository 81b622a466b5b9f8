"""The attacker has a copy of a person's token, which would be valid for half an hour.

The person ends their other logins, or the administrator takes a role from them: seconds later no
service takes the token any more.
"""

from __future__ import annotations

import grpc

from plumbing.client import new_request_id, refusal_of
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as pb
from tests.integration.events.support import eventually
from tests.integration.registry.conftest import _settings, nats_url, registry  # noqa: F401
from tests.integration.registry.running_registry import DISTRICT, Client, RunningRegistry
from tests.integration.registry.test_registry_identity import log_in, opened


async def is_refused(thief: Client) -> bool:
    try:
        await thief.identity.GetCaller(pb.GetCallerRequest())
    except grpc.aio.AioRpcError as error:
        return refusal_of(error).reason == "UNAUTHENTICATED"
    return False


async def test_a_login_that_its_owner_ended(registry: RunningRegistry) -> None:  # noqa: F811
    account = await opened(registry)
    thief = registry.client_with((await log_in(registry, account.name)).token)
    owner = registry.client_with((await log_in(registry, account.name)).token)
    assert not await is_refused(thief)
    await owner.identity.EndSession(pb.EndSessionRequest(request_id=new_request_id()))
    await eventually(lambda: is_refused(thief))
    assert not await is_refused(owner)


async def test_a_login_whose_account_lost_a_role(
    registry: RunningRegistry,  # noqa: F811
) -> None:
    account = await opened(registry, Role.CASEWORKER, Role.INSPECTOR)
    thief = registry.client_with((await log_in(registry, account.name)).token)
    change = pb.ChangeAccountRequest(
        request_id=new_request_id(),
        account_id=account.account_id,
        roles=[pb.ROLE_CASEWORKER],
        bureau=DISTRICT,
    )
    await registry.client(Role.ADMINISTRATOR, bureau="000000").identity.ChangeAccount(change)
    await eventually(lambda: is_refused(thief))
