"""Attacker: an administrator who gives one account two roles that must watch each other.

They have the administrator's account of the platform, and may create and change accounts.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from uuid import uuid4

import pytest

from law.separation import Office, exclusions
from plumbing.client import new_request_id
from plumbing.identity import Role
from plumbing.service import Findings
from protos.identity.v1 import identity_pb2 as pb
from services.registry import wire
from services.registry.checks import check_roles
from services.registry.identity.tables import Account
from tests.integration.registry.running_registry import (
    DISTRICT,
    PLATFORM,
    STARTS,
    RunningRegistry,
    refused,
)

PAIRS = [
    *((Role.ADMINISTRATOR, other) for other in (Role.CASEWORKER, Role.UNIT_HEAD, Role.INSPECTOR)),
    (Role.ADMINISTRATOR, Role.INTEGRATOR),
    *((Role.VERIFICATION_INSTITUTION, other) for other in (Role.CASEWORKER, Role.UNIT_HEAD)),
    (Role.VERIFICATION_INSTITUTION, Role.INSPECTOR),
]


def roles_of(roles: Iterable[Role]) -> list[pb.Role.ValueType]:
    return [wire.role_number(role) for role in roles]


def test_the_offices_of_the_law_are_the_roles_of_accounts() -> None:
    assert {office.value for office in Office} == set(Role) - {Role.SERVICE}
    assert [rule.id for rule in exclusions([Role.CASEWORKER, Role.UNIT_HEAD])] == []


@pytest.mark.parametrize("roles", PAIRS)
async def test_no_account_is_created_or_changed_to_both(
    registry: RunningRegistry, roles: tuple[Role, Role]
) -> None:
    await registry.bureau()
    administrator = registry.client(Role.ADMINISTRATOR, bureau=PLATFORM).identity
    request = pb.CreateAccountRequest(
        request_id=new_request_id(),
        name=f"two-hats-{uuid4().hex[:8]}",
        display_name="两面人",
        password=secrets.token_urlsafe(12),
        roles=roles_of(roles),
        bureau=DISTRICT,
    )
    with refused("INVALID_INPUT", "roles") as refusals:
        await administrator.CreateAccount(request)
    [(_, zh, en)] = refusals[0].faults
    assert zh
    assert en
    request.request_id = new_request_id()
    del request.roles[1:]
    made = (await administrator.CreateAccount(request)).account
    with refused("INVALID_INPUT", "roles"):
        await administrator.ChangeAccount(
            pb.ChangeAccountRequest(
                request_id=new_request_id(),
                account_id=made.account_id,
                roles=roles_of(roles),
                bureau=DISTRICT,
            )
        )


async def test_an_account_that_has_both_already_is_named_by_the_check(
    registry: RunningRegistry,
) -> None:
    async with registry.database.transaction() as session:
        session.add(
            Account(
                account_id="two-hats",
                name="two-hats",
                display_name="两面人",
                roles=[Role.ADMINISTRATOR, Role.CASEWORKER],
                bureau=DISTRICT,
                password_hash="",
                created_at=STARTS,
            )
        )
    try:
        found = Findings()
        async with registry.database.snapshot() as session:
            await check_roles(session, found)
    finally:
        async with registry.database.transaction() as session:
            await session.delete(await session.get_one(Account, "two-hats"))
    problems = {(one.name, one.object) for one in found.problems}
    assert ("account.roles_exclude", "account/two-hats") in problems


async def test_an_administrator_of_a_district_makes_nobody_elsewhere(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    district = registry.client(Role.ADMINISTRATOR, bureau=DISTRICT).identity
    for bureau in (PLATFORM, "330100"):
        request = pb.CreateAccountRequest(
            request_id=new_request_id(),
            name=f"elsewhere-{uuid4().hex[:8]}",
            display_name="外人",
            password=secrets.token_urlsafe(12),
            roles=roles_of([Role.ADMINISTRATOR]),
            bureau=bureau,
        )
        if bureau != PLATFORM:
            await registry.bureau(bureau)
        with refused("NOT_PERMITTED"):
            await district.CreateAccount(request)
    everybody = registry.client(Role.ADMINISTRATOR, bureau=PLATFORM).identity
    made = await everybody.CreateAccount(
        pb.CreateAccountRequest(
            request_id=new_request_id(),
            name=f"city-{uuid4().hex[:8]}",
            display_name="市局人员",
            password=secrets.token_urlsafe(12),
            roles=roles_of([Role.CASEWORKER]),
            bureau="330100",
        )
    )
    close = pb.CloseAccountRequest(request_id=new_request_id(), account_id=made.account.account_id)
    with refused("NOT_PERMITTED"):
        await district.CloseAccount(close)
    with refused("NOT_PERMITTED"):
        await district.GetAccount(pb.GetAccountRequest(account_id=made.account.account_id))
    listed = await district.ListAccounts(pb.ListAccountsRequest(page_size=1000))
    assert made.account.account_id not in {one.account_id for one in listed.accounts}
