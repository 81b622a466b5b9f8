"""Pages to sign in and out, to choose the language, and to change the password."""

from __future__ import annotations

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.identity.v1 import identity_pb2 as identity
from services.portal.cast import cast
from services.portal.kept_input import read_kept
from services.portal.navigation import home_of
from services.portal.rendering import LANGUAGES
from services.portal.sessions import COOKIE
from services.portal.tables import PortalSession
from services.portal.visit import LANGUAGE_COOKIE, Visit, faults_by_field, message_of

_YEAR_SECONDS = 365 * 24 * 3600


async def sign_in(visit: Visit) -> Response:
    """Shows the form for name and password; if they are correct, opens the page first requested."""
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
        answer = await ask(visit.services.identity.Login(request))
    except Refusal as refusal:
        if refusal.code not in _WRONG:
            raise
        return _form(visit, {"name": message_of(refusal, visit.language)}, status=422)
    return await signed_in(visit, answer, visit.field("next"))


_WRONG = (
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
)


async def signed_in(visit: Visit, answer: identity.LoginResponse, then: str) -> Response:
    """Opens a session from a login response and redirects to `then`; if empty, to the home page."""
    if visit.session is not None:
        await visit.portal.sessions.end(visit.session)
    cookie = await visit.portal.sessions.open(answer)
    session = await visit.portal.sessions.find(cookie)
    home = _first_page(session)
    response = visit.redirect(visit.local(then) if then else home)
    response.set_cookie(
        COOKIE,
        cookie,
        httponly=True,
        samesite="lax",
        secure=visit.portal.settings.portal_url.startswith("https://"),
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
    await visit.portal.sessions.end(visit.session)
    response.delete_cookie(COOKIE, path="/")
    return response


async def choose_language(visit: Visit) -> Response:
    """Stores the chosen language in a cookie and redirects to the previous page."""
    response = visit.redirect(visit.local(visit.query("back") or "/"))
    if visit.path("language") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            visit.path("language"),
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="lax",
            path="/",
        )
    return response


async def account(visit: Visit) -> Response:
    """Shows the account of the person who signed in, and changes their password."""
    if visit.request.method == "GET":
        return visit.page("account.html")
    errors = _unequal(visit)
    if not errors:
        request = identity.ChangePasswordRequest(
            request_id=visit.request_id(),
            old_password=str(visit.form.get("old_password", "")),
            new_password=str(visit.form.get("new_password", "")),
        )
        try:
            await ask(visit.services.identity.ChangePassword(request))
        except Refusal as refusal:
            errors = faults_by_field(refusal, visit.language) or {
                "old_password": message_of(refusal, visit.language)
            }
    if errors:
        return visit.page("account.html", status=422, errors=errors)
    return visit.page("account.html", changed=True)


def _form(visit: Visit, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    return visit.page(
        "sign_in.html",
        status=status,
        errors=errors or {},
        name=visit.field("name"),
        next=visit.field("next") or visit.query("next"),
        cast=cast(visit.portal.settings),
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
