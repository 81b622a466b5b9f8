"""Pages to sign in by the bureau's own sign-in service (OpenID Connect)."""

from __future__ import annotations

import json

import grpc
from starlette.exceptions import HTTPException
from starlette.responses import Response

from law.errors import LawError
from plumbing.client import Refusal, ask
from protos.identity.v1 import identity_pb2 as identity
from services.portal.pages.sign_in import go_on, keep_cookie
from services.portal.provider import Identity, Provider, ProviderAway, SignInFailed
from services.portal.sign_ins import COOKIE
from services.portal.visit import Visit, message_of

_REFUSED = (
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
)


async def begin(visit: Visit) -> Response:
    """Leads to the sign-in service; 404 if the bureau has none."""
    try:
        response, kept = await _provider(visit).begin(visit.request)
    except ProviderAway as error:
        return _failed(visit, error, 503)
    content = {"provider": kept, "next": visit.query("next")}
    keep_cookie(visit, response, await visit.portal.sign_ins.keep(content))
    return response


async def callback(visit: Visit) -> Response:
    """Signs in whom the sign-in service has confirmed; says why if it cannot."""
    provider = _provider(visit)
    kept = await visit.portal.sign_ins.take(visit.request.cookies.get(COOKIE, ""))
    try:
        person = await provider.finish(visit.request, kept.get("provider", {}))
    except SignInFailed as error:
        return _failed(visit, error, 403)
    except ProviderAway as error:
        return _failed(visit, error, 503)
    return await _signed_in(visit, provider, person, kept["next"])


async def _signed_in(visit: Visit, provider: Provider, person: Identity, then: str) -> Response:
    request = identity.LoginExternalRequest(
        issuer=provider.issuer,
        subject=person.subject,
        claims_json=json.dumps(person.claims, ensure_ascii=False),
    )
    registry = visit.portal.visitor.identity
    try:
        answer = await ask(registry.LoginExternal(request, metadata=visit.origin))
    except Refusal as refusal:
        if refusal.code not in _REFUSED:
            raise
        return _refused(visit, message_of(refusal, visit.language), 403)
    return await go_on(visit, answer, then)


def _provider(visit: Visit) -> Provider:
    if visit.portal.provider is None:
        raise HTTPException(404)
    return visit.portal.provider


def _failed(visit: Visit, error: LawError, status: int) -> Response:
    return _refused(visit, error.zh if visit.language == "zh-CN" else error.en, status)


def _refused(visit: Visit, message: str, status: int) -> Response:
    return visit.page("sign_in_refused.html", status=status, message=message)
