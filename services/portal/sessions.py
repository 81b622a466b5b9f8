"""The portal's sessions: who is signed in at which browser, until when.

A session ends when it has not been used for the idle time, at its absolute end, when the person
signs out, or when the registry no longer accepts its token. Times are machine time: moving a
sandbox's clock signs nobody out.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.full_disk import is_full
from plumbing.identity import Role
from plumbing.readiness import answers
from protos.identity.v1 import identity_pb2 as pb
from services.portal.kept_input import KeptInput, read_kept
from services.portal.tables import PortalSession

COOKIE = "quanheng_session"
KEPT_FOR = timedelta(days=1)
SEEN_EVERY = timedelta(minutes=1)  # a page view need not write each time


class Sessions:
    """Opens, finds and ends sessions in the portal's own database."""

    def __init__(
        self, database: Database, clock: Clock, *, idle: timedelta, longest: timedelta
    ) -> None:
        self._database, self._clock = database, clock
        self._idle, self._longest = idle, longest

    async def reachable(self) -> bool:
        """Returns whether the database with the sessions answers."""
        return await answers(self._database)

    async def open(self, answer: pb.LoginResponse, bureau_name: str) -> str:
        """Opens a session for a person who has just signed in; returns the value of its cookie.

        `bureau_name` is the name of the account's bureau, empty if it has none.
        """
        cookie, now = secrets.token_urlsafe(32), self._clock.now()
        session = PortalSession(
            cookie_hash=_hash(cookie),
            token=answer.token,
            account_id=answer.account.account_id,
            display_name=answer.account.display_name or answer.account.name,
            roles=[_role(number) for number in answer.account.roles],
            bureau=answer.account.bureau,
            bureau_name=bureau_name,
            subject_id=answer.account.subject_id,
            form_token=secrets.token_urlsafe(16),
            opened_at=now,
            seen_at=now,
            token_ends_at=answer.expires_at.ToDatetime(now.tzinfo),
        )
        async with self._database.transaction() as transaction:
            session.kept = await _take_over(transaction, session.account_id)
            await transaction.exec(sa.delete(PortalSession).where(self._forgotten(now)))
            transaction.add(session)
        return cookie

    async def keep(self, cookie: str, form_token: str, kept: KeptInput) -> None:
        """Keeps the input of a session that has ended, for when its person signs in again.

        Nothing is kept for a cookie without a session, or for a form with another session's token.
        """
        its_own = (
            col(PortalSession.cookie_hash) == _hash(cookie),
            col(PortalSession.form_token) == form_token,
        )
        change = sa.update(PortalSession).where(*its_own).values(kept=kept.written())
        async with self._database.transaction() as transaction:
            await transaction.exec(change)

    async def take_kept(self, session: PortalSession, path: str) -> KeptInput | None:
        """Returns the input kept for a page, once; None if none is kept for it."""
        kept = read_kept(session.kept)
        if kept is None or kept.path != path:
            return None
        await self._update(session, kept="")
        return kept

    async def find(self, cookie: str) -> PortalSession | None:
        """Returns the session for a cookie; None if there is no such session or it has ended."""
        now = self._clock.now()
        async with self._database.snapshot() as transaction:
            session = await transaction.get(PortalSession, _hash(cookie))
        if session is None or self._is_over(session, now):
            return None
        if now - session.seen_at > SEEN_EVERY:
            await self._note_seen(session, now)
        return session

    async def renew(self, session: PortalSession, answer: pb.RenewTokenResponse) -> None:
        """Stores a new token, when it ends, and for which subject it acts, in a session."""
        ends_at = answer.expires_at.ToDatetime(UTC)
        values = {"token": answer.token, "token_ends_at": ends_at}
        await self._update(session, **values, subject_id=answer.subject_id or session.subject_id)

    async def expire(self, session: PortalSession) -> None:
        """Ends a session whose token is no longer taken; what its person was sending is kept."""
        await self._update(session, token="", token_ends_at=session.opened_at)

    async def end(self, session: PortalSession) -> None:
        """Ends a session by deleting it from the database."""
        async with self._database.transaction() as transaction:
            ended = col(PortalSession.cookie_hash) == session.cookie_hash
            await transaction.exec(sa.delete(PortalSession).where(ended))

    async def _note_seen(self, session: PortalSession, now: datetime) -> None:
        """Notes that a session is used; on a full disk people go on reading all the same."""
        try:
            await self._update(session, seen_at=now)
        except DBAPIError as error:
            if not is_full(error):
                raise

    async def _update(self, session: PortalSession, **values: object) -> None:
        this = col(PortalSession.cookie_hash) == session.cookie_hash
        async with self._database.transaction() as transaction:
            await transaction.exec(sa.update(PortalSession).where(this).values(**values))
        for name, value in values.items():
            setattr(session, name, value)

    def _is_over(self, session: PortalSession, now: datetime) -> bool:
        return (
            now >= session.token_ends_at
            or now - session.seen_at > self._idle
            or now - session.opened_at > self._longest
        )

    def _forgotten(self, now: datetime) -> sa.ColumnElement[bool]:
        """Sessions that are over; one that keeps input only after a day."""
        keeps = sa.and_(col(PortalSession.kept) != "", col(PortalSession.seen_at) > now - KEPT_FOR)
        return sa.and_(self._over(now), sa.not_(keeps))

    def _over(self, now: datetime) -> sa.ColumnElement[bool]:
        return sa.or_(
            col(PortalSession.token_ends_at) <= now,
            col(PortalSession.seen_at) < now - self._idle,
            col(PortalSession.opened_at) < now - self._longest,
        )


async def _take_over(transaction: AsyncSession, account_id: str) -> str:
    """The input kept for an account, which moves to its new session; empty without."""
    of_account = (col(PortalSession.account_id) == account_id, col(PortalSession.kept) != "")
    newest_first = col(PortalSession.seen_at).desc()
    newest = select(PortalSession.kept).where(*of_account).order_by(newest_first)
    kept = (await transaction.exec(newest)).first() or ""
    await transaction.exec(sa.update(PortalSession).where(*of_account).values(kept=""))
    return kept


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _role(number: int) -> Role:
    return Role(pb.Role.Name(pb.Role.ValueType(number)).removeprefix("ROLE_").lower())
