"""The deregistration of a subject (注销), and its end by a new act.

A deregistered subject stays on file with its records, grades and cases. Its instruments are warned
of no more; cases and orders that are open go on to their end.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from law.errors import WrongState
from law.separation import Act
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import lives_pb2 as pb
from services.registry import wire
from services.registry.announce_changes import Cause, save_subjects
from services.registry.commands.targets import find_subject, require_version
from services.registry.lives.acts import day_of, require_seen, write_act
from services.registry.lives.tables import LifeAct
from services.registry.orders.tables import UNENDED, Order
from services.registry.proposals.propose import Proposed, object_id, propose
from services.registry.tables import Proposal, Subject


async def deregister_subject(
    change: Change, request: pb.DeregisterSubjectRequest
) -> pb.DeregisterSubjectResponse:
    """Proposes to mark a subject as deregistered, which ends its red alerts (S1 20).

    Raises NotFound, NotPermitted outside the caller's scope, InvalidInput for a day after today,
    and WrongState if it is deregistered already or the version is not the present one.
    """
    row = await find_subject(change, request.subject_id)
    require_seen(row, request.version)
    _require_registered(row)
    day = day_of(change, request.on)
    what = Proposed(
        act=Act.DEREGISTER_SUBJECT,
        object=f"subject/{row.subject_id}",
        version=row.version,
        bureau=row.bureau,
        ground=request.ground,
        before={},
        after={"deregistered_on": day, "name": row.name},
        subject_id=row.subject_id,
    )
    proposal = await propose(change, request, what)
    return pb.DeregisterSubjectResponse(
        proposal=proposal, open_orders=await _open_orders(change, row)
    )


async def release_deregistration(
    change: Change, request: pb.DeregisterSubjectRequest, proposal: Proposal
) -> None:
    """Marks a subject as deregistered, as a second person releases it."""
    row = await find_subject(change, object_id(proposal))
    require_version(row.version, proposal.base_version)
    _require_registered(row)
    before, day = row.model_dump(mode="json"), day_of(change, request.on)
    cause = Cause(events.CAUSE_DEREGISTERED, request.ground)
    row.deregistered_on, row.deregistration_ground = day, request.ground
    await save_subjects(change, [row], cause)
    await write_act(change, row, LifeAct.DEREGISTERED, cause, day=day)
    _audit(change, "deregister_subject", row, before, request.ground)


async def reinstate_subject(
    change: Change, request: pb.ReinstateSubjectRequest
) -> pb.ReinstateSubjectResponse:
    """Ends the mark that a subject is deregistered; its instruments are watched again.

    Raises NotFound, NotPermitted outside the caller's scope, and WrongState if it is not
    deregistered or the version is not the present one.
    """
    row = await find_subject(change, request.subject_id)
    require_seen(row, request.version)
    if row.deregistered_on is None:
        raise WrongState("该主体未注销", "The subject is not deregistered")
    before = row.model_dump(mode="json")
    cause = Cause(events.CAUSE_REINSTATED, request.ground)
    row.deregistered_on, row.deregistration_ground = None, ""
    await save_subjects(change, [row], cause)
    await write_act(change, row, LifeAct.REINSTATED, cause)
    _audit(change, "reinstate_subject", row, before, request.ground)
    return pb.ReinstateSubjectResponse(subject=wire.subject(row))


def _require_registered(row: Subject) -> None:
    if row.deregistered_on is not None:
        raise WrongState(
            f"该主体已于 {row.deregistered_on} 注销",
            f"The subject is deregistered since {row.deregistered_on}",
        )


async def _open_orders(change: Change, row: Subject) -> int:
    rows = sa.select(sa.func.count()).where(
        col(Order.subject_id) == row.subject_id, sa.text(UNENDED)
    )
    return int((await (await change.session.connection()).execute(rows)).scalar_one())


def _audit(
    change: Change, action: str, row: Subject, before: dict[str, object], ground: str
) -> None:
    after = row.model_dump(mode="json")
    change.audit(action, f"subject/{row.subject_id}", before=before, after=after, ground=ground)
