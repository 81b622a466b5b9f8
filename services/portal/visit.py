"""One request for a page: the visitor, the language, and the methods to answer the request."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from law.reader.texts import with_titles
from plumbing.client import CLIENT_ADDRESS, CLIENT_NAME, Refusal, new_request_id
from plumbing.ended_sessions import EndedSessions
from plumbing.identity import Role
from plumbing.settings import Settings
from services.portal.authority import authority
from services.portal.clients import Services, VisitorToken
from services.portal.exports import Exports
from services.portal.navigation import in_one_line, navigation, place_of
from services.portal.open_data.files import PublicFiles
from services.portal.protection import masked
from services.portal.provider import Provider
from services.portal.published import PublishedPages
from services.portal.remembered import Remembered
from services.portal.rendering import LANGUAGES, catalogue, render
from services.portal.second_clicks import SecondClicks
from services.portal.sessions import Sessions
from services.portal.sign_ins import SignIns
from services.portal.submissions import Submissions
from services.portal.tables import PortalSession
from services.portal.throttle import Throttle
from services.portal.wording import Words

LANGUAGE_COOKIE = "quanheng_language"
_YEAR_SECONDS = 365 * 24 * 3600
BUREAUS_SECONDS = 10.0  # a bureau is seldom named anew
GUESSES, GUESSES_SECONDS = 20, 600.0  # what one visitor may get wrong, and in which time
UNKNOWN_CODES = 200  # of makers, scanned from one address in the same time


@dataclass(frozen=True)
class Portal:
    """The parts of the portal's process: settings, gRPC stubs, sessions and the visitor token.

    `stopping` is set when the process is told to end, so that answers that take long end first.
    """

    settings: Settings
    services: Services
    sessions: Sessions
    visitor: VisitorToken
    sign_ins: SignIns
    submissions: Submissions
    exports: Exports
    second_clicks: SecondClicks
    provider: Provider | None  # the bureau's own sign-in service
    ended: EndedSessions  # the logins that were ended elsewhere
    published: PublishedPages = field(default_factory=PublishedPages)
    # Of letters: a code is guessed once in ages, if few guesses are answered.
    guesses: Throttle = field(default_factory=lambda: Throttle(GUESSES, GUESSES_SECONDS))
    # Of makers' codes, whose serial numbers can be guessed; many phones share one address.
    makers: Throttle = field(default_factory=lambda: Throttle(UNKNOWN_CODES, GUESSES_SECONDS))
    open_data: PublicFiles = field(default_factory=PublicFiles)
    bureau_names: Remembered[dict[str, str]] = field(
        default_factory=lambda: Remembered(BUREAUS_SECONDS)
    )
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Visit:
    """A request with all data and methods that a page needs to answer it."""

    portal: Portal
    request: Request
    session: PortalSession | None
    form: FormData = field(default_factory=FormData)
    today: Remembered[str] = field(default_factory=lambda: Remembered(math.inf))
    shown_in: str = ""  # the language that was chosen with this very request

    @property
    def services(self) -> Services:
        """The gRPC stubs of the services, which are called in the name of the visitor."""
        return self.portal.services

    @property
    def person(self) -> PortalSession:
        """The session of the visitor; raises AssertionError if nobody has signed in."""
        if self.session is None:
            raise AssertionError("The page is open to people who have not signed in")
        return self.session

    @property
    def visitor(self) -> str:
        """The network address of the visitor, by which guesses are counted."""
        return self.request.client.host if self.request.client else ""

    @property
    def origin(self) -> tuple[tuple[str, str], ...]:
        """The metadata that tell the registry from where the visitor tries to sign in."""
        browser = quote(self.request.headers.get("user-agent", "")[:200])
        return ((CLIENT_ADDRESS, self.visitor), (CLIENT_NAME, browser))

    @property
    def language(self) -> str:
        """The language of the visitor: `zh-CN` unless the visitor chose English."""
        chosen = self.shown_in or self.request.cookies.get(LANGUAGE_COOKIE, "")
        return chosen if chosen in LANGUAGES else LANGUAGES[0]

    def keep_language(self, response: Response, language: str) -> None:
        """Stores in a cookie which language the visitor has chosen."""
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=_YEAR_SECONDS,
            httponly=True,
            samesite="lax",
            path="/",
        )

    @property
    def words(self) -> Words:
        """The words for the codes of the services, in the language of the visitor."""
        return Words(self.say, self.language)

    def say(self, chinese: str) -> str:
        """Translates a Chinese text to the language of the visitor."""
        return catalogue(self.language).gettext(chinese)

    def has(self, *roles: Role) -> bool:
        """Returns True if the visitor signed in with at least one of the given roles."""
        return self.session is not None and not set(roles).isdisjoint(self.session.roles)

    def path(self, name: str) -> str:
        """Returns a named part of the requested path, such as the id of a case."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """Returns a query parameter of the address; empty if it is missing."""
        return self.request.query_params.get(name, "").strip()

    def just_done(self, name: str) -> str:
        """Returns what the address says of the act that led to the page; empty for a form sent.

        A form that is sent back stands at the same address, and its fault is no success.
        """
        return "" if self.request.method == "POST" else self.query(name)

    def field(self, name: str) -> str:
        """Returns the text of a form field; empty if it is missing.

        Its lines end with a line feed, not with the two characters that browsers send.
        """
        value = self.form.get(name, "")
        return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""

    def fields(self, name: str) -> list[str]:
        """Returns all values of a form field that can have several values."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def lines(self, name: str) -> list[str]:
        """Returns the lines of a form field without empty lines."""
        return [line.strip() for line in self.field(name).splitlines() if line.strip()]

    def request_id(self) -> str:
        """Returns the request id in the form, or a new id if the form has none.

        A form that is sent twice has the same id, so that its change is made once.
        """
        return self.field("request_id") or new_request_id()

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        public: bool = False,
        **values: Any,
    ) -> Response:
        """Renders a page; if it is public, a cache may store it and check it again by its ETag."""
        body = render(template, self.language, self._frame(values))
        answer = HTMLResponse(body, status)
        answer.headers["content-language"] = self.language
        if public and status == 200 and self.session is None:
            return self._cached(answer)
        return answer

    async def published(self, render_page: Callable[[], Awaitable[str]]) -> Response:
        """Answers with a public page that says the same to everybody, rendered once a minute.

        `render_page` renders it; what it raises is raised, and nothing is kept.
        """
        key, pages = (self.request.url.path, self.language), self.portal.published
        body = pages.get(key)
        if body is None:
            body = (await render_page()).encode()
            pages.keep(key, body)
        answer = HTMLResponse(body)
        answer.headers["content-language"] = self.language
        return self._cached(answer)

    def whole(self, name: str) -> int | None:
        """Returns the whole number in a form field, 0 to 999,999,999; None if it is not one."""
        return whole_number(self.field(name))

    def redirect(self, path: str) -> Response:
        """Redirects the browser to another page of this host."""
        return RedirectResponse(path, 303)

    def local(self, path: str) -> str:
        """Returns the path unchanged if it belongs to this host, otherwise `/`."""
        try:
            parts = urlsplit(path)
        except ValueError:  # such as //[
            return "/"
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
            "form_token": masked(session.form_token) if session else "",
            "request_id": self.field("request_id") or new_request_id(),
            "place_of": place_of,
            "in_one_line": in_one_line,
            "navigation": navigation(frozenset(session.roles) if session else frozenset()),
            "sandbox": self.portal.settings.sandbox,
            "authority": authority(self.portal.settings, session, self.language),
            "host": authority(self.portal.settings, None, self.language),
            "here": self.request.url.path,
            "refusal": None,
            "errors": {},
            **values,
        }


