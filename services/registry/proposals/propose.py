"""Files a change as a proposal, so that a second person releases it before it takes effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message
from sqlmodel import select

from law.errors import WrongState
from law.separation import Act, release_of
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import proposals_pb2 as pb
from services.registry.institutions import wire as institutions
from services.registry.institutions.reporting import own_institution, sender
from services.registry.institutions.tables import Institution
from services.registry.proposals import wire
from services.registry.tables import Proposal

WAITING, RELEASED, DECLINED, WITHDRAWN = "waiting", "released", "declined", "withdrawn"


@dataclass(frozen=True)
class Proposed:
    """What a proposal changes: the object with its version, and its content before and after.

    `proposed_by` is who proposes it, if not the person who makes the change; `basis` is the digest
    of what a release depends on, if that is less than the whole object.
    """

    act: Act
    object: str
    version: int
    bureau: str
    ground: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    subject_id: str = ""
    proposed_by: str = ""
    basis: str = ""


async def propose(change: Change, request: Message, what: Proposed) -> pb.Proposal:
    """Files a request as a proposal that waits for a second person, and announces it (S1 20).

    Raises WrongState if another proposal about the same object waits already.
    """
    await _require_alone(change, what.object)
    proposed_by = what.proposed_by or change.on_behalf_of
    proposer = await sender(change.session, proposed_by)
    row = Proposal(
        proposal_id=uuid4().hex,
        act=what.act,
        request_type=request.DESCRIPTOR.full_name,
        request=request.SerializeToString(),
        object=what.object,
        subject_id=what.subject_id,
        bureau=what.bureau,
        state=WAITING,
        ground=what.ground,
        changes=differences(what.before, what.after),
        base_version=what.version,
        basis=what.basis,
        proposed_by=proposed_by,
        proposed_at=change.at,
        institution=await own_institution(change.session, proposer),
    )
    change.session.add(row)
    return await tell(change, row, "propose_change", ground=what.ground)


def object_id(proposal: Proposal) -> str:
    """Returns the full id of what a proposal changes; its request may have the beginning only."""
    return proposal.object.split("/")[1]


def details_of(object_: str) -> str:
    """Returns the name of the details of an object, about which a proposal of its own may wait."""
    return f"{object_}/details"


def request_about(object_: str) -> str:
    """Returns the name of what its owner asks for about an object, which waits beside others."""
    return f"{object_}/request"


async def tell(change: Change, row: Proposal, action: str, *, ground: str) -> pb.Proposal:
    """Audits and announces the present state of a proposal; returns it as a message."""
    object_ = f"proposal/{row.proposal_id}"
    after = row.model_dump(mode="json", exclude={"request"})
    change.audit(action, object_, after=after, ground=ground)
    [message] = await wire.proposals(change.session, [row])
    event = events.ProposalDecided(proposal=message)
    named = select(Institution).where(Institution.name == row.institution)
    if row.institution and (institution := (await change.session.exec(named)).first()):
        event.institution.CopyFrom(institutions.institution(institution))
    await change.announce(event, aggregate=object_, bureau=row.bureau)
    return message


async def end_waiting(change: Change, object_: str, reasons: str) -> None:
    """Ends the proposal that waits about an object, if any, because it has no object any more."""
    if row := await waiting(change, object_):
        row.state, row.reasons = WITHDRAWN, reasons
        row.decided_by, row.decided_at = change.on_behalf_of, change.at
        await tell(change, row, "withdraw_change", ground=reasons)


async def waiting(change: Change, object_: str) -> Proposal | None:
    """Returns the proposal about an object that waits for a second person, if any."""
    same = select(Proposal).where(Proposal.object == object_, Proposal.state == WAITING)
    return (await change.session.exec(same.with_for_update())).first()


async def _require_alone(change: Change, object_: str) -> None:
    if row := await waiting(change, object_):
        zh = release_of(Act(row.act)).zh if row.act in {*Act} else row.act  # one of a newer release
        raise WrongState(
            f"已有一项申请待批准（{zh}，{row.proposal_id}），请先办结",
            f"A proposal about it waits already: {row.proposal_id}",
            proposal=row.proposal_id,
        )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """Returns the fields that differ, with their values before and after as text."""
    return [
        {"field": name, "before": _text(before.get(name)), "after": _text(value)}
        for name, value in after.items()
        if value != before.get(name)
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
