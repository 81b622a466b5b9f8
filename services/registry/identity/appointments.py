"""Changes of accounts that one administrator proposes and another releases (D-16).

Whoever could give roles alone could decide alone, in as many names as they like. While no other
administrator can release a change it is made at once, so that the first administrator can set a
platform up; the audit says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlmodel import col, select

from law.errors import WrongState
from law.separation import Act, appointed
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.identity import Caller, Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import proposals_pb2 as pb
from services.registry.identity.tables import Account
from services.registry.proposals.propose import Proposed, differences, propose
from services.registry.scope import PLATFORM_WIDE
from services.registry.tables import Proposal

MAIL = "appointment"  # the kind of the mail to the administrators who may release it
_ALONE = "没有其他平台管理员可以批准"
_ALONE_EN = "no other administrator could release it"


@dataclass(frozen=True)
class Standing:
    """What an account may do and for whom: what a second administrator looks at."""

    roles: frozenset[Role]
    bureau: str
    institution: str = ""
    closed: bool = False

    @classmethod
    def of(cls, row: Account) -> Self:
        """Returns the present standing of an account."""
        return cls(frozenset(map(Role, row.roles)), row.bureau, row.institution, row.closed)

    @property
    def place(self) -> str:
        """The bureau whose administrators govern the account."""
        return self.bureau or PLATFORM_WIDE

    @property
    def told(self) -> dict[str, object]:
        """The values by name, as a proposal shows them."""
        roles = " ".join(sorted(self.roles))
        return {
            "roles": roles,
            "bureau": self.bureau,
            "institution": self.institution,
            "closed": self.closed,
        }


def weighty(roles: Iterable[Role]) -> frozenset[Role]:
    """Returns those of the roles that a second administrator releases."""
    return frozenset(roles) & {Role(office.value) for office in appointed().offices}


def act_of(before: Standing, after: Standing) -> Act | None:
    """Returns the act for which a change of an account needs a second administrator, if any."""
    moved = before.bureau != after.bureau
    gained = after.roles if moved else after.roles - before.roles
    if not after.closed and weighty(gained):
        return Act.APPOINT
    kept = not after.closed and Role.ADMINISTRATOR in after.roles
    dismissed = Role.ADMINISTRATOR in before.roles and not before.closed and not kept
    return Act.DISMISS_ADMINISTRATOR if dismissed else None


async def others(change: Change, *standings: Standing) -> list[Account]:
    """Returns the administrators besides the caller who could release a change.

    They cover both standings and have signed in before: whoever never did may not exist.
    """
    return [row for row in await _able(change, change.on_behalf_of) if _governs(row, *standings)]


async def _able(change: Change, but: str) -> Sequence[Account]:
    """The open accounts of bureaus' people who have signed in before, but one, by id."""
    able = select(Account).where(
        col(Account.account_id) != but,
        col(Account.subject_id) == "",
        sa.not_(col(Account.closed)),
        sa.not_(col(Account.first_password)),
        sa.or_(col(Account.external), col(Account.password_hash) != ""),
    )
    return (await change.session.exec(able.order_by(Account.account_id))).all()


def _governs(row: Account, *standings: Standing) -> bool:
    caller = Caller(row.account_id, row.name, frozenset(map(Role, row.roles)), row.bureau)
    return caller.has(Role.ADMINISTRATOR) and all(caller.covers(one.place) for one in standings)


def alone(ground: str) -> str:
    """Returns the ground of a change that would have needed a second administrator."""
    return "；".join(filter(None, (ground, f"{_ALONE} ({_ALONE_EN})")))


async def propose_standing(
    change: Change, request: Message, row: Account, after: Standing, act: Act, ground: str
) -> pb.Proposal:
    """Files the new standing of an account as a proposal, and mails those who may release it.

    Raises WrongState if another proposal about the account waits already.
    """
    before = Standing.of(row)
    everywhere = PLATFORM_WIDE in (before.place, after.place)
    what = Proposed(
        act=act,
        object=f"account/{row.account_id}",
        version=0,
        bureau=PLATFORM_WIDE if everywhere else after.bureau,
        ground=ground,
        before=before.told,
        after=after.told,
    )
    proposal = await propose(change, request, what)
    for other in await others(change, before, after):
        await _mail(change, other, proposal, row)
    return proposal


async def _mail(change: Change, other: Account, proposal: pb.Proposal, about: Account) -> None:
    if not other.email:
        return
    event = events.AccountMailDue(
        mail_id=f"{proposal.proposal_id}-{other.account_id}",
        kind=MAIL,
        address=other.email,
        bureau=other.bureau,
        person_name=other.display_name,
        account_name=other.name,
        remark=proposal.proposed_by_name,
        language=other.language,
        proposal_id=proposal.proposal_id,
        concerns=about.display_name or about.name,
        act=proposal.act,
    )
    await change.announce(event, aggregate=f"account/{other.account_id}", bureau=other.bureau)


def require_unchanged(before: Standing, after: Standing, proposal: Proposal) -> None:
    """Raises WrongState if releasing a proposal would change something else than it shows."""
    if differences(before.told, after.told) != proposal.changes:
        zh = "提出之后账号又有变更，请退回后重新提出"
        raise WrongState(zh, "The account has changed since; decline this and propose it anew")


async def require_administrator_left(change: Change, row: Account, after: Standing) -> None:
    """Raises WrongState if a change would leave the bureau of an administrator without any.

    Two administrators who dismiss each other at the same time are taken one after the other.
    """
    before = Standing.of(row)
    if act_of(before, after) is None or Role.ADMINISTRATOR not in before.roles:
        return
    await exclusively(change.session, "administrators")
    if not any(_governs(other, before) for other in await _able(change, row.account_id)):
        zh = "这是最后一位平台管理员，不能注销或者免去；请先建立另一位"
        raise WrongState(zh, "This is the last administrator; make another one first")
