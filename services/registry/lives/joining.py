"""Joins two subjects of whatever bureaus, as the list of twins finds them."""

from __future__ import annotations

from law.errors import Fault, InvalidInput, NotFound, NotPermitted
from law.separation import Act
from plumbing.change import Change
from protos.registry.v1 import lives_pb2 as pb
from services.registry import lookup
from services.registry.commands.targets import require_version
from services.registry.lives.acts import require_seen
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.sameness.subject_joining import join_subjects
from services.registry.tables import Proposal, Subject


async def join(change: Change, request: pb.JoinSubjectsRequest) -> pb.JoinSubjectsResponse:
    """Proposes to join a subject to the one that stays (S1 20).

    Where the caller's scope covers one of the two bureaus only, the head of the other bureau
    releases it, so both agree. Raises InvalidInput for one subject given twice, NotFound,
    NotPermitted if neither is in the caller's scope, and WrongState for a version that is not the
    present one.
    """
    kept, joined = [await named_by(change, one) for one in (request.kept_id, request.joined_id)]
    kept, joined = await both(change, kept.subject_id, joined.subject_id)
    covered = [one for one in (kept, joined) if change.caller.covers(one.bureau)]
    if not covered:
        zh, en = "两个主体都不在您的管辖范围内", "Neither subject is in your scope"
        raise NotPermitted(zh, en)
    require_seen(kept, request.kept_version)
    require_seen(joined, request.joined_version)
    exact = pb.JoinSubjectsRequest()  # so that it is released as it was when proposed
    exact.CopyFrom(request)
    exact.kept_id, exact.kept_version = kept.subject_id, kept.version
    what = Proposed(
        act=Act.JOIN_SUBJECTS,
        object=f"subject/{joined.subject_id}",
        version=joined.version,
        bureau=_releasing(change, kept, joined),
        ground=request.ground,
        before={},
        after={"kept": _named(kept), "joined": _named(joined)},
        subject_id=kept.subject_id,
    )
    return pb.JoinSubjectsResponse(proposal=await propose(change, exact, what))


async def release_joining(
    change: Change, request: pb.JoinSubjectsRequest, proposal: Proposal
) -> None:
    """Joins what a second person releases; both must be as they were when it was proposed."""
    kept, joined = await both(change, request.kept_id, object_id(proposal))
    require_version(kept.version, request.kept_version)
    require_version(joined.version, proposal.base_version)
    await join_subjects(change, kept, joined, request.ground)


def _releasing(change: Change, kept: Subject, joined: Subject) -> str:
    """The bureau whose head releases a joining: the other one, or one that covers both."""
    others = [one.bureau for one in (kept, joined) if not change.caller.covers(one.bureau)]
    if others:
        return others[0]
    return kept.bureau if kept.bureau == joined.bureau else change.caller.bureau


async def named_by(change: Change, given: str) -> Subject:
    """Returns the subject with this id, credit code or name. Raises NotFound."""
    row = await lookup.subject(change, given)
    if row is None:
        raise _no_subject(given)
    return row


async def both(
    change: Change, kept_id: str, joined_id: str, field: str = "joined_id"
) -> tuple[Subject, Subject]:
    """Reads two subjects. Raises NotFound, and InvalidInput for `field` if they are one."""
    if kept_id == joined_id:
        zh, en = "两方是同一个主体", "both sides are one subject"
        raise InvalidInput(faults=[Fault(field, zh, en)])
    # In one order, so that two joinings of the same subjects do not wait for each other.
    rows = {one: await _subject(change, one) for one in sorted((kept_id, joined_id))}
    return rows[kept_id], rows[joined_id]


async def _subject(change: Change, subject_id: str) -> Subject:
    row = await change.session.get(Subject, subject_id, with_for_update=True)
    if row is None or row.removed:
        raise _no_subject(subject_id)
    return row


def _no_subject(given: str) -> NotFound:
    return NotFound("没有该信用主体", "There is no such subject", subject_id=given)


def _named(one: Subject) -> str:
    return f"{one.name} {one.credit_code}（{one.bureau}，{one.subject_id[:8]}）"