def whole_number(text: str) -> int | None:
    """Returns the number that a text of 1 to 9 ASCII digits writes; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


Page = Callable[[Visit], Awaitable[Response]]


def last_name(path: str) -> str:
    """Returns the form field of a path in a request whose last name it bears."""
    return path.rpartition(".")[2].partition("[")[0]


def faults_by_field(
    refusal: Refusal, language: str, field_of: Callable[[str], str] = last_name
) -> dict[str, str]:
    """Returns the faults of a refusal by form field, in the given language.

    `field_of` returns the form field of a path in the request; what is said of one field, such as
    of several rows, is joined.
    """
    found: dict[str, list[str]] = {}
    for path, zh, en in refusal.faults:
        said, message = found.setdefault(field_of(path), []), _without_codes(zh, en, language)
        if message not in said:
            said.append(message)
    separator = "；" if language == "zh-CN" else "; "
    return {field: separator.join(said) for field, said in found.items()}


def message_of(refusal: Refusal, language: str) -> str:
    """Returns the message of a refusal in the given language."""
    return _without_codes(refusal.message_zh, refusal.message_en, language)


def _without_codes(chinese: str, english: str, language: str) -> str:
    """The message in a language; the article at its end has the title of its text, not a code."""
    is_chinese = language == "zh-CN"
    text, bracket = (chinese, "（") if is_chinese else (english, " (")
    said, opening, article = text.rpartition(bracket)
    if not opening:
        return text
    return said + with_titles(opening + article, "zh" if is_chinese else "en")
