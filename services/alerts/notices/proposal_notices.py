"""Notices to a bureau about a change that waits for a second person, or that was decided.

An institution hears what became of a change that was proposed for it, by mail. A change of an
account concerns no bureau: the registry has its administrators mailed.
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
from services.alerts.notices.english import as_written
from services.alerts.notices.issue import Matter, issue, office_of
from services.alerts.notices.listing import named, named_en
from services.alerts.notices.texts import Text
from services.alerts.notices.to_institutions import InBoth, issue_to_institution, stored
from services.alerts.tables import Instrument, NoticeKind

_WHO = {Office.UNIT_HEAD: "单位负责人", Office.CASEWORKER: "办案人员"}
TITLES = {
    "waiting": "变更申请待批准",
    "released": "变更申请已批准",
    "declined": "变更申请未获批准",
}
_DECIDED = {
    "released": ("提请已批准", "Released"),
    "declined": ("提请未获批准", "Declined"),
}
_DETAILS = {
    "owner_no": ("单位自编号", "The owner's number"),
    "measuring_range": ("测量范围", "Measuring range"),
    "accuracy_class": ("准确度等级", "Accuracy class"),
}
# What follows for the institution.
_EFFECTS = {
    (Act.CORRECT_INSTRUMENT, "released"): (
        "器具的登记已按证书更正。",
        "The register has been corrected by the certificate.",
    ),
    (Act.CORRECT_INSTRUMENT, "declined"): (
        "器具的登记没有更改。请核对证书，证书有误的请更正证书。",
        "The register stays as it was. Check the certificate, and correct it if it is wrong.",
    ),
    (Act.EXCEED_CYCLE, "released"): (
        "检定结果已经登记。",
        "The result of the verification is on file.",
    ),
    (Act.EXCEED_CYCLE, "declined"): (
        "检定结果没有登记。请核对有效期，更正后重新报送。",
        "The result is not on file. Check its last valid day, and report it again.",
    ),
}


async def proposal_decided(change: Change, received: Received[registry.ProposalDecided]) -> None:
    """Issues one notice to the bureau for each proposed change, and one for its decision.

    An owner is told how a proposal of its own ended.

    Raises NewerValue for an act that only a newer release knows, and TryLater for a bureau that is
    not known here yet.
    """
    proposal = received.message.proposal
    of_administrators = release_of(known(Act, proposal.act)).by is Office.ADMINISTRATOR
    await tell_owner(change, proposal)
    if of_administrators or proposal.state not in TITLES:
        return
    bureau = await office_of(change.session, proposal.bureau)
    if bureau is None:
        return
    key = f"proposal/{proposal.proposal_id}/{proposal.state}"
    matter = Matter(f"proposal/{proposal.proposal_id}")
    await issue(change, NoticeKind.PROPOSAL, key, bureau, proposal.bureau, _text(proposal), matter)
    if proposal.state in _DECIDED and received.message.HasField("institution"):
        await _tell_institution(change, received.message, bureau.name)


async def _tell_institution(change: Change, event: registry.ProposalDecided, office: str) -> None:
    proposal, institution = event.proposal, await stored(change, event.institution)
    thing, _, identity = proposal.object.partition("/")
    instrument = None
    if thing == "instrument":
        instrument = await change.session.get(Instrument, identity.partition("/")[0])
    about = f"proposal/{proposal.proposal_id}"
    written = to_institution(event, office, instrument)
    await issue_to_institution(
        change, f"{about}/{proposal.state}", institution, written, Matter(about)
    )


def to_institution(
    event: registry.ProposalDecided, office: str, instrument: Instrument | None
) -> InBoth:
    """Writes what became of a change that was proposed for an institution, in both languages."""
    proposal, name = event.proposal, event.institution.name
    act = Act(proposal.act)
    rule, (zh, en) = release_of(act), _DECIDED[proposal.state]
    effect, effect_en = _EFFECTS.get((act, proposal.state), ("", ""))
    in_chinese = texts.body(
        f"{name}：\n{office}对贵机构提请的“{rule.zh}”作出了决定：{zh}。",
        *([f"器具：{named(instrument)}"] if instrument else []),
        *([f"提请的理由：{proposal.ground}"] if proposal.ground else []),
        *_differences(proposal, "{0}：登记的是 {1}，证书上是 {2}", 0),
        f"决定的理由：{proposal.reasons}",
        *([effect] if effect else []),
    )
    in_english = texts.body(
        f"{name}:\n{en} by {office}: {rule.en}.",
        *([f"Instrument: {named_en(instrument)}"] if instrument else []),
        *([as_written("Why it was proposed", proposal.ground)] if proposal.ground else []),
        *_differences(proposal, "{0}: {1} on file, {2} in the certificate", 1),
        as_written("Why it was decided so", proposal.reasons),
        *([effect_en] if effect_en else []),
    )
    return Text(f"{zh}：{rule.zh}", in_chinese), Text(f"{en}: {rule.en}", in_english)


def _differences(proposal: pb.Proposal, sentence: str, language: int) -> list[str]:
    """What a correction by a certificate changes; `language` is 0 for Chinese and 1 for English."""
    return [
        sentence.format(_DETAILS[one.field][language], one.before, one.after)
        for one in proposal.changes
        if proposal.act == Act.CORRECT_INSTRUMENT and one.field in _DETAILS
    ]


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
