"""Middleware of the portal: adds security headers, refuses foreign forms and too large requests."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Nothing from another host, nothing inline, no framing, forms to this host only.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
HSTS = "max-age=31536000"  # a year, in seconds
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class SafeHeaders:
    """Adds the security headers to every response; forbids caching unless the page allows it.

    A portal that browsers reach by `https` tells them to come by nothing else, and its cookies
    travel encrypted only.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app, self._https = app, https
        self._headers = HEADERS | ({"strict-transport-security": HSTS} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
                if self._https:
                    headers.raw[:] = [_encrypted_only(*header) for header in headers.raw]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _encrypted_only(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A header; a cookie gets the mark that browsers send it over https only."""
    return name, value + b"; Secure" if name == b"set-cookie" else value


class SameOrigin:
    """Refuses a form that another site made a browser send.

    Browsers name the origin of a request in Sec-Fetch-Site, older ones only in Origin. A request
    with neither header was not made by a browser for another site; its form token is checked later.
    `refusal` answers such a form.
    """

    def __init__(self, app: ASGIApp, refusal: ASGIApp) -> None:
        self._app, self._refusal = app, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._app
        sends = scope["type"] == "http" and scope["method"] not in SAFE_METHODS
        if sends and not _is_from_here(Headers(scope=scope)):
            answer = self._refusal
        await answer(scope, receive, send)


def _is_from_here(headers: Headers) -> bool:
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


class UploadLimit:
    """Refuses a request body of more than `longest` bytes with status 413.

    `uploads` contains the paths to which files are sent, as routes write them, each with its own
    limit in bytes.
    `refusal` answers what is too large.
    """

    def __init__(
        self,
        app: ASGIApp,
        longest: int,
        uploads: Mapping[str, int],
        refusal: ASGIApp,
    ) -> None:
        self._app, self._longest, self._refusal = app, longest, refusal
        self._uploads = [(compile_path(path)[0], most) for path, most in uploads.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        longest = self._limit(scope["path"])
        length = Headers(scope=scope).get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > longest:
            await self._refusal(scope, receive, send)
            return
        taken = 0

        async def receive_within() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > longest:
                raise BodyTooLarge
            return message

        try:
            await self._app(scope, receive_within, send)
        except BodyTooLarge:
            await self._refusal(scope, receive, send)

    def _limit(self, path: str) -> int:
        found = (most for pattern, most in self._uploads if pattern.match(path))
        return next(found, self._longest)


class BodyTooLarge(Exception):
    """Raised if a request body is larger than the limit, whatever length its header states."""


def masked(token: str) -> str:
    """Returns a form token in another guise each time, for a page that is sent compressed.

    The size of a compressed page tells what repeats in it; a token that never repeats tells
    nothing. `unmasked` restores the token.
    """
    plain = token.encode()
    mask = secrets.token_bytes(len(plain))
    return urlsafe_b64encode(mask + _xor(mask, plain)).decode()


def unmasked(written: str) -> str:
    """Returns the token that `masked` was given; empty if the text is not of that form."""
    try:
        both = urlsafe_b64decode(written.encode())
        half = len(both) // 2
        return _xor(both[:half], both[half:]).decode()
    except ValueError:
        return ""


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
