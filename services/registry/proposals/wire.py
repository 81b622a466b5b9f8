"""Converts proposals to messages, with the names of the people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.separation import Act, release_of
from protos.registry.v1 import proposals_pb2 as pb
from services.registry.identity.tables import Account
from services.registry.tables import Proposal

_PLAIN = {
    "proposal_id", "act", "object", "subject_id", "bureau", "state", "ground", "base_version",
    "proposed_by", "decided_by", "reasons", "institution",
}  # fmt: skip


async def proposals(session: AsyncSession, rows: Sequence[Proposal]) -> list[pb.Proposal]:
    """Converts proposals to messages; a person without an account has no name."""
    ids = {account for row in rows for account in (row.proposed_by, row.decided_by)}
    people = await session.exec(select(Account).where(col(Account.account_id).in_(ids)))
    known = {one.account_id: one for one in people}
    return [_message(row, known) for row in rows]


def _message(row: Proposal, people: Mapping[str, Account]) -> pb.Proposal:
    proposer, decider = people.get(row.proposed_by), people.get(row.decided_by)
    rule = release_of(Act(row.act))
    message = pb.Proposal(
        **row.model_dump(include=_PLAIN),
        changes=[pb.ProposedChange(**one) for one in row.changes],
        proposed_by_name=proposer.display_name if proposer else "",
        decided_by_name=decider.display_name if decider else "",
        by_owner=_is_of(proposer, row.subject_id),
        released_by=rule.by,
        cite=rule.cite,
    )
    message.proposed_at.FromDatetime(row.proposed_at)
    if row.decided_at is not None:
        message.decided_at.FromDatetime(row.decided_at)
    return message


def _is_of(account: Account | None, subject_id: str) -> bool:
    return account is not None and bool(subject_id) and account.subject_id == subject_id
