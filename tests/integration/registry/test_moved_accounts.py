"""An account that got another subject: tokens for the former one end, and are renewed for it."""

from __future__ import annotations

import asyncio

import grpc
from sqlmodel import select

from plumbing.change import Changes
from plumbing.clock import SandboxClock
from plumbing.identity import Role, service_caller
from plumbing.tokens import session_id_of
from protos.identity.v1 import identity_pb2 as pb
from protos.registry.v1 import registry_pb2 as register
from services.registry.identity import sessions
from services.registry.identity.tables import Account
from tests.integration.registry.running_registry import Client, RunningRegistry, refused
from tests.integration.registry.test_registry_identity import log_in, opened
from tests.patience import PATIENCE_SECONDS

ASKED_EVERY_SECONDS = 0.1
LOOKS = 20  # calls that are answered meanwhile


async def moved_sessions(registry: RunningRegistry) -> dict[str, str]:
    """The subjects that logins have now, where it is another than when they began."""
    service = await registry.acting_for(Role.CASEWORKER, name="portal")
    answer = await service.identity.GetEndedSessions(pb.GetEndedSessionsRequest())
    moved = {one.session_id: one.subject_id for one in answer.moved_sessions}
    assert sorted(moved) == sorted(answer.moved_session_ids)
    return moved


async def signed_in(
    registry: RunningRegistry, subject: register.Subject
) -> tuple[pb.Account, Client, str]:
    """An operator of a subject, signed in, and the id of the login."""
    person = await opened(registry, Role.OPERATOR, bureau="", subject_id=subject.subject_id)
    token = (await log_in(registry, person.name)).token
    return person, registry.client_with(token), session_id_of(token)


async def test_a_token_renewed_while_the_account_moves_is_for_the_new_subject(
    registry: RunningRegistry,
) -> None:
    former, present = [await registry.subject() for _ in range(2)]
    person, client, session_id = await signed_in(registry, former)
    assert session_id not in await moved_sessions(registry)
    changes = Changes(registry.database, SandboxClock(registry.settings.clock_file))
    async with changes.change(service_caller("registry")) as change:
        own = select(Account).where(Account.account_id == person.account_id)
        account = (await change.session.exec(own)).one()
        await sessions.move(change, account, present.subject_id)
        change.audit("join_subjects", f"account/{person.account_id}")
        await change.session.flush()
        renewing = asyncio.ensure_future(client.identity.RenewToken(pb.RenewTokenRequest()))
        for _ in range(LOOKS):
            assert (await client.identity.GetCaller(pb.GetCallerRequest())).account == person
    assert (await renewing).subject_id == present.subject_id
    assert (await moved_sessions(registry))[session_id] == present.subject_id


async def test_a_token_for_the_former_subject_ends_at_the_move_and_renewed_or_not(
    registry: RunningRegistry,
) -> None:
    former, present = [await registry.subject() for _ in range(2)]
    person, client, session_id = await signed_in(registry, former)
    changes = Changes(registry.database, SandboxClock(registry.settings.clock_file))
    async with changes.change(service_caller("registry")) as change:
        account = await change.session.get_one(Account, person.account_id)
        await sessions.move(change, account, present.subject_id)
        change.audit("join_subjects", f"account/{person.account_id}")
    assert (await moved_sessions(registry))[session_id] == present.subject_id
    own = register.GetSubjectRequest(subject_id=present.subject_id)
    message = await refusal_of(client, former)
    assert "RenewToken" in message
    # Whoever holds it gets a token for the subject of now; the former one stays refused.
    renewed = await client.identity.RenewToken(pb.RenewTokenRequest())
    assert renewed.subject_id == present.subject_id
    fresh = registry.client_with(renewed.token)
    assert (await fresh.registry.GetSubject(own)).subject == present
    with refused("NOT_PERMITTED"):
        await fresh.registry.GetSubject(register.GetSubjectRequest(subject_id=former.subject_id))
    await refusal_of(client, former)


async def refusal_of(client: Client, subject: register.Subject) -> str:
    """Why a token is refused that was good for a subject, once the registry knows."""
    request = register.GetSubjectRequest(subject_id=subject.subject_id)
    refusal: grpc.aio.AioRpcError | None = None
    async with asyncio.timeout(PATIENCE_SECONDS):
        while refusal is None:
            await asyncio.sleep(ASKED_EVERY_SECONDS)
            try:
                await client.registry.GetSubject(request)
            except grpc.aio.AioRpcError as error:
                refusal = error
    assert refusal.code() is grpc.StatusCode.UNAUTHENTICATED
    return str(refusal.details())
