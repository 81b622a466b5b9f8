"""Logging in, accounts and passwords."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from law.errors import WrongState
from plumbing.change import Changes
from plumbing.client import ServiceToken, new_request_id
from plumbing.clock import FixedClock, SystemClock
from plumbing.database import Database
from plumbing.identity import Role, Unauthenticated
from plumbing.settings import Settings
from plumbing.tokens import Verifier, public_key
from protos.identity.v1 import identity_pb2 as pb
from services.registry import wire
from services.registry.identity.first_start import ensure_administrator
from services.registry.identity.passwords import Passwords, hasher_of
from tests.integration.registry.running_registry import DISTRICT, STARTS, RunningRegistry, refused
from tests.postgres import Databases

FIRST, PASSWORD = "a-first-password", "a-synthetic-password"


def account(*roles: Role, **values: Any) -> pb.CreateAccountRequest:
    """A request for an account, by default of a caseworker."""
    roles = roles or (Role.CASEWORKER,)
    defaults = {
        "name": f"user-{uuid4().hex[:12]}",
        "display_name": "合成办案人员",
        "password": FIRST,
        "roles": map(wire.role_number, roles),
        "bureau": DISTRICT,
    }
    return pb.CreateAccountRequest(request_id=new_request_id(), **(defaults | values))


async def log_in(
    registry: RunningRegistry, name: str, password: str = PASSWORD
) -> pb.LoginResponse:
    return await registry.client_with().identity.Login(
        pb.LoginRequest(name=name, password=password)
    )


async def opened(registry: RunningRegistry, *roles: Role, **values: Any) -> pb.Account:
    """An account whose first password was changed at the first login."""
    await registry.bureau()
    request = account(*roles, **values)
    made = await (await registry.first_administrator()).identity.CreateAccount(request)
    first = await log_in(registry, made.account.name, request.password)
    assert (first.token, first.step) == ("", pb.LOGIN_STEP_NEW_PASSWORD)
    going_on = pb.ContinueLoginRequest(challenge=first.challenge, new_password=PASSWORD)
    return (await registry.client_with().identity.ContinueLogin(going_on)).account


async def test_the_first_administrator_comes_with_the_first_start(
    registry: RunningRegistry,
) -> None:
    file = registry.settings.keys_dir / "administrator.password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = file.read_text()
    answer = await log_in(registry, "administrator", password)
    assert list(answer.account.roles) == [pb.ROLE_ADMINISTRATOR]
    log = (registry.settings.data_dir / "registry.log").read_text()
    assert "administrator.password" in log
    assert password not in log
    entries = await registry.audited(f"account/{answer.account.account_id}")
    assert [entry.action for entry in entries] == ["create_account"]


async def test_a_token_says_who_calls_and_in_which_scope(registry: RunningRegistry) -> None:
    made = await opened(registry, Role.CASEWORKER, Role.INSPECTOR)
    answer = await log_in(registry, made.name)
    assert answer.account == made
    verifier = Verifier(public_key(registry.settings.keys_dir), SystemClock())
    caller = verifier.verify(answer.token)
    assert (caller.account_id, caller.bureau) == (made.account_id, DISTRICT)
    assert caller.roles == {Role.CASEWORKER, Role.INSPECTOR}
    client = registry.client_with(answer.token)
    assert (await client.identity.GetCaller(pb.GetCallerRequest())).account == made
    life = answer.expires_at.ToDatetime(STARTS.tzinfo) - SystemClock().now()
    assert timedelta(0) < life <= registry.settings.token_life


async def test_unknown_names_wrong_passwords_and_closed_accounts_answer_alike(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    admin = await registry.first_administrator()
    known, closed = await opened(registry), await opened(registry)
    close = pb.CloseAccountRequest(request_id=new_request_id(), account_id=closed.account_id)
    assert (await admin.identity.CloseAccount(close)).account.closed
    answers = []
    for name, password in (
        (known.name, "wrong"),
        (closed.name, PASSWORD),
        (f"nobody-{uuid4().hex}", PASSWORD),
    ):
        with refused("UNAUTHENTICATED") as refusals:
            await log_in(registry, name, password)
        answers.append((refusals[0].message_zh, refusals[0].message_en, refusals[0].facts))
    assert answers[0] == answers[1] == answers[2]


def test_only_a_sandbox_hashes_at_little_cost() -> None:
    """64 MiB and three passes are the second choice of RFC 9106, for machines of any size."""
    real, sandbox = (hasher_of(Settings(sandbox=kind)).hash(PASSWORD) for kind in (False, True))
    assert real.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert sandbox.startswith("$argon2id$v=19$m=1024,t=1,p=1$")


@pytest.fixture
async def alone(
    tmp_path: Path, databases: Databases
) -> AsyncIterator[tuple[Passwords, Database, FixedClock]]:
    """Passwords under a clock of their own, with an administrator."""
    database = await databases.migrated(tmp_path, "registry")
    clock = FixedClock(STARTS)
    passwords = Passwords(database, clock, hasher_of(Settings(sandbox=True)))
    (tmp_path / "administrator.password").write_text(PASSWORD)
    await ensure_administrator(Changes(database, clock), passwords, tmp_path)
    yield passwords, database, clock
    await database.close()


async def test_the_administrator_is_made_once_even_when_its_password_was_written_before(
    alone: tuple[Passwords, Database, FixedClock], tmp_path: Path
) -> None:
    passwords, database, clock = alone
    first = await passwords.check("administrator", PASSWORD)
    await ensure_administrator(Changes(database, clock), passwords, tmp_path)
    assert await passwords.check("administrator", PASSWORD) == first


@pytest.mark.parametrize("name", ["administrator", "nobody"])
async def test_after_five_wrong_passwords_a_name_waits_a_minute_then_longer(
    alone: tuple[Passwords, Database, FixedClock], name: str
) -> None:
    passwords, _, clock = alone
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await passwords.check(name, "wrong")
    with pytest.raises(WrongState):
        await passwords.check(name, PASSWORD)
    clock.moment += timedelta(seconds=59)
    with pytest.raises(WrongState):
        await passwords.check(name, PASSWORD)
    clock.moment += timedelta(seconds=1)
    with pytest.raises(Unauthenticated):
        await passwords.check(name, "wrong")
    # The next wait is twice as long.
    clock.moment += timedelta(seconds=119)
    with pytest.raises(WrongState):
        await passwords.check(name, PASSWORD)
    clock.moment += timedelta(seconds=1)
    if name == "administrator":
        await passwords.check(name, PASSWORD)


async def test_a_right_password_forgets_the_wrong_ones(
    alone: tuple[Passwords, Database, FixedClock],
) -> None:
    passwords, _, _ = alone
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(Unauthenticated):
                await passwords.check("administrator", "wrong")
        await passwords.check("administrator", PASSWORD)


async def test_guessing_all_at_once_gets_five_guesses_too(
    alone: tuple[Passwords, Database, FixedClock],
) -> None:
    passwords, _, _ = alone
    answers = await asyncio.gather(
        *(passwords.check("administrator", f"guess-{n}") for n in range(12)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 5
    assert sum(isinstance(answer, WrongState) for answer in answers) == 7


async def test_a_service_logs_in_with_its_secret_and_no_other(registry: RunningRegistry) -> None:
    keys = registry.settings.keys_dir
    endpoint = registry.settings.endpoint("registry")
    token = await ServiceToken("grading", keys, endpoint, SystemClock())()
    client = registry.client_with(token)
    caller = Verifier(public_key(keys), SystemClock()).verify(token)
    assert (caller.name, caller.roles) == ("service:grading", frozenset({Role.SERVICE}))
    secret = (keys / "service-grading.secret").read_text()
    for service, given in (("alerts", secret), ("grading", secret[::-1]), ("portal", secret)):
        with refused("UNAUTHENTICATED"):
            await client.identity.LoginService(
                pb.LoginServiceRequest(service=service, secret=given)
            )


async def test_the_portal_alone_gets_the_token_of_visitors(registry: RunningRegistry) -> None:
    tokens = {
        name: ServiceToken(
            name, registry.settings.keys_dir, registry.settings.endpoint("registry"), SystemClock()
        )
        for name in ("portal", "alerts")
    }
    portal = registry.client_with(await tokens["portal"]())
    answer = await portal.identity.LoginVisitor(pb.LoginVisitorRequest())
    verifier = Verifier(public_key(registry.settings.keys_dir), SystemClock())
    assert verifier.verify(answer.token).roles == {Role.PUBLIC}
    for other in (
        registry.client_with(await tokens["alerts"]()),
        registry.client(Role.ADMINISTRATOR),
    ):
        with refused("NOT_PERMITTED"):
            await other.identity.LoginVisitor(pb.LoginVisitorRequest())


async def test_a_token_is_renewed_while_its_account_is_open(registry: RunningRegistry) -> None:
    await registry.bureau()
    admin = await registry.first_administrator()
    made = await opened(registry)
    first = await log_in(registry, made.name)
    client = registry.client_with(first.token)
    renewed = await client.identity.RenewToken(pb.RenewTokenRequest())
    assert renewed.expires_at.ToDatetime() >= first.expires_at.ToDatetime()
    again = registry.client_with(renewed.token)
    assert (await again.identity.GetCaller(pb.GetCallerRequest())).account == made
    closing = pb.CloseAccountRequest(request_id=new_request_id(), account_id=made.account_id)
    await admin.identity.CloseAccount(closing)
    with refused("UNAUTHENTICATED"):
        await client.identity.RenewToken(pb.RenewTokenRequest())


@pytest.mark.parametrize(
    ("roles", "values", "fields"),
    [
        ([Role.ADMINISTRATOR, Role.CASEWORKER], {}, {"roles"}),
        ([Role.ADMINISTRATOR, Role.UNIT_HEAD], {}, {"roles"}),
        ([Role.ADMINISTRATOR, Role.MUNICIPAL_REVIEWER], {}, {"roles"}),
        ([Role.OPERATOR, Role.CASEWORKER], {"subject_id": "s"}, {"roles", "bureau"}),
        ([Role.OPERATOR], {"bureau": ""}, {"subject_id"}),
        ([Role.OPERATOR], {"bureau": "", "subject_id": "nobody"}, {"subject_id"}),
        ([Role.PUBLIC], {}, {"bureau"}),
        ([Role.INSPECTOR], {"bureau": ""}, {"bureau"}),
        ([Role.INSPECTOR], {"subject_id": "s"}, {"subject_id"}),
        ([Role.INSPECTOR], {"bureau": "990000"}, {"bureau"}),
        ([Role.INSPECTOR], {"bureau": "000000"}, {"bureau"}),
        ([Role.ADMINISTRATOR, Role.INSPECTOR], {"bureau": "000000"}, {"roles", "bureau"}),
        ([Role.INSPECTOR], {"password": "short"}, {"password"}),
    ],
)
async def test_roles_go_together_and_a_scope_fits_them(
    registry: RunningRegistry, roles: list[Role], values: dict[str, str], fields: set[str]
) -> None:
    await registry.bureau()
    admin = await registry.first_administrator()
    with refused("INVALID_INPUT", *fields):
        await admin.identity.CreateAccount(account(*roles, **values))


async def test_an_account_is_created_once_and_its_name_is_its_own(
    registry: RunningRegistry,
) -> None:
    subject = await registry.subject()
    admin = await registry.first_administrator()
    request = account(Role.OPERATOR, bureau="", subject_id=subject.subject_id)
    made = (await admin.identity.CreateAccount(request)).account
    assert (await admin.identity.CreateAccount(request)).account == made
    with refused("ALREADY_EXISTS"):
        await admin.identity.CreateAccount(account(name=request.name))
    listed = await admin.identity.ListAccounts(pb.ListAccountsRequest(page_size=1000))
    names = [one.name for one in listed.accounts]
    assert names == sorted(names)
    assert names.count(request.name) == 1
    caseworker = registry.client(Role.CASEWORKER)
    with refused("NOT_PERMITTED"):
        await caseworker.identity.CreateAccount(account())
    with refused("NOT_PERMITTED"):
        await caseworker.identity.ListAccounts(pb.ListAccountsRequest())


async def test_who_works_on_a_case_is_named_and_nothing_else_is_told(
    registry: RunningRegistry,
) -> None:
    admin = await registry.first_administrator()
    made = (await admin.identity.CreateAccount(account(display_name="经办甲"))).account
    request = pb.NameAccountsRequest(account_ids=[made.account_id, "nobody"])
    for role in (Role.CASEWORKER, Role.OPERATOR):
        named = await registry.client(role).identity.NameAccounts(request)
        assert list(named.names) == [
            pb.AccountName(account_id=made.account_id, display_name="经办甲")
        ]
    with refused("NOT_PERMITTED"):
        await registry.client(Role.PUBLIC).identity.NameAccounts(request)


async def test_no_administrator_closes_its_own_account(registry: RunningRegistry) -> None:
    password = (registry.settings.keys_dir / "administrator.password").read_text()
    answer = await log_in(registry, "administrator", password)
    admin = registry.client_with(answer.token)
    with refused("WRONG_STATE"):
        await admin.identity.CloseAccount(
            pb.CloseAccountRequest(
                request_id=new_request_id(), account_id=answer.account.account_id
            )
        )
    with refused("NOT_FOUND"):
        await admin.identity.CloseAccount(
            pb.CloseAccountRequest(request_id=new_request_id(), account_id="nobody")
        )


async def test_a_password_is_changed_by_whoever_knows_it_and_the_change_may_be_repeated(
    registry: RunningRegistry,
) -> None:
    made = await opened(registry)
    client = registry.client_with((await log_in(registry, made.name)).token)

    def change(old: str) -> pb.ChangePasswordRequest:
        return pb.ChangePasswordRequest(
            request_id=new_request_id(), old_password=old, new_password="another-password"
        )

    with refused("NOT_PERMITTED"):
        await client.identity.ChangePassword(change("wrong"))
    request = change(PASSWORD)
    await client.identity.ChangePassword(request)
    await client.identity.ChangePassword(request)
    await log_in(registry, made.name, "another-password")
    with refused("UNAUTHENTICATED"):
        await log_in(registry, made.name)
    entries = await registry.audited(f"account/{made.account_id}")
    assert [entry.action for entry in entries] == [
        "create_account",
        "change_password",
        "change_password",
    ]


async def kept(registry: RunningRegistry) -> list[bytes]:
    """All that the registry has written: its files, and the rows of a database that is none."""
    stored = [path.read_bytes() for path in registry.settings.data_dir.glob("registry*")]
    if registry.database.is_sqlite:
        return stored
    async with registry.database.snapshot() as session:
        connection = await session.connection()
        tables = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
        for table in tables:
            rows = await connection.exec_driver_sql(f'SELECT t::text FROM "{table}" t')  # noqa: S608
            stored += [row.encode() for row in rows.scalars()]
    return stored


async def test_no_password_is_kept_or_told_anywhere(registry: RunningRegistry) -> None:
    await registry.bureau()
    admin = await registry.first_administrator()
    secret = f"secret-{uuid4().hex}"
    made = (await admin.identity.CreateAccount(account(password=secret))).account
    await log_in(registry, made.name, secret)
    with refused("UNAUTHENTICATED"):
        await log_in(registry, made.name, f"{secret}!")
    stored = await kept(registry)
    assert stored
    assert any(made.name.encode() in content for content in stored)
    as_bytes = secret.encode().hex().encode()  # as PostgreSQL shows a column of bytes
    assert not any(secret.encode() in content or as_bytes in content for content in stored)
    [entry] = await registry.audited(f"account/{made.account_id}")
    assert entry.after
    assert "password_hash" not in entry.after
