"""Attacker: one administrator of two, who makes further accounts to decide in their names.

They have the account of an administrator of the whole platform. Another administrator has signed
in, so the platform is set up.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from sqlmodel import col, select

from plumbing.client import new_request_id
from plumbing.clock import SystemClock
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.registry import wire
from services.registry.identity.tables import Account
from services.registry.tables import Proposal
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    OTHER_DISTRICT,
    PLATFORM,
    Client,
    RunningRegistry,
    refused,
)

APPOINTED = [Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER, Role.AUDITOR]


@asynccontextmanager
async def signed_in(registry: RunningRegistry, *bureaus: str) -> AsyncIterator[list[Client]]:
    """Administrators of these bureaus, signed in before; closes their accounts at the end."""
    rows = [
        Account(
            account_id=(name := uuid4().hex),
            name=name,
            display_name="合成平台管理员",
            roles=[Role.ADMINISTRATOR],
            bureau=bureau,
            password_hash="set",
            created_at=SystemClock().now(),
            email=f"{name}@example.org",
        )
        for bureau in bureaus
    ]
    people = [(row.account_id, row.bureau) for row in rows]
    async with registry.database.transaction() as session:
        session.add_all(rows)
    try:
        yield [registry.client(Role.ADMINISTRATOR, bureau=at, name=name) for name, at in people]
    finally:
        await _close(registry, [name for name, _ in people])


async def _close(registry: RunningRegistry, names: Iterable[str]) -> None:
    async with registry.database.transaction() as session:
        for row in await session.exec(select(Account).where(col(Account.account_id).in_(names))):
            row.closed = True


@pytest.fixture
async def administrators(registry: RunningRegistry) -> AsyncIterator[Sequence[Client]]:
    """The attacker and another administrator, both of whom have signed in before."""
    await registry.bureau()
    async with signed_in(registry, PLATFORM, PLATFORM) as people:
        yield people


@pytest.fixture
async def districts(registry: RunningRegistry) -> AsyncIterator[Sequence[Client]]:
    """The attacker, who alone spans the platform, and the administrator of one district."""
    for bureau in (CITY, DISTRICT, OTHER_DISTRICT, FOREIGN):
        await registry.bureau(bureau)
    async with signed_in(registry, DISTRICT) as [other]:
        yield await registry.first_administrator(), other


def creation(*roles: Role, bureau: str = DISTRICT) -> pb.CreateAccountRequest:
    return pb.CreateAccountRequest(
        request_id=new_request_id(),
        name=f"second-{uuid4().hex[:8]}",
        display_name="第二身份",
        password=secrets.token_urlsafe(12),
        roles=map(wire.role_number, roles),
        bureau=bureau,
    )


def change(account: pb.Account, *roles: Role, bureau: str = DISTRICT) -> pb.ChangeAccountRequest:
    return pb.ChangeAccountRequest(
        request_id=new_request_id(),
        account_id=account.account_id,
        roles=map(wire.role_number, roles),
        bureau=bureau,
        ground="人手不足",
    )


def release(proposal_id: str) -> proposals.ReleaseProposalRequest:
    return proposals.ReleaseProposalRequest(
        request_id=new_request_id(), proposal_id=proposal_id, reasons="已核实"
    )


async def roles_of(client: Client, account: pb.Account) -> list[Role]:
    asked = pb.GetAccountRequest(account_id=account.account_id)
    found = (await client.identity.GetAccount(asked)).account
    return [wire.role_named(number) for number in found.roles]


@pytest.mark.parametrize("role", APPOINTED)
async def test_no_account_decides_or_watches_on_one_word(
    administrators: Sequence[Client], role: Role
) -> None:
    attacker, other = administrators
    asked = creation(role)
    made = await attacker.identity.CreateAccount(asked)
    assert not made.account.roles
    login = pb.LoginRequest(name=asked.name, password=asked.password)
    with refused("WRONG_STATE"):
        await attacker.running.client_with().identity.Login(login)
    with refused("NOT_PERMITTED"):
        await attacker.proposals.ReleaseProposal(release(made.proposal.proposal_id))
    assert await roles_of(other, made.account) == []
    await other.proposals.ReleaseProposal(release(made.proposal.proposal_id))
    assert await roles_of(other, made.account) == [role]


async def test_no_account_is_changed_into_one_that_decides(
    administrators: Sequence[Client],
) -> None:
    attacker, other = administrators
    made = (await attacker.identity.CreateAccount(creation(Role.INSPECTOR))).account
    assert made.roles == [pb.ROLE_INSPECTOR]
    answer = await attacker.identity.ChangeAccount(change(made, Role.INSPECTOR, Role.UNIT_HEAD))
    proposal = answer.proposal
    assert await roles_of(other, made) == [Role.INSPECTOR]
    shown = [(one.field, one.before, one.after) for one in proposal.changes]
    assert shown == [("roles", "inspector", "inspector unit_head")]
    assert (proposal.ground, proposal.released_by) == ("人手不足", "administrator")
    declined = proposals.DeclineProposalRequest(
        request_id=new_request_id(), proposal_id=proposal.proposal_id, reasons="查无此人"
    )
    await other.proposals.DeclineProposal(declined)
    assert await roles_of(other, made) == [Role.INSPECTOR]


async def test_a_head_of_one_bureau_does_not_become_that_of_another(
    administrators: Sequence[Client], registry: RunningRegistry
) -> None:
    attacker, other = administrators
    await registry.bureau("330110")
    made = await attacker.identity.CreateAccount(creation(Role.UNIT_HEAD))
    await other.proposals.ReleaseProposal(release(made.proposal.proposal_id))
    moved = await attacker.identity.ChangeAccount(
        change(made.account, Role.UNIT_HEAD, bureau="330110")
    )
    assert moved.HasField("proposal")
    assert moved.account.bureau == DISTRICT


async def test_a_proposal_releases_nothing_but_what_it_shows(
    administrators: Sequence[Client],
) -> None:
    attacker, other = administrators
    made = await attacker.identity.CreateAccount(creation(Role.CASEWORKER))
    await attacker.identity.ChangeAccount(change(made.account, Role.INSPECTOR))
    with refused("WRONG_STATE"):
        await other.proposals.ReleaseProposal(release(made.proposal.proposal_id))


async def test_a_proposal_about_an_account_that_closes_ends_with_it(
    administrators: Sequence[Client],
) -> None:
    attacker, other = administrators
    made = await attacker.identity.CreateAccount(creation(Role.CASEWORKER))
    close = pb.CloseAccountRequest(request_id=new_request_id(), account_id=made.account.account_id)
    await attacker.identity.CloseAccount(close)
    asked = proposals.GetProposalRequest(proposal_id=made.proposal.proposal_id)
    ended = (await other.proposals.GetProposal(asked)).proposal
    assert ended.state == "withdrawn"
    assert "the account was closed" in ended.reasons


async def test_the_other_administrator_is_not_closed_or_demoted_alone(
    administrators: Sequence[Client],
) -> None:
    attacker, other = administrators
    me, victim = [await account_of(client) for client in administrators]
    close = pb.CloseAccountRequest(request_id=new_request_id(), account_id=victim)
    answer = await attacker.identity.CloseAccount(close)
    assert answer.HasField("proposal")
    assert not answer.account.closed
    demote = change(answer.account, Role.INSPECTOR)
    with refused("WRONG_STATE"):
        await attacker.identity.ChangeAccount(demote)  # one proposal at a time
    reply = pb.CloseAccountRequest(request_id=new_request_id(), account_id=me)
    assert (await other.identity.CloseAccount(reply)).HasField("proposal")


async def test_the_password_is_in_no_proposal(
    administrators: Sequence[Client], registry: RunningRegistry
) -> None:
    attacker, _ = administrators
    asked = creation(Role.CASEWORKER)
    made = await attacker.identity.CreateAccount(asked)
    async with registry.database.snapshot() as session:
        row = await session.get_one(Proposal, made.proposal.proposal_id)
    assert row.request_type == pb.ChangeAccountRequest.DESCRIPTOR.full_name
    assert asked.password.encode() not in row.request


async def test_the_register_and_accounts_are_released_by_different_people(
    administrators: Sequence[Client], registry: RunningRegistry
) -> None:
    attacker, _ = administrators
    made = await attacker.identity.CreateAccount(creation(Role.CASEWORKER))
    head = registry.client(Role.UNIT_HEAD, bureau="330100", name="head")
    with refused("NOT_FOUND"):
        await head.proposals.ReleaseProposal(release(made.proposal.proposal_id))
    listed = await head.proposals.ListProposals(proposals.ListProposalsRequest())
    assert made.proposal.proposal_id not in {one.proposal_id for one in listed.proposals}


async def test_whoever_could_release_is_mailed(
    administrators: Sequence[Client], registry: RunningRegistry
) -> None:
    attacker, other = [await account_of(client) for client in administrators]
    made = await administrators[0].identity.CreateAccount(creation(Role.CASEWORKER))
    [due] = await registry.events_of(f"account/{other}")
    assert (due.kind, due.address) == ("appointment", f"{other}@example.org")
    assert (due.proposal_id, due.concerns) == (made.proposal.proposal_id, "第二身份")
    assert not await registry.events_of(f"account/{attacker}")


async def test_no_account_comes_by_way_of_a_bureau_that_nobody_else_governs(
    districts: Sequence[Client],
) -> None:
    attacker, other = districts
    made = await attacker.identity.CreateAccount(creation(Role.CASEWORKER, bureau=FOREIGN))
    assert not made.HasField("proposal")
    moved = await attacker.identity.ChangeAccount(change(made.account, Role.CASEWORKER))
    assert moved.account.bureau == FOREIGN
    listed = await other.proposals.ListProposals(proposals.ListProposalsRequest(state="waiting"))
    assert moved.proposal.proposal_id in {one.proposal_id for one in listed.proposals}
    await other.proposals.ReleaseProposal(release(moved.proposal.proposal_id))
    got = await other.identity.GetAccount(pb.GetAccountRequest(account_id=made.account.account_id))
    assert got.account.bureau == DISTRICT


@pytest.mark.parametrize(("role", "bureau"), [(Role.CASEWORKER, CITY), (Role.AUDITOR, PLATFORM)])
async def test_who_governs_a_part_releases_what_spans_it(
    districts: Sequence[Client], role: Role, bureau: str
) -> None:
    attacker, other = districts
    made = await attacker.identity.CreateAccount(creation(role, bureau=bureau))
    assert not made.account.roles
    await other.proposals.ReleaseProposal(release(made.proposal.proposal_id))
    assert await roles_of(attacker, made.account) == [role]


@pytest.mark.parametrize("bureau", [FOREIGN, CITY, PLATFORM])
async def test_nobody_makes_the_administrator_who_releases_for_them(
    districts: Sequence[Client], bureau: str
) -> None:
    attacker, other = districts
    made = await attacker.identity.CreateAccount(creation(Role.ADMINISTRATOR, bureau=bureau))
    assert not made.account.roles
    await other.proposals.ReleaseProposal(release(made.proposal.proposal_id))
    assert await roles_of(attacker, made.account) == [Role.ADMINISTRATOR]


@pytest.mark.parametrize("bureau", [FOREIGN, OTHER_DISTRICT])
async def test_no_administrator_is_moved_away_alone(
    districts: Sequence[Client], bureau: str
) -> None:
    attacker, victim = districts
    found = await account_named(attacker, await account_of(victim))
    moved = await attacker.identity.ChangeAccount(change(found, Role.ADMINISTRATOR, bureau=bureau))
    assert moved.HasField("proposal")
    assert moved.account.bureau == DISTRICT
    with refused("NOT_PERMITTED"):
        await attacker.proposals.ReleaseProposal(release(moved.proposal.proposal_id))


async def test_a_move_that_no_other_governs_at_both_ends_is_two_steps(
    districts: Sequence[Client], registry: RunningRegistry
) -> None:
    attacker, victim = districts
    found = await account_named(attacker, await account_of(victim))
    async with signed_in(registry, FOREIGN):
        with refused("WRONG_STATE"):
            asked = change(found, Role.ADMINISTRATOR, bureau=FOREIGN)
            await attacker.identity.ChangeAccount(asked)


async def test_whoever_proposes_where_another_releases_may_take_it_back(
    districts: Sequence[Client], registry: RunningRegistry
) -> None:
    _, other = districts
    async with signed_in(registry, FOREIGN) as [attacker]:
        made = await attacker.identity.CreateAccount(creation(Role.ADMINISTRATOR, bureau=FOREIGN))
        withdrawal = proposals.WithdrawProposalRequest(
            request_id=new_request_id(), proposal_id=made.proposal.proposal_id
        )
        with refused("NOT_PERMITTED"):
            await other.proposals.WithdrawProposal(withdrawal)
        await attacker.proposals.WithdrawProposal(withdrawal)


async def test_the_first_administrator_sets_the_platform_up_and_the_audit_says_so(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    first = await registry.first_administrator()
    made = await first.identity.CreateAccount(creation(Role.ADMINISTRATOR, bureau=PLATFORM))
    assert not made.HasField("proposal")
    # Whoever was made but never signed in may not exist, and could release nothing.
    head = await first.identity.CreateAccount(creation(Role.UNIT_HEAD))
    assert not head.HasField("proposal")
    [entry] = await registry.audited(f"account/{head.account.account_id}")
    assert "no other administrator" in entry.ground


async def test_the_last_administrator_is_not_closed(registry: RunningRegistry) -> None:
    last = await account_of(await registry.first_administrator())
    nobody = registry.client(Role.ADMINISTRATOR, bureau=PLATFORM, name="token-of-old")
    close = pb.CloseAccountRequest(request_id=new_request_id(), account_id=last)
    with refused("WRONG_STATE"):
        await nobody.identity.CloseAccount(close)


async def account_of(client: Client) -> str:
    return str((await client.identity.GetCaller(pb.GetCallerRequest())).account.account_id)


async def account_named(client: Client, account_id: str) -> pb.Account:
    return (await client.identity.GetAccount(pb.GetAccountRequest(account_id=account_id))).account
