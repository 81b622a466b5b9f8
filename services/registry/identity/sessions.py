"""Logins of people: each has a session, which a token names, and which can be listed and ended.

Times are machine time, as those of tokens are: moving a sandbox's clock ends no session.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing.change import Change
from plumbing.clock import SystemClock
from plumbing.identity import Unauthenticated
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as pb
from services.registry.identity.tables import Account, EndedSession, Session


@dataclass(frozen=True)
class Origin:
    """From where a call came: network address, and browser or program as that names itself."""

    source: str
    client: str


async def open_session(
    session: AsyncSession, account_id: str, origin: Origin, now: datetime, over: datetime
) -> str:
    """Opens a session of an account and returns its id.

    Deletes the sessions that were last renewed, or ended, before `over`: their tokens have expired.
    """
    await session.exec(sa.delete(Session).where(col(Session.renewed_at) < over))
    await session.exec(sa.delete(EndedSession).where(col(EndedSession.ended_at) < over))
    row = Session(
        session_id=uuid4().hex,
        account_id=account_id,
        opened_at=now,
        renewed_at=now,
        source=origin.source,
        client=origin.client,
    )
    session.add(row)
    return row.session_id


async def renew(session: AsyncSession, session_id: str, now: datetime) -> None:
    """Notes that a session was renewed. Raises Unauthenticated if it has ended."""
    row = await session.get(Session, session_id)
    if row is None:
        raise ended()
    row.renewed_at = now


def ended() -> Unauthenticated:
    """Returns the error for a login that was ended."""
    return Unauthenticated("登录已被结束，请重新登录", "The login was ended; sign in again")


async def require_session(view: View) -> None:
    """Raises Unauthenticated if the session of the caller's token has ended.

    A token of the previous release names no session.
    """
    session_id = view.caller.session_id
    if session_id and await view.session.get(Session, session_id) is None:
        raise ended()


async def list_sessions(view: View, request: pb.ListSessionsRequest) -> pb.ListSessionsResponse:
    """Returns the caller's own logins that have not ended, the newest first."""
    own = select(Session).where(Session.account_id == view.caller.account_id)
    rows = await view.session.exec(own.order_by(col(Session.opened_at).desc()))
    return pb.ListSessionsResponse(
        sessions=[_message(row, present=row.session_id == view.caller.session_id) for row in rows]
    )


async def end_session(change: Change, request: pb.EndSessionRequest) -> pb.EndSessionResponse:
    """Ends one of the caller's own logins; without an id, all but the present one.

    Raises NotFound if the caller has no such login.
    """
    caller = change.caller
    which = col(Session.session_id) != caller.session_id
    if request.session_id:
        which = col(Session.session_id) == request.session_id
    ending = sa.and_(which, col(Session.account_id) == caller.account_id)
    count = await _end(change, ending)
    if request.session_id and not count:
        raise NotFound("没有这次登录，或者它已经结束", "There is no such login, or it has ended")
    after = {"ended": count}
    change.audit("end_sessions", f"account/{caller.account_id}", after=after)
    return pb.EndSessionResponse(ended=count)


async def end_all(change: Change, account: Account, *, but: str = "") -> None:
    """Ends every login of an account, except the session `but`."""
    of_account = col(Session.account_id) == account.account_id
    await _end(change, sa.and_(of_account, col(Session.session_id) != but))


async def _end(change: Change, which: sa.ColumnElement[bool]) -> int:
    """Ends logins and returns how many; the services soon refuse their tokens."""
    ending = (await change.session.exec(select(Session).where(which))).all()
    now = SystemClock().now()
    for row in ending:
        await change.session.delete(row)
        change.session.add(EndedSession(session_id=row.session_id, ended_at=now))
    return len(ending)


async def get_ended_sessions(
    view: View, request: pb.GetEndedSessionsRequest
) -> pb.GetEndedSessionsResponse:
    """Returns the logins that were ended while their tokens would still be valid."""
    ids = await view.session.exec(select(EndedSession.session_id))
    return pb.GetEndedSessionsResponse(session_ids=ids.all())


def _message(row: Session, *, present: bool) -> pb.Session:
    message = pb.Session(
        session_id=row.session_id, source=row.source, client=row.client, present=present
    )
    message.opened_at.FromDatetime(row.opened_at)
    message.renewed_at.FromDatetime(row.renewed_at)
    return message
