"""Attacker: somebody of the bureau whose roles its own sign-in service has just withdrawn.

They have a login from before, in a browser that renews its token as long as it is used. The
platform hears of a change when somebody signs in at the bureau's service again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
from sqlmodel import update

from plumbing.client import refusal_of
from plumbing.clock import SystemClock
from plumbing.identity import service_caller
from plumbing.tokens import Signer, make_keys
from protos.identity.v1 import identity_pb2 as pb
from services.registry.identity.tables import Session
from tests.integration.events.support import eventually
from tests.integration.registry.conftest import nats_url
from tests.integration.registry.running_registry import (
    DISTRICT,
    RunningRegistry,
    refused,
    running,
    sandbox,
)
from tests.integration.registry.test_external_identity import CREATE
from tests.ports import free_port
from tests.postgres import Databases

__all__ = ["nats_url"]
ISSUER = "https://sso.example"


@pytest.fixture
async def registry(
    tmp_path: Path,
    nats_url: str,
    databases: Databases,
) -> AsyncIterator[RunningRegistry]:
    """A registry whose people sign in by the bureau's own service, for an hour at most."""
    (tmp_path / "mapping.json").write_text(json.dumps(CREATE))
    settings = sandbox(tmp_path, free_port(), nats_url, databases).model_copy(
        update={
            "oidc_issuer": ISSUER,
            "oidc_mapping_file": str(tmp_path / "mapping.json"),
            "oidc_login_minutes": 60,
        }
    )
    async with running(settings):
        registry = RunningRegistry(settings)
        await registry.bureau()
        yield registry
        await registry.close()


async def signs_in(registry: RunningRegistry, *groups: str) -> pb.LoginResponse:
    """The portal has confirmed the person with these groups at the bureau's service."""
    settings = registry.settings
    signer = Signer(make_keys(settings.keys_dir, ()), SystemClock(), settings.token_life)
    portal = registry.client_with(signer.issue(service_caller("portal"))[0])
    claims: dict[str, Any] = {"realm": {"groups": groups}, "department": "一分局"}
    request = pb.LoginExternalRequest(
        issuer=ISSUER, subject="p1", claims_json=json.dumps(claims, ensure_ascii=False)
    )
    return await portal.identity.LoginExternal(request)


async def is_refused(registry: RunningRegistry, token: str) -> bool:
    try:
        await registry.client_with(token).identity.GetCaller(pb.GetCallerRequest())
    except grpc.aio.AioRpcError as error:
        return refusal_of(error).reason == "UNAUTHENTICATED"
    return False


async def test_a_login_from_before_ends_with_the_roles_it_had(registry: RunningRegistry) -> None:
    before = await signs_in(registry, "科长")
    beside = await signs_in(registry, "科长")  # nothing changed: both go on
    assert not await is_refused(registry, before.token)
    now = await signs_in(registry, "办案")
    for old in (before, beside):
        await eventually(partial(is_refused, registry, old.token))
    assert list(now.account.roles) == [pb.ROLE_CASEWORKER]
    assert (now.account.bureau, await is_refused(registry, now.token)) == (DISTRICT, False)
    with refused("NOT_PERMITTED"):  # the service gives them nothing any more
        await signs_in(registry, "食堂")
    await eventually(lambda: is_refused(registry, now.token))
    with refused("UNAUTHENTICATED"):
        await registry.client_with(now.token).identity.RenewToken(pb.RenewTokenRequest())


async def test_no_login_is_renewed_beyond_its_hour(registry: RunningRegistry) -> None:
    token = (await signs_in(registry, "科长")).token
    browser = registry.client_with(token).identity
    assert (await browser.RenewToken(pb.RenewTokenRequest())).token
    long_ago = SystemClock().now() - timedelta(minutes=61)
    async with registry.database.transaction() as session:
        await session.exec(update(Session).values(opened_at=long_ago))
    with refused("UNAUTHENTICATED"):
        await browser.RenewToken(pb.RenewTokenRequest())
    assert (await signs_in(registry, "科长")).token
