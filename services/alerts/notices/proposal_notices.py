"""Notices to a bureau about a change that waits for a second person, or that was decided.

A change of an account concerns no bureau: the registry has its administrators mailed.
"""

from __future__ import annotations

from law.separation import Act, Office, release_of
from plumbing.change import Change
from plumbing.events.envelope import Received
from plumbing.newer_tables import known
from protos.registry.v1 import events_pb2 as registry
from protos.registry.v1 import proposals_pb2 as pb
from services.alerts.notices import texts
from services.alerts.notices.answered_requests import tell_owner
from services.alerts.notices.issue import Matter, issue
from services.alerts.notices.texts import Text
from services.alerts.tables import Bureau, NoticeKind

_WHO = {Office.UNIT_HEAD: "单位负责人", Office.CASEWORKER: "办案人员"}
TITLES = {
    "waiting": "变更申请待批准",
    "released": "变更申请已批准",
    "declined": "变更申请未获批准",
}


async def proposal_decided(change: Change, received: Received[registry.ProposalDecided]) -> None:
    """Issues one notice to the bureau for each proposed change, and one for its decision.

    An owner is told how a proposal of its own ended.

    Raises NewerValue for an act that only a newer release knows.
    """
    proposal = received.message.proposal
    of_administrators = release_of(known(Act, proposal.act)).by is Office.ADMINISTRATOR
    await tell_owner(change, proposal)
    bureau = await change.session.get(Bureau, proposal.bureau)
    if bureau is None or of_administrators or proposal.state not in TITLES:
        return
    key = f"proposal/{proposal.proposal_id}/{proposal.state}"
    matter = Matter(f"proposal/{proposal.proposal_id}")
    await issue(change, NoticeKind.PROPOSAL, key, bureau, proposal.bureau, _text(proposal), matter)


def _text(proposal: pb.Proposal) -> Text:
    rule = release_of(Act(proposal.act))
    proposer = proposal.proposed_by_name or f"账号 {proposal.proposed_by}"
    lines = [f"{proposer}提出{rule.zh}。"]
    if proposal.ground:
        lines.append(f"理由：{proposal.ground}")
    if proposal.state == "waiting":
        lines.append(f"尚未作任何变更，须由提出人以外的{_WHO[rule.by]}在平台上批准或退回。")
    else:
        decider = proposal.decided_by_name or f"账号 {proposal.decided_by}"
        lines += [f"决定人：{decider}", f"决定理由：{proposal.reasons}"]
    return Text(f"{TITLES[proposal.state]}：{rule.zh}", texts.body(*lines))
