"""Sign-ins under way: what the portal keeps between two pages of one, for ten minutes.

A browser has only a cookie. The content is used once: reading it takes it away.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing.clock import Clock
from plumbing.database import Database
from services.portal.tables import SignIn

COOKIE = "quanheng_sign_in"
LIFE = timedelta(minutes=10)


class SignIns:
    """Keeps and takes away what belongs to sign-ins under way, in the portal's own database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def keep(self, content: Mapping[str, Any]) -> str:
        """Keeps the content of a sign-in; returns the value of its cookie."""
        cookie, now = secrets.token_urlsafe(32), self._clock.now()
        async with self._database.transaction() as transaction:
            over = col(SignIn.started_at) < now - LIFE
            await transaction.exec(sa.delete(SignIn).where(over))
            row = SignIn(cookie_hash=_hash(cookie), content=dict(content), started_at=now)
            transaction.add(row)
        return cookie

    async def take(self, cookie: str) -> dict[str, Any]:
        """Takes away the content that belongs to a cookie; empty if there is none any more."""
        async with self._database.transaction() as transaction:
            row = await transaction.get(SignIn, _hash(cookie))
            if row is None:
                return {}
            await transaction.delete(row)
        return row.content if self._clock.now() < row.started_at + LIFE else {}


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
