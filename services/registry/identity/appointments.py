"""Changes of accounts that one administrator proposes and another releases (D-16).

Whoever could give roles alone could decide alone, in as many names as they like. While no other
administrator can release a change, it is made at once, so that the first administrator can set a
platform up; the audit says so.
"""

from __future__ import annotations

from google.protobuf.message import Message

from law.errors import WrongState
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.identity import Role
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import proposals_pb2 as pb
from services.registry.identity.seconds import Seconds, administrators
from services.registry.identity.standing import Standing, act_of, within
from services.registry.identity.tables import Account
from services.registry.proposals.propose import Proposed, differences, propose
from services.registry.tables import Proposal

MAIL = "appointment"  # the kind of the mail to the administrators who may release it
_ALONE = "没有其他平台管理员可以批准"
_ALONE_EN = "no other administrator could release it"


def alone(ground: str) -> str:
    """Returns the ground of a change that would have needed a second administrator."""
    return "；".join(filter(None, (ground, f"{_ALONE} ({_ALONE_EN})")))


async def propose_standing(
    change: Change, request: Message, row: Account, after: Standing, seconds: Seconds, ground: str
) -> pb.Proposal:
    """Files the new standing of an account as a proposal, and mails those who may release it.

    Raises WrongState if another proposal about the account waits already.
    """
    before = Standing.of(row)
    what = Proposed(
        act=seconds.act,
        object=f"account/{row.account_id}",
        version=0,
        bureau=seconds.desk,
        ground=ground,
        before=before.told,
        after=after.told,
    )
    proposal = await propose(change, request, what)
    for other in seconds.people:
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
    others = await administrators(change, but=row.account_id)
    if not any(within(before.place, other.bureau) for other in others):
        zh = "这是最后一位平台管理员，不能注销或者免去；请先建立另一位"
        raise WrongState(zh, "This is the last administrator; make another one first")
