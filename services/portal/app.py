"""The portal as an ASGI application: routes, middleware, who is admitted, and error pages."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import quote

import grpc
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from law.errors import LawError, NotFound, NotPermitted
from plumbing.check_only import FORMER_RELEASE
from plumbing.client import UNTRUSTED, Refusal, ask, new_request_id
from plumbing.clock import Clock
from plumbing.database_away import is_away
from plumbing.ended_sessions import ENDED_TEXTS
from plumbing.full_disk import DiskFull, is_full
from plumbing.grpc_errors import Away, Updating
from plumbing.identity import Role
from plumbing.papers.typesetting import CannotTypeset
from plumbing.settings import Settings
from plumbing.tokens import session_id_of
from protos.identity.v1 import identity_pb2
from services.portal.address import Address
from services.portal.api import app as api
from services.portal.away import away_page
from services.portal.clients import come_from, use_token
from services.portal.import_routes import IMPORT_PATH
from services.portal.institution_routes import (
    CERTIFICATE_PATH,
    DCC_PATH,
    UPKEEP_PATHS,
)
from services.portal.instrument_routes import PHOTOGRAPH_PATHS
from services.portal.kept_input import KeptInput
from services.portal.measured import lacking
from services.portal.pages import certificate_batches
from services.portal.protection import (
    SAFE_METHODS,
    SafeHeaders,
    SameOrigin,
    UploadLimit,
    unmasked,
)
from services.portal.rendering import LANGUAGES
from services.portal.routes import ADDRESSES, EVIDENCE_PATHS
from services.portal.sessions import COOKIE
from services.portal.static_files import serve_static
from services.portal.tables import PortalSession
from services.portal.visit import Page, Portal, Visit, message_of
from services.portal.wording import N_

SHOW_IN = "show_in"  # the button of a form that asks for its page in another language
FORM_BYTES = 256 << 10
FORM_FIELDS = 600  # a file may have 500 columns, each with its choice
FORM_FILES = 500  # certificates come together; the page itself refuses more than it takes
SEE_OTHER, INSUFFICIENT_STORAGE = 303, 507
RENEW_BEFORE = timedelta(minutes=10)
_HTTP = {
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.INVALID_ARGUMENT: 422,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 503,
}
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
_WORDS_OF_STATUS = {
    400: N_("提交的内容不完整或格式不对，没有做任何更改"),
    403: N_("这个表单是从别的网站发来的，没有办理"),
    405: N_("这个页面不接受这样的请求"),
    413: N_("提交的内容过大，没有收下；文件请分成几份上传"),
}
log = structlog.get_logger()


def application(portal: Portal, clock: Clock) -> Starlette:
    """Builds the ASGI application of the portal: the HTTP interface, and the pages beside it."""
    return Starlette(
        routes=[Mount(api.PREFIX, api.application(portal)), Mount("/", _pages(portal, clock))],
        middleware=[
            Middleware(SafeHeaders, https=portal.settings.portal_url.startswith("https://"))
        ],
    )


def _pages(portal: Portal, clock: Clock) -> Starlette:
    return Starlette(
        routes=[
            *(_route(portal, clock, address) for address in ADDRESSES),
            _health(portal),
            _life(),
            Route("/static/{name:path}", serve_static),
        ],
        middleware=[
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5),
            Middleware(SameOrigin, refusal=_refusing(portal, 403)),
            Middleware(
                UploadLimit,
                longest=FORM_BYTES,
                uploads=_uploads(portal.settings),
                refusal=_refusing(portal, 413),
            ),
        ],
        exception_handlers={
            HTTPException: _not_there(portal),
            ClientDisconnect: _cut_off,
            Exception: _broken(portal),
        },
    )


def _uploads(settings: Settings) -> dict[str, int]:
    """The longest body at each path that takes files; a service refuses less with its own words."""
    return {
        IMPORT_PATH: FORM_BYTES + settings.import_max_bytes,
        DCC_PATH: FORM_BYTES + 2 * settings.certificate_max_bytes,
        # Two photographs may come with a form.
        **dict.fromkeys(PHOTOGRAPH_PATHS, FORM_BYTES + 4 * settings.evidence_max_bytes),
        CERTIFICATE_PATH: FORM_BYTES + 2 * settings.certificate_max_bytes,
        certificate_batches.PATH: FORM_BYTES
        + certificate_batches.TOGETHER * settings.certificate_max_bytes,
        **dict.fromkeys(UPKEEP_PATHS, FORM_BYTES + 2 * settings.certificate_max_bytes),
        **dict.fromkeys(EVIDENCE_PATHS, FORM_BYTES + 2 * settings.evidence_max_bytes),
    }


def _route(portal: Portal, clock: Clock, address: Address) -> Route:
    methods = ["GET", *(["POST"] if address.form else []), *(["OPTIONS"] if address.linked else [])]
    return Route(
        address.path, _endpoint(portal, clock, address.page, address.roles), methods=methods
    )


def _health(portal: Portal) -> Route:
    """Whether the portal can answer: it needs its sessions, and the visitors' token."""

    async def healthy(_request: Request) -> Response:
        lacks = await lacking(portal)
        words = f"waits for {', '.join(lacks)}" if lacks else "ok"
        return PlainTextResponse(words, 503 if lacks else 200)

    return Route("/healthz", healthy)


