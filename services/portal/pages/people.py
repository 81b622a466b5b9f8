"""The page of an operator's firm and its people: invite a colleague, and remove one."""

from __future__ import annotations

import asyncio

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from protos.identity.v1 import identity_pb2 as identity
from services.portal.pages.reading import subject
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

_REFUSED = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.PERMISSION_DENIED,
)


async def people(visit: Visit) -> Response:
    """Shows the people of the firm; invites or removes one if the visitor manages them."""
    if visit.request.method == "GET":
        return await _page(visit)
    try:
        if visit.field("act") == "remove":
            return await _remove(visit)
        return await _invite(visit)
    except Refusal as refusal:
        if refusal.code not in _REFUSED:
            raise
        errors = faults_by_field(refusal, visit.language)
        return await _page(visit, errors or {"email": message_of(refusal, visit.language)})


async def _invite(visit: Visit) -> Response:
    request = identity.InviteColleagueRequest(
        request_id=visit.request_id(),
        display_name=visit.field("display_name"),
        email=visit.field("email"),
    )
    await ask(visit.services.identity.InviteColleague(request))
    return await _page(visit, done=N_("邀请已寄出，同事打开邮件中的链接设置密码后即可登录。"))


async def _remove(visit: Visit) -> Response:
    request = identity.RemoveColleagueRequest(
        request_id=visit.request_id(), account_id=visit.field("account_id")
    )
    await ask(visit.services.identity.RemoveColleague(request))
    return await _page(visit, done=N_("账号已注销，其登录已立即结束。"))


async def _page(visit: Visit, errors: dict[str, str] | None = None, done: str = "") -> Response:
    firm, listed = await asyncio.gather(
        subject(visit, visit.person.subject_id),
        ask(visit.services.identity.ListColleagues(identity.ListColleaguesRequest())),
    )
    own = [one for one in listed.accounts if one.account_id == visit.person.account_id]
    return visit.page(
        "operator/people.html",
        status=422 if errors else 200,
        errors=errors or {},
        done=visit.say(done) if done else "",
        request_id=new_request_id() if done else visit.request_id(),
        firm=firm,
        people=listed.accounts,
        manages=bool(own) and not own[0].invited_by,
        form={name: visit.field(name) for name in ("display_name", "email")} if errors else {},
    )
