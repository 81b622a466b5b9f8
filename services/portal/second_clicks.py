"""Second clicks on a button that works only once: they get the answer of the first click.

A browser that sends a form twice shows the second answer only. For a step of a sign-in that would
be a failure beside the success, since a code counts once. The answers are in the portal's database,
because the second click may reach another replica. An answer may contain the cookie of a session,
so it is sealed with a key that only what was sent yields, which has a secret of the visitor.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from starlette.responses import Response

from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY
from services.portal.tables import SecondClick

KEPT_FOR = timedelta(seconds=10)
ASK_EVERY_SECONDS = 0.1
_NONCE_BYTES = 12


class SecondClicks:
    """Keeps the answers of the last seconds, by a hash of what was sent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def answer(self, sent: str, make: Callable[[], Awaitable[Response]]) -> Response:
        """Returns the answer of `make`, or the one to the same text sent within ten seconds.

        `sent` names the visitor by a secret and contains everything that the form has. Where the
        first click was not answered, the second is answered by `make`.
        """
        if await self._is_first(sent):
            # The browser drops the first click at the second, which waits for its answer.
            return await asyncio.shield(asyncio.ensure_future(self._first(sent, make)))
        return await self._kept(sent) or await make()

    async def _is_first(self, sent: str) -> bool:
        now = self._clock.now()
        old = col(SecondClick.clicked_at) < now - KEPT_FOR
        try:
            async with self._database.transaction() as transaction:
                await transaction.exec(sa.delete(SecondClick).where(old))
                transaction.add(SecondClick(sent=_name(sent), clicked_at=now))
        except IntegrityError:
            return False
        return True

    async def _first(self, sent: str, make: Callable[[], Awaitable[Response]]) -> Response:
        this = col(SecondClick.sent) == _name(sent)
        try:
            response = await make()
        except BaseException:
            async with self._database.transaction() as transaction:
                await transaction.exec(sa.delete(SecondClick).where(this))
            raise
        change = sa.update(SecondClick).where(this).values(answer=_sealed(sent, response))
        with contextlib.suppress(*DATABASE_AWAY):  # what was done is answered all the same
            async with self._database.transaction() as transaction:
                await transaction.exec(change)
        return response

    async def _kept(self, sent: str) -> Response | None:
        """The answer of the first click, once there is one; None if it never was answered."""
        while True:
            async with self._database.snapshot() as transaction:
                row = await transaction.get(SecondClick, _name(sent))
            if row is None or self._clock.now() > row.clicked_at + KEPT_FOR:
                return None
            if row.answer is not None:
                return _opened(sent, row.answer)
            await asyncio.sleep(ASK_EVERY_SECONDS)


def _name(sent: str) -> str:
    return hashlib.sha256(sent.encode()).hexdigest()


def _seal(sent: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"the answer to\n" + sent.encode()).digest())


def _sealed(sent: str, response: Response) -> bytes:
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers
    ]
    body = base64.b64encode(bytes(response.body)).decode()
    text = json.dumps([response.status_code, headers, body]).encode()
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + _seal(sent).encrypt(nonce, text, None)


def _opened(sent: str, sealed: bytes) -> Response:
    text = _seal(sent).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    status, headers, body = json.loads(text)
    response = Response(base64.b64decode(body), status)
    response.raw_headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers
    ]
    return response
