"""The pages of one's own account: password, contact, second factor and logins."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from protos.identity.v1 import identity_pb2 as identity
from services.portal.browsers import browser_named
from services.portal.pages.contact import LANGUAGES
from services.portal.pages.sign_in import qr_code
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

_WRONG = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.NOT_FOUND,
)


async def account(visit: Visit) -> Response:
    """Shows the account of the person who signed in, and carries out what its forms ask for."""
    if visit.request.method == "GET":
        return await _page(visit)
    acts = {
        "password": _change_password,
        "contact": _set_contact,
        "session": _end_session,
        "begin": _begin_factor,
        "confirm": _confirm_factor,
        "recovery": _renew_codes,
        "remove": _remove_factor,
    }
    act = acts.get(visit.field("act"), _change_password)
    try:
        return await act(visit)
    except Refusal as refusal:
        if refusal.code not in _WRONG:
            raise
        errors = faults_by_field(refusal, visit.language)
        return await _page(visit, errors=errors or _at_field(visit, refusal))


def _at_field(visit: Visit, refusal: Refusal) -> dict[str, str]:
    field = _FIELDS.get(visit.field("act"), "old_password")
    return {field: message_of(refusal, visit.language)}


_LONGEST_URI = 500  # characters that a QR code of this level certainly holds
_FIELDS = {
    "contact": "password",
    "begin": "factor_password",
    "confirm": "code",
    "recovery": "code",
    "remove": "code",
    "session": "sessions",
}


async def _change_password(visit: Visit) -> Response:
    if visit.form.get("new_password") != visit.form.get("repeated_password"):
        return await _page(visit, errors={"repeated_password": visit.say("两次输入的新密码不一致")})
    request = identity.ChangePasswordRequest(
        request_id=visit.request_id(),
        old_password=_secret(visit, "old_password"),
        new_password=_secret(visit, "new_password"),
    )
    await ask(visit.services.identity.ChangePassword(request))
    return await _page(visit, done=N_("密码已更改，其他登录已结束。"))


async def _set_contact(visit: Visit) -> Response:
    language = visit.field("language")
    request = identity.SetContactRequest(
        request_id=visit.request_id(),
        email=visit.field("email"),
        phone=visit.field("phone"),
        language=language if language in LANGUAGES else "",
        password=_secret(visit, "password"),
    )
    await ask(visit.services.identity.SetContact(request))
    return await _page(visit, done=N_("联系方式已保存。"))


async def _end_session(visit: Visit) -> Response:
    request = identity.EndSessionRequest(
        request_id=visit.request_id(), session_id=visit.field("session_id")
    )
    await ask(visit.services.identity.EndSession(request))
    return await _page(visit, done=N_("登录已结束。"))


async def _begin_factor(visit: Visit) -> Response:
    request = identity.BeginSecondFactorRequest(password=_secret(visit, "factor_password"))
    setup = (await ask(visit.services.identity.BeginSecondFactor(request))).setup
    return _setup_page(visit, setup)


async def _confirm_factor(visit: Visit) -> Response:
    request = identity.ConfirmSecondFactorRequest(code=visit.field("code") or "-")
    try:
        answer = await ask(visit.services.identity.ConfirmSecondFactor(request))
    except Refusal as refusal:
        if refusal.code is not grpc.StatusCode.INVALID_ARGUMENT:
            raise
        setup = identity.SecondFactorSetup(uri=visit.field("uri"), secret=visit.field("secret"))
        errors = faults_by_field(refusal, visit.language)
        return _setup_page(visit, setup, errors=errors, status=422)
    return _codes_page(visit, answer.recovery_codes)


async def _renew_codes(visit: Visit) -> Response:
    request = identity.RenewRecoveryCodesRequest(code=visit.field("code") or "-")
    answer = await ask(visit.services.identity.RenewRecoveryCodes(request))
    return _codes_page(visit, answer.recovery_codes)


async def _remove_factor(visit: Visit) -> Response:
    request = identity.RemoveSecondFactorRequest(
        request_id=visit.request_id(), code=visit.field("code")
    )
    await ask(visit.services.identity.RemoveSecondFactor(request))
    return await _page(visit, done=N_("两步验证已取消。"))


def _setup_page(
    visit: Visit, setup: identity.SecondFactorSetup, status: int = 200, **values: Any
) -> Response:
    ours = setup.uri.startswith("otpauth://") and len(setup.uri) < _LONGEST_URI
    drawn = qr_code(setup.uri) if ours else ""
    return visit.page(
        "second_factor_setup.html", status=status, setup=setup, picture=drawn, **values
    )


def _codes_page(visit: Visit, codes: Any) -> Response:
    return visit.page("recovery_codes.html", codes=codes, then="/account")


async def _page(visit: Visit, errors: dict[str, str] | None = None, done: str = "") -> Response:
    own, logins = await asyncio.gather(
        ask(visit.services.identity.GetCaller(identity.GetCallerRequest())),
        ask(visit.services.identity.ListSessions(identity.ListSessionsRequest())),
    )
    return visit.page(
        "account.html",
        status=422 if errors else 200,
        errors=errors or {},
        done=visit.say(done) if done else "",
        request_id=new_request_id() if done else visit.request_id(),
        account=own.account,
        roles=visit.words.listed(visit.words.role(role) for role in visit.person.roles),
        sessions=logins.sessions,
        browser=browser_named(visit.say),
    )


def _secret(visit: Visit, field: str) -> str:
    return str(visit.form.get(field, ""))[:256]
