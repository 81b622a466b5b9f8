"""Pages to set a password by a mailed link, and to ask for such a link."""

from __future__ import annotations

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.identity.v1 import identity_pb2 as identity
from services.portal.visit import Visit, faults_by_field, message_of

_ENDED = {grpc.StatusCode.NOT_FOUND: 404, grpc.StatusCode.FAILED_PRECONDITION: 410}


async def forgotten(visit: Visit) -> Response:
    """Mails a link to set a new password; never says whether there is such an account."""
    if visit.request.method == "GET":
        return visit.page("password/forgotten.html", name="")
    name = visit.field("name")[:200]
    errors = {} if name else {"name": visit.say("请输入用户名或邮箱")}
    if not errors:
        request = identity.RequestPasswordLinkRequest(name=name)
        registry = visit.portal.visitor.identity
        try:
            await ask(registry.RequestPasswordLink(request, metadata=visit.origin))
            return visit.page("password/sent.html")
        except Refusal as refusal:
            if refusal.code is not grpc.StatusCode.FAILED_PRECONDITION:
                raise
            errors = {"name": message_of(refusal, visit.language)}
    return visit.page("password/forgotten.html", status=422, errors=errors, name=name)


async def set_password(visit: Visit) -> Response:
    """Sets a password by a mailed link; says what is wrong with a link that does not count."""
    registry, token = visit.portal.visitor.identity, visit.path("token")[:200]
    try:
        whose = await ask(registry.GetPasswordLink(identity.GetPasswordLinkRequest(token=token)))
    except Refusal as refusal:
        if refusal.code not in _ENDED:
            raise
        message = message_of(refusal, visit.language)
        return visit.page("password/ended.html", status=_ENDED[refusal.code], message=message)
    if visit.request.method == "GET":
        return visit.page("password/set.html", whose=whose)
    errors = _unequal(visit)
    if not errors:
        new = str(visit.form.get("new_password", ""))[:256]
        request = identity.SetPasswordByLinkRequest(token=token, new_password=new)
        try:
            await ask(registry.SetPasswordByLink(request, metadata=visit.origin))
            return visit.page("password/done.html", whose=whose)
        except Refusal as refusal:
            errors = faults_by_field(refusal, visit.language)
            if not errors:
                raise
    return visit.page("password/set.html", status=422, errors=errors, whose=whose)


def _unequal(visit: Visit) -> dict[str, str]:
    if visit.form.get("new_password") != visit.form.get("repeated_password"):
        return {"repeated_password": visit.say("两次输入的新密码不一致")}
    return {}
