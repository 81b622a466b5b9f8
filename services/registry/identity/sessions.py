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

from law.errors import NotFound, NotPermitted
from plumbing.change import Change
from plumbing.clock import SystemClock
from plumbing.identity import Role, Unauthenticated
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as pb
from services.registry.identity.coverage import require_covered
from services.registry.identity.tables import MOVED, Account, EndedSession, Session


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


async def renew(
    session: AsyncSession, session_id: str, now: datetime, opened_after: datetime | None = None
) -> None:
    """Notes that a session was renewed.

    Raises Unauthenticated if it has ended, or if it was not opened after `opened_after`.
    """
    row = await session.get(Session, session_id, with_for_update=True)
    if row is None:
        raise ended()
    if opened_after is not None and row.opened_at <= opened_after:
        zh = "请再次通过统一身份认证登录"
        raise Unauthenticated(zh, "Sign in again by your bureau's own sign-in service")
    row.renewed_at = now


async def move(change: Change, account: Account, subject_id: str) -> None:
    """Gives an account to another subject; the services soon refuse tokens for the former one."""
    # A renewal locks the account too, so that it issues no token for the former subject meanwhile.
    own = select(Account.account_id).where(Account.account_id == account.account_id)
    await change.session.exec(own.with_for_update())
    account.subject_id = subject_id
    of_account = sa.update(Session).where(col(Session.account_id) == account.account_id)
    await change.session.exec(of_account.values(moved=True))


def ended() -> Unauthenticated:
    """Returns the error for a login that was ended."""
    return Unauthenticated("登录已被结束，请重新登录", "The login was ended; sign in again")


async def require_session(view: View | Change) -> None:
    """Raises Unauthenticated if the session of the caller's token has ended.

    A token of the previous release names no session.
    """
    session_id = view.caller.session_id
    if session_id and await view.session.get(Session, session_id) is None:
        raise ended()


async def list_sessions(view: View, request: pb.ListSessionsRequest) -> pb.ListSessionsResponse:
    """Returns the logins of an account that have not ended, the newest first.

    After them come those that an administrator ended, while their tokens would still be valid.
    Raises NotFound for an unknown account, and NotPermitted for one that is not the caller's and
    not governed by them.
    """
    account_id = await _whose(view, request.account_id)
    own = select(Session).where(Session.account_id == account_id)
    rows = await view.session.exec(own.order_by(col(Session.opened_at).desc()))
    open_ = [_message(row, present=row.session_id == view.caller.session_id) for row in rows]
    return pb.ListSessionsResponse(sessions=[*open_, *await _taken(view.session, account_id)])


async def _whose(by: Change | View, account_id: str) -> str:
    """The full id of the account whose logins are meant; refuses another's to whoever may not."""
    caller = by.caller
    if account_id in ("", caller.account_id):
        return caller.account_id
    if not caller.has(Role.ADMINISTRATOR):
        zh = "只有平台管理员可以查看和结束他人的登录"
        raise NotPermitted(zh, "Only an administrator sees and ends the logins of others")
    row = await find_by_id(by.session, Account, account_id)
    if row is None:
        raise NotFound("没有该账号", "There is no such account", account_id=account_id)
    await require_covered(by, row.bureau, row.subject_id)
    return row.account_id


async def _taken(session: AsyncSession, account_id: str) -> list[pb.Session]:
    """The logins of an account that an administrator ended, the last first."""
    taken = select(EndedSession).where(
        EndedSession.account_id == account_id, EndedSession.ended_by != ""
    )
    rows = (await session.exec(taken.order_by(col(EndedSession.ended_at).desc()))).all()
    ids = {row.ended_by for row in rows}
    people = await session.exec(select(Account).where(col(Account.account_id).in_(ids)))
    names = {one.account_id: one.display_name or one.name for one in people}
    return [_taken_message(row, names.get(row.ended_by, "")) for row in rows]


async def end_session(change: Change, request: pb.EndSessionRequest) -> pb.EndSessionResponse:
    """Ends one login of an account; without an id, all but that of the call itself.

    Raises NotFound if the account is unknown or has no such login, and NotPermitted for an account
    that is not the caller's and not governed by them.
    """
    caller = change.caller
    account_id = await _whose(change, request.account_id)
    which = col(Session.session_id) != caller.session_id
    if request.session_id:
        which = col(Session.session_id) == request.session_id
    ending = sa.and_(which, col(Session.account_id) == account_id)
    own = account_id == caller.account_id
    count = await _end(change, ending, by="" if own else caller.account_id)
    if request.session_id and not count:
        raise NotFound("没有这次登录，或者它已经结束", "There is no such login, or it has ended")
    after = {"ended": count}
    change.audit("end_sessions", f"account/{account_id}", after=after)
    return pb.EndSessionResponse(ended=count)


async def end_all(change: Change, account: Account, *, but: str = "") -> None:
    """Ends every login of an account, except the session `but`."""
    of_account = col(Session.account_id) == account.account_id
    await _end(change, sa.and_(of_account, col(Session.session_id) != but))


async def _end(change: Change, which: sa.ColumnElement[bool], *, by: str = "") -> int:
    """Ends logins and returns how many; the services soon refuse their tokens.

    `by` is the administrator who ends the logins of somebody else.
    """
    ending = (await change.session.exec(select(Session).where(which))).all()
    now = SystemClock().now()
    for row in ending:
        await change.session.delete(row)
        ended_ = EndedSession(session_id=row.session_id, ended_at=now, ended_by=by)
        if by:
            ended_.sqlmodel_update(row.model_dump(exclude={"session_id", "renewed_at"}))
        change.session.add(ended_)
    return len(ending)


async def get_ended_sessions(
    view: View, request: pb.GetEndedSessionsRequest
) -> pb.GetEndedSessionsResponse:
    """Returns the logins that were ended while their tokens would still be valid.

    With them come those whose account got another subject, which their later tokens name.
    """
    ids = await view.session.exec(select(EndedSession.session_id))
    moved = select(Session.session_id, Account.subject_id).where(
        sa.text(MOVED), col(Account.account_id) == Session.account_id
    )
    answer = pb.GetEndedSessionsResponse(session_ids=ids.all())
    for session_id, subject_id in await view.session.exec(moved):
        answer.moved_session_ids.append(session_id)
        answer.moved_sessions.add(session_id=session_id, subject_id=subject_id)
    return answer


def _taken_message(row: EndedSession, by: str) -> pb.Session:
    message = pb.Session(
        session_id=row.session_id, source=row.source, client=row.client, ended_by_name=by
    )
    message.ended_at.FromDatetime(row.ended_at)
    if row.opened_at is not None:
        message.opened_at.FromDatetime(row.opened_at)
    return message


def _message(row: Session, *, present: bool) -> pb.Session:
    message = pb.Session(
        session_id=row.session_id, source=row.source, client=row.client, present=present
    )
    message.opened_at.FromDatetime(row.opened_at)
    message.renewed_at.FromDatetime(row.renewed_at)
    return message
