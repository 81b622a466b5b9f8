"""The rules on which proposals a caller may see.

People of a bureau see those about the register in their scope, and by its number one of their own
that another bureau releases; an operator only those that it made, an institution only those that
were made for it; an administrator those about accounts in their scope and of their own, and nobody
else sees these. Nobody sees a proposal of an act that only a newer release knows.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from law.separation import Act, Office, release_of, released_by
from plumbing import row_scope
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from services.registry.institutions.reporting import is_institution, own_institution
from services.registry.proposals.propose import WAITING
from services.registry.tables import Account, Proposal

# Who is not of a bureau sees its own proposals only.
_OWN_ONLY = (Role.OPERATOR, Role.VERIFICATION_INSTITUTION)
_ABOUT_ACCOUNTS = released_by(Office.ADMINISTRATOR)
# Beside a newer release: its replicas show the acts that only they know.
_KNOWN = col(Proposal.act).in_(sorted(Act))


def visible(caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the query condition that selects the proposals a caller may see."""
    return sa.and_(_KNOWN, _in_reach(caller))


def _in_reach(caller: Caller) -> sa.ColumnElement[bool]:
    own = col(Proposal.proposed_by) == caller.account_id
    if is_institution(caller):
        return sa.or_(own, col(Proposal.institution) == _institution_of(caller))
    if caller.has(*_OWN_ONLY):
        return own
    about_accounts = col(Proposal.act).in_(sorted(_ABOUT_ACCOUNTS))
    in_scope = row_scope.covered(caller, Proposal.bureau)
    if not caller.has(Role.ADMINISTRATOR):
        return sa.and_(sa.not_(about_accounts), in_scope)
    return sa.and_(about_accounts, sa.or_(in_scope, own))


def _institution_of(caller: Caller) -> Any:
    """The name of the caller's institution, as a part of a query; NULL if there is none."""
    own = select(Account.institution).where(Account.account_id == caller.account_id)
    return own.where(Account.institution != "").scalar_subquery()


async def _may_know(session: AsyncSession, caller: Caller, row: Proposal) -> bool:
    """Whether a caller may know that there is this proposal, apart from the scope."""
    if row.act not in {*Act}:
        return False
    if caller.has(*_OWN_ONLY):
        own = await own_institution(session, caller)
        return row.proposed_by == caller.account_id or bool(own and row.institution == own)
    return caller.has(Role.ADMINISTRATOR) == (row.act in _ABOUT_ACCOUNTS)


def to_decide(caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the query condition that selects the proposals that wait for a caller's decision."""
    acts = [act for act in Act if caller.has(Role(release_of(act).by))]
    return sa.and_(
        visible(caller),
        col(Proposal.state) == WAITING,
        col(Proposal.act).in_(sorted(acts)),
        col(Proposal.proposed_by) != (caller.on_behalf_of or caller.account_id),
    )


async def find(
    session: AsyncSession, caller: Caller, proposal_id: str, *, lock: bool = False
) -> Proposal:
    """Returns a proposal by its id or the beginning of its id; `lock` locks its row for a change.

    Raises NotFound if there is none or it is of a kind that the caller never sees, and NotPermitted
    outside the caller's scope, but for the caller's own.
    """
    own_too = sa.or_(_in_reach(caller), col(Proposal.proposed_by) == caller.account_id)
    seen = sa.and_(_KNOWN, own_too)
    row = await find_by_id(session, Proposal, proposal_id, seen, lock=lock)
    if row is None or not await _may_know(session, caller, row):
        raise NotFound("没有这项申请", "There is no such proposal", proposal_id=proposal_id)
    own = row.proposed_by == caller.account_id
    if not own and not caller.has(*_OWN_ONLY):
        caller.require_bureau(row.bureau)
    return row
