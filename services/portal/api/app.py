"""The HTTP interface as an ASGI application: one address for each offered gRPC method.

A call is a POST with a JSON body and, in its header `Authorization: Bearer`, the token that gRPC
takes as well. Cookies are not read, so no page of another site can make a browser call in the name
of somebody who is signed in. The services decide; this module decides nothing.
"""

from __future__ import annotations

from typing import Any

import grpc
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from law.errors import InvalidInput, LawError
from plumbing.client import MAX_MESSAGE_BYTES, Refusal
from plumbing.identity import Unauthenticated
from services.portal.api import bodies, refusals
from services.portal.api.document import serve_document
from services.portal.api.offered import Method, methods
from services.portal.clients import come_from, use_token
from services.portal.protection import UploadLimit
from services.portal.visit import Portal, Visit

PREFIX = "/api/v1"
DOCUMENT = "/openapi.json"
DEADLINE = "connect-timeout-ms"  # the header in which a caller limits the time of a call
LONGEST_CALL_SECONDS, UPLOAD_SECONDS = 120.0, 600.0
FORM_BYTES = 64 << 10  # what a form has besides its file
# Called in the portal's own name, which tells from where the caller came: tries are counted by it.
_TO_GET_IN = frozenset(
    {
        *("Login", "ContinueLogin", "RegisterOperator"),
        *("RequestPasswordLink", "GetPasswordLink", "SetPasswordByLink"),
    }
)
log = structlog.get_logger()


def application(portal: Portal) -> Starlette:
    """Builds the ASGI application of the HTTP interface, to be mounted at `/api/v1`."""
    return Starlette(
        routes=[Route(DOCUMENT, serve_document), *(_route(portal, m) for m in methods())],
        middleware=[
            Middleware(
                UploadLimit,
                longest=MAX_MESSAGE_BYTES,
                uploads={
                    f"{PREFIX}{method.path}": portal.settings.import_max_bytes + FORM_BYTES
                    for method in methods()
                    if method.upload
                },
                refusal=refusals.plain(
                    413,
                    "resource_exhausted",
                    "TOO_LARGE",
                    "提交的内容过大",
                    "What was sent is too large",
                ),
            )
        ],
        exception_handlers={HTTPException: _not_there, Exception: _broken},
    )


def _route(portal: Portal, method: Method) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            come_from(Visit(portal, request, None).origin)
            use_token(await _token(portal, method, request))
            return await _called(portal, method, request)
        except grpc.aio.AioRpcError as error:
            return refusals.of_call(error)
        except Refusal as refusal:  # of the visitors' token
            return refusals.of_refusal(refusal)
        except LawError as error:
            return refusals.of_law(error)

    return Route(method.path, endpoint, methods=["POST"])


async def _called(portal: Portal, method: Method, request: Request) -> Response:
    if _media_type(request) != bodies.media_type(method):
        return refusals.plain(
            415,
            "invalid_argument",
            "UNSUPPORTED_MEDIA_TYPE",
            f"请求的类型应为 {bodies.media_type(method)}",
            f"The request must be of the type {bodies.media_type(method)}",
        )
    channel, seconds = portal.services.channels[method.process], _seconds(method, request)
    coders: Any = {
        "request_serializer": method.request.SerializeToString,
        "response_deserializer": method.response.FromString,
    }
    if method.streams:
        upload = channel.stream_unary(method.grpc_path, **coders)
        return bodies.answer(await upload(await bodies.stream(method, request), timeout=seconds))
    call = channel.unary_unary(method.grpc_path, **coders)
    message = await bodies.message(method, request)
    return bodies.answer(await call(message, timeout=seconds))


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _token(portal: Portal, method: Method, request: Request) -> str:
    """The caller's token; for a public method without one, that of visitors."""
    if method.descriptor.name in _TO_GET_IN:
        return await portal.visitor.own()
    written = request.headers.get("authorization")
    if written is None:
        if method.public:
            return await portal.visitor()
        raise Unauthenticated()
    scheme, _, token = written.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated()
    return token.strip()


def _seconds(method: Method, request: Request) -> float:
    longest = UPLOAD_SECONDS if method.streams else LONGEST_CALL_SECONDS
    written = request.headers.get(DEADLINE, "")
    if not written:
        return longest
    if not (written.isascii() and written.isdigit() and len(written) <= 10):
        zh, en = "时限应为毫秒数，最多十位", "The time limit is in milliseconds, at most ten digits"
        raise InvalidInput(f"{DEADLINE}：{zh}", f"{DEADLINE}: {en}")
    return min(max(int(written), 1) / 1000, longest)


async def _not_there(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        zh, en = "此地址只接受 POST", "This address takes POST only"
        return refusals.plain(405, "unimplemented", "METHOD_NOT_ALLOWED", zh, en, allow="POST")
    if status == 404:
        zh, en = "没有这个方法；全部方法见 openapi.json", "No such method; openapi.json lists them"
        return refusals.plain(404, "unimplemented", "NO_SUCH_METHOD", zh, en)
    zh, en = "请求的表单不合格", "The form of the request is not valid"
    return refusals.plain(status, "invalid_argument", "INVALID_INPUT", zh, en)


async def _broken(request: Request, error: Exception) -> Response:
    incident, response = refusals.of_fault()
    log.error("api.failed", path=request.url.path, incident=incident, exc_info=error)
    return response
