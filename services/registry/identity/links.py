"""Mailed links that set a password: single-use, expiring, and known only to whoever has the mail.

The event that asks for a mail names the link by its id; the service that sends the mail asks for
the secret part of the link at that moment. The database has only its hash.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound, WrongState
from plumbing.change import Change
from plumbing.view import View
from protos.identity.v1 import identity_pb2 as pb
from protos.registry.v1 import events_pb2 as events
from services.registry.identity import sessions
from services.registry.identity.tables import Account, MailedLink
from services.registry.identity.vault import Vault
from services.registry.scope import PLATFORM_WIDE
from services.registry.tables import Subject

RESET, OPENED, INVITED, KNOWN = "reset", "opened", "invited", "known"
_LIFE = {
    RESET: timedelta(hours=2),
    KNOWN: timedelta(hours=2),
    OPENED: timedelta(days=7),
    INVITED: timedelta(days=7),
}
_MOST_OF_ONE_ADDRESS = 5  # accounts that one request mails a link for


@dataclass(frozen=True)
class Links:
    """Issues mailed links and accepts them; `vault` makes their secret part."""

    vault: Vault

    async def mail(self, change: Change, kind: str, account: Account, remark: str = "") -> None:
        """Issues a link for an account and announces the mail that is to bring it."""
        link_id, ends = uuid4().hex, change.at + _LIFE[kind]
        row = MailedLink(
            link_id=link_id,
            account_id=account.account_id,
            token_hash=_hash(self.vault.link_token(link_id)),
            created_at=change.at,
            expires_at=ends,
        )
        change.session.add(row)
        firm = await change.session.get(Subject, account.subject_id) if account.subject_id else None
        event = events.AccountMailDue(
            mail_id=link_id,
            kind=kind,
            address=account.email,
            bureau=account.bureau or (firm.bureau if firm else PLATFORM_WIDE),
            person_name=account.display_name,
            account_name=account.name,
            firm_name=firm.name if firm else "",
            link_id=link_id,
            remark=remark,
            language=account.language,
        )
        event.expires_at.FromDatetime(ends)
        object_ = f"account/{account.account_id}"
        await change.announce(event, aggregate=object_, bureau=event.bureau)
        change.audit("mail_password_link", object_, after={"kind": kind, "link": link_id})

    async def mailed_token(
        self, view: View, request: pb.GetMailedTokenRequest
    ) -> pb.GetMailedTokenResponse:
        """Returns the secret part of a link to the service that sends the mail.

        Raises NotFound for an unknown link, and WrongState if it was used or has expired.
        """
        row = await view.session.get(MailedLink, request.link_id)
        _require_valid(row, view.at)
        return pb.GetMailedTokenResponse(token=self.vault.link_token(request.link_id))


async def request(change: Change, request: pb.RequestPasswordLinkRequest, links: Links) -> None:
    """Mails a link to whoever has this login name or mail address, if anybody has.

    Nobody is told whether that was so.
    """
    named = sa.or_(col(Account.name) == request.name, col(Account.email) == request.name)
    able = sa.and_(col(Account.closed).is_(False), col(Account.external).is_(False))
    found = select(Account).where(named, able, Account.email != "").limit(_MOST_OF_ONE_ADDRESS)
    for account in await change.session.exec(found):
        await links.mail(change, RESET, account)


async def password_link(
    view: View, request: pb.GetPasswordLinkRequest
) -> pb.GetPasswordLinkResponse:
    """Returns whose password a link sets, and until when.

    Raises NotFound for an unknown link, and WrongState if it was used or has expired.
    """
    row, account = await find(view.session, request.token, view.at)
    answer = pb.GetPasswordLinkResponse(name=account.name, display_name=account.display_name)
    answer.expires_at.FromDatetime(row.expires_at)
    return answer


async def set_password(
    change: Change, request: pb.SetPasswordByLinkRequest, *, password_hash: str
) -> pb.SetPasswordByLinkResponse:
    """Sets the password of a link's account; uses the link up, and ends every login of the account.

    Raises NotFound for an unknown link, and WrongState if it was used or has expired.
    """
    _, account = await find(change.session, request.token, change.at, lock=True)
    account.password_hash, account.first_password = password_hash, False
    of_account = col(MailedLink.account_id) == account.account_id
    unused = sa.and_(of_account, col(MailedLink.used_at).is_(None))
    await change.session.exec(sa.update(MailedLink).where(unused).values(used_at=change.at))
    await sessions.end_all(change, account)
    change.audit("set_password_by_link", f"account/{account.account_id}")
    return pb.SetPasswordByLinkResponse(name=account.name)


async def find(
    session: AsyncSession, token: str, at: datetime, *, lock: bool = False
) -> tuple[MailedLink, Account]:
    """Returns a link that is valid now, by its secret part, and the open account that it is for.

    Raises NotFound if there is no such link, and WrongState if it was used or has expired.
    """
    row = await session.get(MailedLink, token.partition(".")[0], with_for_update=lock)
    if row is None or not hmac.compare_digest(row.token_hash, _hash(token)):
        row = None
    valid = _require_valid(row, at)
    query = select(Account).where(
        Account.account_id == valid.account_id, col(Account.closed).is_(False)
    )
    account = (await session.exec(query.with_for_update() if lock else query)).first()
    if account is None:
        raise unknown()
    return valid, account


def _require_valid(row: MailedLink | None, at: datetime) -> MailedLink:
    if row is None:
        raise unknown()
    if row.used_at is not None:
        zh = "这个链接已经用过；如果密码已经设好，请直接登录"
        raise WrongState(zh, "The link was used; if the password is set, sign in")
    if at >= row.expires_at:
        zh = "这个链接已过期，请重新申请"
        raise WrongState(zh, "The link has expired; ask for another one")
    return row


def unknown() -> NotFound:
    """Returns the error for a link that does not exist."""
    zh = "没有这个链接，请核对邮件中的地址是否完整"
    return NotFound(zh, "There is no such link; check that its address is complete")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
