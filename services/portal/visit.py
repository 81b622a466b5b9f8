"""One request for a page: who asks, in which language, and the ways to answer."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from plumbing.client import Refusal, new_request_id
from plumbing.identity import Role
from plumbing.settings import Settings
from services.portal.clients import Services, VisitorToken
from services.portal.navigation import navigation
from services.portal.rendering import LANGUAGES, catalogue, render
from services.portal.sessions import Sessions
from services.portal.tables import PortalSession

LANGUAGE_COOKIE = "quanheng_language"


@dataclass(frozen=True)
class Portal:
    """What the process is made of."""

    settings: Settings
    services: Services
    sessions: Sessions
    visitor: VisitorToken


@dataclass
class Visit:
    """A request with everything a page needs to answer it."""

    portal: Portal
    request: Request
    session: PortalSession | None
    form: FormData = field(default_factory=FormData)

    @property
    def services(self) -> Services:
        """The services, asked in the name of whoever visits."""
        return self.portal.services

    @property
    def person(self) -> PortalSession:
        """The session of a page that only people who signed in reach."""
        if self.session is None:
            raise AssertionError("The page is open to people who have not signed in")
        return self.session

    @property
    def language(self) -> str:
        """zh-CN unless the visitor chose English."""
        chosen = self.request.cookies.get(LANGUAGE_COOKIE, "")
        return chosen if chosen in LANGUAGES else LANGUAGES[0]

    def say(self, chinese: str) -> str:
        """A text in the visitor's language."""
        return catalogue(self.language).gettext(chinese)

    def has(self, *roles: Role) -> bool:
        """Whether the visitor signed in with one of the roles."""
        return self.session is not None and not set(roles).isdisjoint(self.session.roles)

    def path(self, name: str) -> str:
        """A part of the address, such as the id of a case."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """A value of the address after the question mark; empty where there is none."""
        return self.request.query_params.get(name, "").strip()

    def field(self, name: str) -> str:
        """A field of the form; empty where there is none."""
        value = self.form.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def fields(self, name: str) -> list[str]:
        """Every value of a field that may be chosen more than once."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def lines(self, name: str) -> list[str]:
        """The lines of a field, one thing a line; empty ones left out."""
        return [line.strip() for line in self.field(name).splitlines() if line.strip()]

    def request_id(self) -> str:
        """The id of the change a form asks for: made with the form, so that twice is once."""
        return self.field("request_id") or new_request_id()

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        public: bool = False,
        **values: Any,
    ) -> Response:
        """A page. A public one may be kept by a cache and asked for again by its ETag."""
        body = render(template, self.language, self._frame(values))
        answer = HTMLResponse(body, status)
        answer.headers["content-language"] = self.language
        if public and status == 200 and self.session is None:
            return self._cached(answer)
        return answer

    def redirect(self, path: str) -> Response:
        """Sends the browser on to another page of this host."""
        return RedirectResponse(path, 303)

    def local(self, path: str) -> str:
        """A path of this host as it was asked for, or the home page for anything else."""
        parts = urlsplit(path)
        inside = path.startswith("/") and not path.startswith(("//", "/\\"))
        return path if inside and not (parts.scheme or parts.netloc) else "/"

    def _cached(self, answer: Response) -> Response:
        etag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
        headers = {
            "etag": etag,
            "cache-control": "public, max-age=60",
            "vary": "cookie",
        }
        if self.request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        answer.headers.update(headers)
        return answer

    def _frame(self, values: Mapping[str, Any]) -> dict[str, Any]:
        session = self.session
        return {
            "visit": self,
            "session": session,
            "form_token": session.form_token if session else "",
            "request_id": self.field("request_id") or new_request_id(),
            "navigation": navigation(frozenset(session.roles) if session else frozenset()),
            "sandbox": self.portal.settings.sandbox,
            "here": self.request.url.path,
            "refusal": None,
            "errors": {},
            **values,
        }


Page = Callable[[Visit], Awaitable[Response]]


def faults_by_field(refusal: Refusal, language: str) -> dict[str, str]:
    """What is wrong with each field of a form, in the services' own words."""
    return {
        path.rpartition(".")[2].partition("[")[0]: zh if language == "zh-CN" else en
        for path, zh, en in refusal.faults
    }


def message_of(refusal: Refusal, language: str) -> str:
    """A refusal as a sentence in the visitor's language."""
    return refusal.message_zh if language == "zh-CN" else refusal.message_en