def _life() -> Route:
    """Whether the portal does anything at all: it must not be killed for what is away."""

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok")

    return Route("/livez", alive)


def _endpoint(
    portal: Portal, clock: Clock, page: Page, roles: tuple[Role, ...]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        session = await _session(portal, request)
        visit = Visit(portal, request, session)
        come_from(visit.origin)
        if roles and session is None:
            return await _to_sign_in(visit)
        try:
            # A public page shows everybody the same, whoever they have signed in as.
            use_token(await _token(portal, clock, session if roles else None))
            return await _admitted(visit, page, roles)
        except Refusal as refusal:
            return await _after_refusal(visit, refusal)
        except CannotTypeset as error:
            return _refused(visit, 501, _in_words(visit, error))
        except NotFound as error:
            return _refused(visit, 404, _in_words(visit, error))
        except NotPermitted as error:
            return _refused(visit, 403, _in_words(visit, error))
        except LawError as error:
            return _refused(visit, 422, _in_words(visit, error))

    return endpoint


async def _admitted(visit: Visit, page: Page, roles: tuple[Role, ...]) -> Response:
    """The page, for those who may open it and whose form is of their own session."""
    if roles and not visit.has(*roles):
        return _refused(visit, 403, visit.say("您的角色不能打开此页"))
    if visit.request.method not in SAFE_METHODS:
        visit.form = await visit.request.form(max_files=FORM_FILES, max_fields=FORM_FIELDS)
        if not _form_is_ours(visit):
            return _refused(visit, 403, visit.say("页面已过期，请返回重新填写"))
        if visit.field(SHOW_IN) in LANGUAGES:
            return await _shown_in(visit, page, visit.field(SHOW_IN))
        return await _sent(visit, page)
    if roles and (kept := await _kept(visit)):
        return visit.page("kept.html", kept=kept)
    return await page(visit)


async def _shown_in(visit: Visit, page: Page, language: str) -> Response:
    """The page in another language, with what was filled in, which is not sent yet."""
    visit.request, visit.shown_in = Request({**visit.request.scope, "method": "GET"}), language
    answer = await page(visit)
    visit.keep_language(answer, language)
    return answer


async def _sent(visit: Visit, page: Page) -> Response:
    """The answer to a form; the next page shows whatever it did, such as ending a login."""
    answer = await _once(visit, page)
    await visit.portal.ended.look()
    visit.portal.bureau_names.forget()
    return answer


async def _once(visit: Visit, page: Page) -> Response:
    """The answer to a form; one that was carried out before with other content is told so."""
    if visit.session is None:
        return await page(visit)
    person, submissions = visit.session.account_id, visit.portal.submissions
    if shown_at := await submissions.earlier(person, visit.form):
        return _sent_before(visit, shown_at)
    answer = await page(visit)
    if answer.status_code == SEE_OTHER:
        await submissions.carried_out(person, visit.form, answer.headers["location"])
    return answer


def _sent_before(visit: Visit, shown_at: str) -> Response:
    """The page that offers to send a form again as a new one."""
    url = visit.request.url
    return visit.page(
        "sent_before.html",
        status=409,
        shown_at=shown_at,
        action=f"{url.path}?{url.query}" if url.query else url.path,
        new_id=new_request_id(),
        fields=[
            (name, value)
            for name, value in visit.form.multi_items()
            if isinstance(value, str) and name not in ("form_token", "request_id")
        ],
    )


async def _kept(visit: Visit) -> KeptInput | None:
    """What the visitor was sending to this page when their earlier session ended."""
    return await visit.portal.sessions.take_kept(visit.person, visit.request.url.path)


async def _to_sign_in(visit: Visit) -> Response:
    """The page to sign in, which then leads back; a form that came too late is kept until then."""
    request = visit.request
    path, back = request.url.path, request.url.path
    if request.method not in SAFE_METHODS:
        form = await request.form(max_files=FORM_FILES, max_fields=FORM_FIELDS)
        token = unmasked(str(form.get("form_token", "")))
        cookie = request.cookies.get(COOKIE, "")
        await visit.portal.sessions.keep(cookie, token, KeptInput.of(path, form))
    elif request.url.query:
        back = f"{path}?{request.url.query}"
    return visit.redirect(f"/sign-in?next={quote(back)}")


async def _session(portal: Portal, request: Request) -> PortalSession | None:
    cookie = request.cookies.get(COOKIE, "")
    return await portal.sessions.find(cookie) if cookie else None


async def _token(portal: Portal, clock: Clock, session: PortalSession | None) -> str:
    """The token of a visit, renewed while the session is used; refused if its login was ended."""
    if session is None:
        return await portal.visitor()
    if portal.ended.has(session_id_of(session.token)):
        raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED", *ENDED_TEXTS)
    use_token(session.token)
    has_moved = portal.ended.has_moved(session_id_of(session.token), session.subject_id)
    if has_moved or session.token_ends_at - clock.now() < RENEW_BEFORE:
        answer = await ask(portal.services.identity.RenewToken(identity_pb2.RenewTokenRequest()))
        await portal.sessions.renew(session, answer)
        use_token(session.token)
    return session.token


def _form_is_ours(visit: Visit) -> bool:
    """Whether a form of somebody signed in carries the token its page was given."""
    if visit.session is None:
        return True
    token = unmasked(visit.field("form_token"))
    return hmac.compare_digest(token.encode(), visit.session.form_token.encode())


async def _after_refusal(visit: Visit, refusal: Refusal) -> Response:
    if refusal.code is grpc.StatusCode.UNAUTHENTICATED and visit.session is not None:
        answer = await _to_sign_in(visit)
        await visit.portal.sessions.expire(visit.session)
        return answer
    # Otherwise a service answered, in its own words.
    if refusal.code in _AWAY and refusal.reason in (refusal.code.name, UNTRUSTED, FORMER_RELEASE):
        return await away_page(visit, refusal.reason)
    if refusal.code is grpc.StatusCode.UNIMPLEMENTED:
        return _refused(visit, 503, _in_words(visit, Updating()))
    full = refusal.reason == DiskFull.reason
    status = INSUFFICIENT_STORAGE if full else _HTTP.get(refusal.code, 500)
    if status == 500:
        log.error("portal.refused", path=visit.request.url.path, refusal=str(refusal))
    return _refused(visit, status, message_of(refusal, visit.language))


def _refused(visit: Visit, status: int, message: str) -> Response:
    return visit.page("error.html", status=status, message=message, code=status)


def _in_words(visit: Visit, error: LawError) -> str:
    return error.zh if visit.language == "zh-CN" else error.en


async def _cut_off(request: Request, _error: Exception) -> Response:
    """Nobody waits for this answer: the browser went away while it sent."""
    log.info("portal.cut_off", path=request.url.path)
    return Response(status_code=400)


def _broken(portal: Portal) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        if is_full(error):  # that of the portal itself, in which it keeps the sessions
            visit = Visit(portal, request, None)
            return _refused(visit, INSUFFICIENT_STORAGE, _in_words(visit, DiskFull()))
        if is_away(error):
            log.warning("portal.database_away", path=request.url.path, error=repr(error)[:300])
            visit = Visit(portal, request, None)
            return _refused(visit, 503, _in_words(visit, Away()))
        incident = uuid.uuid4().hex[:12]
        log.error("portal.failed", path=request.url.path, incident=incident, exc_info=error)
        visit = Visit(portal, request, None)
        message = visit.say("出了内部错误，编号 {incident}").format(incident=incident)
        return _refused(visit, 500, message)

    return handle


def _refusing(portal: Portal, status: int) -> ASGIApp:
    """Answers with a page that says why a request was refused before its page was asked."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        visit = Visit(portal, request, await _session(portal, request))
        page = _refused(visit, status, visit.say(_WORDS_OF_STATUS[status]))
        await page(scope, receive, send)

    return answer


def _not_there(portal: Portal) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(request: Request, error: Exception) -> Response:
        visit = Visit(portal, request, await _session(portal, request))
        assert isinstance(error, HTTPException)  # noqa: S101 - it handles no other
        words = _WORDS_OF_STATUS.get(error.status_code, N_("没有这个页面"))
        answer = _refused(visit, error.status_code, visit.say(words))
        answer.headers.update(error.headers or {})  # such as Allow
        return answer

    return handle
