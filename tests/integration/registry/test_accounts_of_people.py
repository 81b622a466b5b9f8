"""First passwords, second factors, logins, mailed links, applications and colleagues."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from sqlmodel import col, select

from plumbing.client import ServiceToken, new_request_id
from plumbing.clock import SystemClock
from plumbing.events.outbox import Outbox
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2
from services.registry import wire
from services.registry.identity.tables import Account, MailedLink, SecondFactor
from tests.integration.registry.running_registry import (
    DISTRICT,
    OTHER_DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
    odd_code,
    refused,
)

FIRST, PASSWORD = "the-first-one-given", "a-word-of-their-own"


async def newcomer(registry: RunningRegistry, **values: Any) -> pb.Account:
    """An account whose first password was not changed yet."""
    await registry.bureau()
    defaults: dict[str, Any] = {
        "name": f"person-{uuid4().hex[:12]}",
        "display_name": "合成人员",
        "password": FIRST,
        "roles": [wire.role_number(Role.CASEWORKER)],
        "bureau": DISTRICT,
    }
    request = pb.CreateAccountRequest(request_id=new_request_id(), **(defaults | values))
    admin = await registry.first_administrator()
    return (await admin.identity.CreateAccount(request)).account


async def log_in(registry: RunningRegistry, name: str, password: str) -> pb.LoginResponse:
    anyone = registry.client_with().identity
    return await anyone.Login(pb.LoginRequest(name=name, password=password))


async def go_on(registry: RunningRegistry, challenge: str, **given: str) -> pb.LoginResponse:
    request = pb.ContinueLoginRequest(challenge=challenge, **given)
    return await registry.client_with().identity.ContinueLogin(request)


async def person(registry: RunningRegistry, **values: Any) -> tuple[pb.Account, Client]:
    """An account in use, and its holder signed in."""
    made = await newcomer(registry, **values)
    first = await log_in(registry, made.name, FIRST)
    done = await go_on(registry, first.challenge, new_password=PASSWORD)
    return done.account, registry.client_with(done.token)


async def mails(registry: RunningRegistry, aggregate: str) -> list[events.AccountMailDue]:
    """The mails that are due about an account or an application."""
    query = select(Outbox).where(Outbox.aggregate == aggregate).order_by(col(Outbox.aggregate_seq))
    async with registry.database.snapshot() as session:
        rows = (await session.exec(query)).all()
    return [events.AccountMailDue.FromString(row.payload) for row in rows]


async def mailed_token(registry: RunningRegistry, link_id: str) -> str:
    """The secret part of a link, as the service that sends the mail gets it."""
    settings = registry.settings
    endpoint = settings.endpoint("registry")
    token = ServiceToken("alerts", settings.keys_dir, endpoint, SystemClock())
    alerts = registry.client_with(await token())
    request = pb.GetMailedTokenRequest(link_id=link_id)
    return (await alerts.identity.GetMailedToken(request)).token


async def test_a_first_password_gives_no_token_until_it_is_replaced(
    registry: RunningRegistry,
) -> None:
    made = await newcomer(registry)
    assert made.first_password
    first = await log_in(registry, made.name, FIRST)
    assert (first.token, first.step) == ("", pb.LOGIN_STEP_NEW_PASSWORD)
    for bad in ("short", "password123456", FIRST, f"{made.name}-and-more", "aaaaaaaaaaaaaa"):
        with refused("INVALID_INPUT", "new_password"):
            await go_on(registry, first.challenge, new_password=bad)
    done = await go_on(registry, first.challenge, new_password=PASSWORD)
    assert done.token
    assert not done.account.first_password
    with refused("UNAUTHENTICATED"):  # the challenge ended with the password
        await go_on(registry, first.challenge, new_password="yet-another-word")
    with refused("UNAUTHENTICATED"):
        await go_on(registry, "no-challenge")
    assert (await log_in(registry, made.name, PASSWORD)).token
    entries = await registry.audited(f"account/{made.account_id}")
    assert [entry.action for entry in entries] == ["create_account", "change_password"]


async def test_a_second_factor_is_asked_for_and_each_code_counts_once(
    registry: RunningRegistry,
) -> None:
    account, client = await person(registry)
    with refused("NOT_PERMITTED"):
        await client.identity.BeginSecondFactor(pb.BeginSecondFactorRequest(password="wrong"))
    begun = await client.identity.BeginSecondFactor(pb.BeginSecondFactorRequest(password=PASSWORD))
    assert begun.setup.uri.startswith("otpauth://totp/")
    totp = pyotp.TOTP(begun.setup.secret)
    with refused("INVALID_INPUT", "code"):
        await client.identity.ConfirmSecondFactor(pb.ConfirmSecondFactorRequest(code="000"))
    code = totp.now()
    confirmed = await client.identity.ConfirmSecondFactor(pb.ConfirmSecondFactorRequest(code=code))
    assert len(set(confirmed.recovery_codes)) == 10
    first = await log_in(registry, account.name, PASSWORD)
    assert (first.token, first.step) == ("", pb.LOGIN_STEP_CODE)
    with refused("INVALID_INPUT", "code"):  # it was used for the confirmation
        await go_on(registry, first.challenge, code=code)
    recovery = confirmed.recovery_codes[0]
    assert (await go_on(registry, first.challenge, code=recovery.upper())).token
    again = await log_in(registry, account.name, PASSWORD)
    with refused("INVALID_INPUT", "code"):
        await go_on(registry, again.challenge, code=recovery)
    next_code = totp.at(SystemClock().now() + timedelta(seconds=30))
    assert (await go_on(registry, again.challenge, code=next_code)).token
    await _no_secret_is_readable(registry, account.account_id, begun.setup.secret)


async def _no_secret_is_readable(registry: RunningRegistry, account_id: str, secret: str) -> None:
    async with registry.database.snapshot() as session:
        row = await session.get_one(SecondFactor, account_id)
    assert secret not in row.sealed_secret


async def test_an_administrator_helps_who_lost_the_telephone_and_nobody_else_does(
    registry: RunningRegistry,
) -> None:
    account, client = await person(registry)
    begun = await client.identity.BeginSecondFactor(pb.BeginSecondFactorRequest(password=PASSWORD))
    code = pyotp.TOTP(begun.setup.secret).now()
    await client.identity.ConfirmSecondFactor(pb.ConfirmSecondFactorRequest(code=code))
    _, other = await person(registry)
    request = pb.RemoveSecondFactorRequest(
        request_id=new_request_id(), account_id=account.account_id
    )
    elsewhere = registry.client(Role.ADMINISTRATOR, bureau=OTHER_DISTRICT)
    for nobody in (other, elsewhere):
        with refused("NOT_PERMITTED"):
            await nobody.identity.RemoveSecondFactor(request)
    admin = await registry.first_administrator()
    assert not (await admin.identity.RemoveSecondFactor(request)).account.second_factor
    assert (await log_in(registry, account.name, PASSWORD)).token


async def test_a_login_that_was_ended_is_over_at_once(registry: RunningRegistry) -> None:
    account, client = await person(registry)
    other = registry.client_with((await log_in(registry, account.name, PASSWORD)).token)
    listed = (await client.identity.ListSessions(pb.ListSessionsRequest())).sessions
    assert [one.present for one in listed].count(True) == 1
    assert len(listed) == 2
    stranger = (await person(registry))[1]
    ending = pb.EndSessionRequest(request_id=new_request_id(), session_id=listed[0].session_id)
    with refused("NOT_FOUND"):
        await stranger.identity.EndSession(ending)
    everything = pb.EndSessionRequest(request_id=new_request_id())
    assert (await client.identity.EndSession(everything)).ended == 1
    for call in (
        other.identity.GetCaller(pb.GetCallerRequest()),
        other.identity.RenewToken(pb.RenewTokenRequest()),
    ):
        with refused("UNAUTHENTICATED"):
            await call
    await client.identity.GetCaller(pb.GetCallerRequest())


async def test_an_administrator_ends_the_logins_of_others_and_they_see_who_did(
    registry: RunningRegistry,
) -> None:
    account, client = await person(registry)
    lost = registry.client_with((await log_in(registry, account.name, PASSWORD)).token)
    asked = pb.ListSessionsRequest(account_id=account.account_id)
    elsewhere = registry.client(Role.ADMINISTRATOR, bureau=OTHER_DISTRICT)
    for nobody in ((await person(registry))[1], elsewhere):
        with refused("NOT_PERMITTED"):
            await nobody.identity.ListSessions(asked)
    admin = await registry.first_administrator()
    newest = (await admin.identity.ListSessions(asked)).sessions[0]
    assert not newest.present
    ending = pb.EndSessionRequest(
        request_id=new_request_id(), account_id=account.account_id, session_id=newest.session_id
    )
    with refused("NOT_PERMITTED"):
        await elsewhere.identity.EndSession(ending)
    assert (await admin.identity.EndSession(ending)).ended == 1
    with refused("UNAUTHENTICATED"):
        await lost.identity.GetCaller(pb.GetCallerRequest())
    listed = (await client.identity.ListSessions(pb.ListSessionsRequest())).sessions
    assert [(one.ended_by_name, one.HasField("ended_at")) for one in listed] == [
        ("", False),
        ("平台管理员", True),
    ]
    entry = (await registry.audited(f"account/{account.account_id}"))[-1]
    assert entry.action == "end_sessions"


async def test_a_mailed_link_sets_a_password_once_and_its_secret_is_kept_nowhere(
    registry: RunningRegistry,
) -> None:
    email = f"{uuid4().hex}@bureau.example"
    account, client = await person(registry, email=email)
    anyone = registry.client_with().identity
    for name in (email, f"{uuid4().hex}@nobody.example"):
        await anyone.RequestPasswordLink(pb.RequestPasswordLinkRequest(name=name))
    [mail] = await mails(registry, f"account/{account.account_id}")
    assert (mail.kind, mail.address, mail.bureau) == ("reset", email, DISTRICT)
    token = await mailed_token(registry, mail.link_id)
    async with registry.database.snapshot() as session:
        row = await session.get_one(MailedLink, mail.link_id)
    assert token not in str(row.model_dump())
    whose = await anyone.GetPasswordLink(pb.GetPasswordLinkRequest(token=token))
    assert whose.name == account.name
    with refused("INVALID_INPUT", "new_password"):
        await anyone.SetPasswordByLink(
            pb.SetPasswordByLinkRequest(token=token, new_password="1234567890123")
        )
    request = pb.SetPasswordByLinkRequest(token=token, new_password="a-word-by-mail-only")
    await anyone.SetPasswordByLink(request)
    for again in (request, pb.SetPasswordByLinkRequest(token=token, new_password=PASSWORD)):
        with refused("WRONG_STATE"):
            await anyone.SetPasswordByLink(again)
    forged = pb.GetPasswordLinkRequest(token=f"{mail.link_id}.{'A' * 43}")
    with refused("NOT_FOUND"):
        await anyone.GetPasswordLink(forged)
    with refused("UNAUTHENTICATED"):  # earlier logins have ended
        await client.identity.GetCaller(pb.GetCallerRequest())
    assert (await log_in(registry, email, "a-word-by-mail-only")).token


def application(**values: str) -> pb.RegisterOperatorRequest:
    defaults = {
        "credit_code": credit_code(),
        "firm_name": "合成加油站",
        "bureau": DISTRICT,
        "person_name": "合成申请人",
        "email": f"{uuid4().hex}@firm.example",
        "reason": "本单位计量管理员",
    }
    return pb.RegisterOperatorRequest(request_id=new_request_id(), **(defaults | values))


async def waiting(client: Client, number: str) -> Sequence[pb.Registration]:
    request = pb.ListRegistrationsRequest(state="waiting", page_size=1000)
    listed = (await client.identity.ListRegistrations(request)).registrations
    return [one for one in listed if one.number == number]


def confirm(one: pb.Registration, **values: str) -> pb.ConfirmRegistrationRequest:
    return pb.ConfirmRegistrationRequest(
        request_id=new_request_id(), registration_id=one.registration_id, **values
    )


async def test_an_application_is_confirmed_once_by_the_bureau_of_the_firm(
    registry: RunningRegistry,
) -> None:
    firm = await registry.subject()
    anyone = registry.client_with().identity
    wrong = odd_code(firm.credit_code)
    with refused("INVALID_INPUT", "credit_code"):
        await anyone.RegisterOperator(application(credit_code=wrong))
    with refused("INVALID_INPUT", "email"):
        await anyone.RegisterOperator(application(email=""))
    asked = application(credit_code=firm.credit_code)
    number = (await anyone.RegisterOperator(asked)).number
    twice = application(credit_code=firm.credit_code, email=asked.email)
    assert (await anyone.RegisterOperator(twice)).number == number
    caseworker, stranger = (
        registry.client(Role.CASEWORKER, bureau=bureau) for bureau in (DISTRICT, OTHER_DISTRICT)
    )
    [one] = await waiting(caseworker, number)
    assert one.subject_id == firm.subject_id
    assert await waiting(stranger, number) == []
    with refused("NOT_PERMITTED"):
        await stranger.identity.ConfirmRegistration(confirm(one))
    account = (await caseworker.identity.ConfirmRegistration(confirm(one))).account
    with refused("WRONG_STATE"):
        await caseworker.identity.ConfirmRegistration(confirm(one))
    [mail] = await mails(registry, f"account/{account.account_id}")
    assert (mail.kind, mail.address, mail.firm_name) == ("opened", asked.email, firm.name)
    third = application(credit_code=firm.credit_code, email=asked.email)
    other_number = (await anyone.RegisterOperator(third)).number
    assert await waiting(caseworker, other_number) == []  # a mail says that there is an account
    assert [m.kind for m in await mails(registry, f"account/{account.account_id}")][1:] == ["known"]


async def test_a_firm_that_is_not_on_file_is_registered_first(registry: RunningRegistry) -> None:
    await registry.bureau()
    asked = application()
    number = (await registry.client_with().identity.RegisterOperator(asked)).number
    caseworker = registry.client(Role.CASEWORKER)
    [one] = await waiting(caseworker, number)
    assert one.subject_id == ""
    with refused("WRONG_STATE"):
        await caseworker.identity.ConfirmRegistration(confirm(one))
    await registry.subject(credit_code=asked.credit_code)
    assert (await caseworker.identity.ConfirmRegistration(confirm(one))).account.name


async def test_without_a_mail_address_a_first_password_is_handed_over(
    registry: RunningRegistry,
) -> None:
    firm = await registry.subject()
    asked = application(credit_code=firm.credit_code, email="", phone="138 0000 0000")
    number = (await registry.client_with().identity.RegisterOperator(asked)).number
    caseworker = registry.client(Role.CASEWORKER)
    [one] = await waiting(caseworker, number)
    with refused("INVALID_INPUT", "first_password"):
        await caseworker.identity.ConfirmRegistration(confirm(one))
    request = confirm(one, first_password=FIRST)
    account = (await caseworker.identity.ConfirmRegistration(request)).account
    first = await log_in(registry, account.name, FIRST)
    assert first.step == pb.LOGIN_STEP_NEW_PASSWORD


async def test_a_rejection_is_mailed_with_its_reason(registry: RunningRegistry) -> None:
    await registry.bureau()
    number = (await registry.client_with().identity.RegisterOperator(application())).number
    head = registry.client(Role.UNIT_HEAD)
    [one] = await waiting(head, number)
    await head.identity.RejectRegistration(
        pb.RejectRegistrationRequest(
            request_id=new_request_id(), registration_id=one.registration_id, reason="缺授权书"
        )
    )
    [mail] = await mails(registry, f"registration/{one.registration_id}")
    assert (mail.kind, mail.remark, mail.link_id) == ("rejected", "缺授权书", "")


async def test_applications_of_one_address_are_slowed_down(registry: RunningRegistry) -> None:
    await registry.bureau()
    anyone, code = registry.client_with().identity, credit_code()
    for _ in range(5):
        await anyone.RegisterOperator(application(credit_code=code))
    with refused("WRONG_STATE") as refusals:
        await anyone.RegisterOperator(application(credit_code=code))
    assert int(refusals[0].facts["retry_after_seconds"]) > 0


def invite(email: str) -> pb.InviteColleagueRequest:
    return pb.InviteColleagueRequest(
        request_id=new_request_id(), display_name="合成同事", email=email
    )


async def manager_of(
    registry: RunningRegistry, firm: registry_pb2.Subject
) -> tuple[pb.Account, Client]:
    role = [wire.role_number(Role.OPERATOR)]
    return await person(registry, roles=role, bureau="", subject_id=firm.subject_id)


async def test_colleagues_are_invited_and_removed_by_whom_the_bureau_gave_an_account(
    registry: RunningRegistry,
) -> None:
    own, manager = await manager_of(registry, await registry.subject())
    email = f"{uuid4().hex}@firm.example"
    colleague = (await manager.identity.InviteColleague(invite(email))).account
    with refused("ALREADY_EXISTS"):
        await manager.identity.InviteColleague(invite(email.upper()))
    [mail] = await mails(registry, f"account/{colleague.account_id}")
    token = await mailed_token(registry, mail.link_id)
    anyone = registry.client_with().identity
    await anyone.SetPasswordByLink(
        pb.SetPasswordByLinkRequest(token=token, new_password="a-word-by-mail-only")
    )
    signed_in = await log_in(registry, colleague.name, "a-word-by-mail-only")
    theirs = registry.client_with(signed_in.token)
    listed = (await theirs.identity.ListColleagues(pb.ListColleaguesRequest())).accounts
    assert [one.account_id for one in listed] == [own.account_id, colleague.account_id]
    with refused("NOT_PERMITTED"):
        await theirs.identity.InviteColleague(invite("third@firm.example"))
    # The bureau sees who they are, for a split, and no more.
    firm = pb.ListColleaguesRequest(subject_id=own.subject_id)
    caseworker = registry.client(Role.CASEWORKER)
    seen = (await caseworker.identity.ListColleagues(firm)).accounts
    assert [one.account_id for one in seen] == [own.account_id, colleague.account_id]
    assert not any(one.email or one.subject_id for one in seen)
    with refused("NOT_FOUND"):
        await caseworker.identity.ListColleagues(pb.ListColleaguesRequest())

    def removing(account_id: str) -> pb.RemoveColleagueRequest:
        return pb.RemoveColleagueRequest(request_id=new_request_id(), account_id=account_id)

    _, stranger = await manager_of(registry, await registry.subject())
    with refused("NOT_FOUND"):
        await stranger.identity.RemoveColleague(removing(colleague.account_id))
    with refused("WRONG_STATE"):
        await manager.identity.RemoveColleague(removing(own.account_id))
    await manager.identity.RemoveColleague(removing(colleague.account_id))
    with refused("UNAUTHENTICATED"):  # at once
        await theirs.identity.GetCaller(pb.GetCallerRequest())
    with refused("UNAUTHENTICATED"):
        await log_in(registry, colleague.name, "a-word-by-mail-only")


async def test_the_right_password_from_a_known_address_is_never_refused(
    registry: RunningRegistry,
) -> None:
    account, _ = await person(registry)
    for _ in range(6):
        with refused("UNAUTHENTICATED"):
            await log_in(registry, account.name, "wrong")
    assert (await log_in(registry, account.name, PASSWORD)).token
    # To an account that never signed in from here, the address has to wait.
    unknown = await newcomer(registry)
    for _ in range(5):
        with refused("UNAUTHENTICATED"):
            await log_in(registry, unknown.name, "wrong")
    with refused("WRONG_STATE"):
        await log_in(registry, unknown.name, FIRST)


@pytest.mark.parametrize("method", ["LoginExternal", "GetMailedToken"])
async def test_what_is_for_portal_and_alerts_is_for_nobody_else(
    registry: RunningRegistry, method: str
) -> None:
    request: Any = (
        pb.LoginExternalRequest(issuer="https://x.example", subject="s", claims_json="{}")
        if method == "LoginExternal"
        else pb.GetMailedTokenRequest(link_id="x")
    )
    for client in (registry.client(Role.ADMINISTRATOR), registry.client(Role.PUBLIC)):
        with refused("NOT_PERMITTED"):
            await getattr(client.identity, method)(request)


async def test_the_hash_of_a_password_is_in_no_answer(registry: RunningRegistry) -> None:
    account, client = await person(registry)
    answer = await client.identity.GetCaller(pb.GetCallerRequest())
    async with registry.database.snapshot() as session:
        row = await session.get_one(Account, account.account_id)
    assert row.password_hash.encode() not in answer.SerializeToString()


async def test_mails_about_an_account_come_in_the_language_that_its_person_chose(
    registry: RunningRegistry,
) -> None:
    email = f"{uuid4().hex}@bureau.example"
    account, client = await person(registry, email=email)
    chosen = pb.SetContactRequest(
        request_id=new_request_id(), email=email, password=PASSWORD, language="en"
    )
    assert (await client.identity.SetContact(chosen)).account.language == "en"
    kept = pb.SetContactRequest(request_id=new_request_id(), email=email, password=PASSWORD)
    assert (await client.identity.SetContact(kept)).account.language == "en"
    asked = pb.RequestPasswordLinkRequest(name=email)
    await registry.client_with().identity.RequestPasswordLink(asked)
    [mail] = await mails(registry, f"account/{account.account_id}")
    assert mail.language == "en"
