"""An account that got another subject: its logins renew their tokens for that one."""

from __future__ import annotations

import asyncio

from sqlmodel import select

from plumbing.change import Changes
from plumbing.clock import SandboxClock
from plumbing.identity import Role, service_caller
from plumbing.tokens import session_id_of
from protos.identity.v1 import identity_pb2 as pb
from protos.registry.v1 import registry_pb2 as register
from services.registry.identity import sessions
from services.registry.identity.tables import Account
from tests.integration.registry.running_registry import Client, RunningRegistry
from tests.integration.registry.test_registry_identity import log_in, opened

LOOKS = 20  # calls that are answered meanwhile


async def moved_sessions(registry: RunningRegistry) -> set[str]:
    service = await registry.acting_for(Role.CASEWORKER, name="portal")
    answer = await service.identity.GetEndedSessions(pb.GetEndedSessionsRequest())
    return set(answer.moved_session_ids)


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
    assert session_id not in await moved_sessions(registry)


async def test_every_login_of_a_moved_account_is_told_until_it_is_renewed(
    registry: RunningRegistry,
) -> None:
    former, present = [await registry.subject() for _ in range(2)]
    person, client, session_id = await signed_in(registry, former)
    changes = Changes(registry.database, SandboxClock(registry.settings.clock_file))
    async with changes.change(service_caller("registry")) as change:
        account = await change.session.get_one(Account, person.account_id)
        await sessions.move(change, account, present.subject_id)
        change.audit("join_subjects", f"account/{person.account_id}")
    assert session_id in await moved_sessions(registry)
    renewed = await client.identity.RenewToken(pb.RenewTokenRequest())
    assert renewed.subject_id == present.subject_id
    assert session_id not in await moved_sessions(registry)
