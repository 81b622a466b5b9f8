"""Pages to sign in, step by step, to sign out, and to choose the language."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

import grpc
import segno
from markupsafe import Markup
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.identity.v1 import identity_pb2 as identity
from services.portal.cast import cast
from services.portal.clients import use_token
from services.portal.kept_input import read_kept
from services.portal.navigation import home_of
from services.portal.pages.reading import bureau_names
from services.portal.rendering import LANGUAGES
from services.portal.sessions import COOKIE
from services.portal.sign_ins import COOKIE as STEP_COOKIE
from services.portal.tables import PortalSession
from services.portal.visit import Visit, faults_by_field, message_of

STEP_PATH = "/sign-in/step"
_WRONG = (
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
)


async def sign_in(visit: Visit) -> Response:
    """Shows the form for name and password; if they are correct, goes on with the sign-in."""
    if visit.request.method == "GET":
        if visit.session is not None:
            return visit.redirect(home_of(visit.session.roles))
        return _form(visit)
    name, password = visit.field("name"), str(visit.form.get("password", ""))
    errors = _missing(visit, name, password)
    if errors:
        return _form(visit, errors, status=422)
    try:
        request = identity.LoginRequest(name=name, password=password)
        answer = await ask(visit.portal.visitor.identity.Login(request, metadata=visit.origin))
    except Refusal as refusal:
        if refusal.code not in _WRONG:
            raise
        return _form(visit, {"name": message_of(refusal, visit.language)}, status=422)
    return await go_on(visit, answer, visit.field("next"))


async def go_on(visit: Visit, answer: identity.LoginResponse, then: str) -> Response:
    """Opens a session if the sign-in is complete; else leads to the page of its next step."""
    if answer.token:
        return await signed_in(visit, answer, then)
    response = visit.redirect(STEP_PATH)
    await _keep_step(visit, response, answer, then)
    return response


async def step(visit: Visit) -> Response:
    """Shows the next step of a sign-in, and takes it: a code, or a new password.

    A sign-in that has taken too long begins again. A second click gets the answer of the first.
    """
    cookie = visit.request.cookies.get(STEP_COOKIE, "")
    if visit.request.method == "GET" or not cookie:
        return await _step(visit)
    sent = [cookie, visit.language, *map(str, visit.form.multi_items())]
    return await visit.portal.second_clicks.answer("\n".join(sent), partial(_step, visit))


async def _step(visit: Visit) -> Response:
    kept = await visit.portal.sign_ins.take(visit.request.cookies.get(STEP_COOKIE, ""))
    if "challenge" not in kept:
        return _form(visit, {"name": visit.say("登录已超时，请重新登录")}, status=422)
    errors = _unequal(visit)
    request = identity.ContinueLoginRequest(challenge=kept["challenge"])
    if visit.request.method == "POST" and not errors:
        request.code = visit.field("code")[:32]
        request.new_password = str(visit.form.get("new_password", ""))[:256]
    try:
        answer = await _continued(visit, request)
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.UNAUTHENTICATED or refusal.code not in _WRONG:
            return _form(visit, {"name": message_of(refusal, visit.language)}, status=422)
        errors = faults_by_field(refusal, visit.language) or {
            "code": message_of(refusal, visit.language)
        }
        answer = await _continued(visit, identity.ContinueLoginRequest(challenge=kept["challenge"]))
    if answer.recovery_codes:
        return await _with_recovery_codes(visit, answer, kept["next"])
    if answer.token:
        return await signed_in(visit, answer, kept["next"])
    return await _step_page(visit, answer, kept["next"], errors)


async def _continued(
    visit: Visit, request: identity.ContinueLoginRequest
) -> identity.LoginResponse:
    return await ask(visit.portal.visitor.identity.ContinueLogin(request, metadata=visit.origin))


async def _step_page(
    visit: Visit, answer: identity.LoginResponse, then: str, errors: dict[str, str]
) -> Response:
    name = identity.LoginStep.Name(answer.step).removeprefix("LOGIN_STEP_").lower()
    response = visit.page(
        "sign_in_step.html",
        status=422 if errors else 200,
        step=name,
        errors=errors,
        setup=answer.setup,
        picture=qr_code(answer.setup.uri) if answer.setup.uri else "",
    )
    await _keep_step(visit, response, answer, then)
    return response


async def _with_recovery_codes(visit: Visit, answer: identity.LoginResponse, then: str) -> Response:
    opened = await signed_in(visit, answer, then)
    response = visit.page(
        "recovery_codes.html", codes=answer.recovery_codes, then=opened.headers["location"]
    )
    for cookie in opened.headers.getlist("set-cookie"):
        response.headers.append("set-cookie", cookie)
    return response


def qr_code(text: str) -> Markup:
    """Draws a text as a QR code, as SVG without styles of its own."""
    drawn: Any = segno.make(text, error="m")
    return Markup(drawn.svg_inline(scale=4, border=4, svgclass=None, lineclass=None))  # noqa: S704


async def _keep_step(
    visit: Visit, response: Response, answer: identity.LoginResponse, then: str
) -> None:
    content = {"challenge": answer.challenge, "next": then}
    keep_cookie(visit, response, await visit.portal.sign_ins.keep(content))


def keep_cookie(visit: Visit, response: Response, cookie: str) -> None:
    """Sets the cookie of a sign-in that is under way."""
    response.set_cookie(
        STEP_COOKIE,
        cookie,
        httponly=True,
        samesite="lax",
        path="/sign-in",
        max_age=600,
    )


async def signed_in(visit: Visit, answer: identity.LoginResponse, then: str) -> Response:
    """Opens a session from a login response and redirects to `then`.

    Without it, and from the public front page, it redirects to the first page of the person's role.
    """
    if visit.session is not None:
        await visit.portal.sessions.end(visit.session)
    bureaus = await bureau_names(visit)
    cookie = await visit.portal.sessions.open(answer, bureaus.get(answer.account.bureau, ""))
    session = await visit.portal.sessions.find(cookie)
    home = _first_page(session)
    wanted = visit.local(then) if then else "/"
    response = visit.redirect(home if wanted == "/" else wanted)
    response.delete_cookie(STEP_COOKIE, path="/sign-in")
    response.set_cookie(
        COOKIE,
        cookie,
        httponly=True,
        samesite="lax",
        path="/",
    )
    return response


def _first_page(session: PortalSession | None) -> str:
    """The page on which the person was filling in a form when a session ended, or their home."""
    if session is None:
        return "/"
    kept = read_kept(session.kept)
    return kept.path if kept else home_of(session.roles)


async def sign_out(visit: Visit) -> Response:
    """Ends the session of the visitor; a link alone signs nobody out."""
    response = visit.redirect("/")
    if visit.request.method == "GET" or visit.session is None:
        return response
    await _end_login(visit)
    await visit.portal.sessions.end(visit.session)
    response.delete_cookie(COOKIE, path="/")
    return response


async def _end_login(visit: Visit) -> None:
    """Ends the login at the registry as well; a registry that is away keeps nobody signed in."""
    use_token(visit.person.token)
    registry = visit.services.identity
    with contextlib.suppress(Refusal):
        listed = await ask(registry.ListSessions(identity.ListSessionsRequest()))
        for login in listed.sessions:
            if login.present:
                request = identity.EndSessionRequest(
                    request_id=visit.request_id(), session_id=login.session_id
                )
                await ask(registry.EndSession(request))


async def choose_language(visit: Visit) -> Response:
    """Stores the chosen language in a cookie and redirects to the previous page."""
    response = visit.redirect(visit.local(visit.query("back") or "/"))
    if visit.path("language") in LANGUAGES:
        visit.keep_language(response, visit.path("language"))
    return response


def _form(visit: Visit, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    provider = visit.portal.provider
    return visit.page(
        "sign_in.html",
        status=status,
        errors=errors or {},
        name=visit.field("name"),
        next=visit.field("next") or visit.query("next"),
        cast=cast(visit.portal.settings),
        provider=provider.name if provider else "",
    )


def _missing(visit: Visit, name: str, password: str) -> dict[str, str]:
    errors = {}
    if not name:
        errors["name"] = visit.say("请输入用户名")
    if not password:
        errors["password"] = visit.say("请输入密码")
    return errors


def _unequal(visit: Visit) -> dict[str, str]:
    if visit.form.get("new_password") != visit.form.get("repeated_password"):
        return {"repeated_password": visit.say("两次输入的新密码不一致")}
    return {}
