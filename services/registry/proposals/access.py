"""The rules on which proposals a caller may see.

People of a bureau see those of the bureaus in their scope; an operator or an institution
only those that it made.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing import row_scope
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from services.registry.tables import Proposal

# Who is not of a bureau sees its own proposals only.
_OWN_ONLY = (Role.OPERATOR, Role.VERIFICATION_INSTITUTION)


def visible(caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the query condition that selects the proposals a caller may see."""
    if caller.has(*_OWN_ONLY):
        return col(Proposal.proposed_by) == caller.account_id
    return row_scope.covered(caller, Proposal.bureau)


async def find(
    session: AsyncSession, caller: Caller, proposal_id: str, *, lock: bool = False
) -> Proposal:
    """Returns a proposal by its id or the beginning of its id; `lock` locks its row for a change.

    Raises NotFound if there is none, or an operator or an institution did not make it, and
    NotPermitted outside the caller's scope.
    """
    row = await find_by_id(session, Proposal, proposal_id, visible(caller), lock=lock)
    own = row is not None and row.proposed_by == caller.account_id
    if row is None or (caller.has(*_OWN_ONLY) and not own):
        raise NotFound("没有这项申请", "There is no such proposal", proposal_id=proposal_id)
    if not caller.has(*_OWN_ONLY):
        caller.require_bureau(row.bureau)
    return row
