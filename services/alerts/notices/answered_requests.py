"""Notices to an owner of what became of a change that it asked its bureau for."""

from __future__ import annotations

from functools import partial

from law.separation import Act, release_of
from plumbing.change import Change
from protos.registry.v1 import proposals_pb2 as pb
from services.alerts.notices import english
from services.alerts.notices.issue import Matter, contact_of, issue, known
from services.alerts.notices.listing import named, named_en
from services.alerts.notices.texts import Contact, Text, body
from services.alerts.tables import Instrument, NoticeKind, Subject

_ANSWERS = {
    "released": ("已获批准并生效", "has been released and is in effect"),
    "declined": ("未获批准，登记不变", "was declined; nothing has changed"),
    "withdrawn": ("不再办理", "is not dealt with any more"),
}


async def tell_owner(change: Change, proposal: pb.Proposal) -> None:
    """Tells an owner once how a proposal of its own ended, unless it took the proposal back.

    An owner in review is not told.
    """
    taken_back = proposal.state == "withdrawn" and proposal.decided_by == proposal.proposed_by
    if not proposal.by_owner or proposal.state not in _ANSWERS or taken_back:
        return
    owner = await known(change.session, Subject, proposal.subject_id)
    if owner.unwatched:
        return
    kind, _, identity = proposal.object.partition("/")
    about = f"instrument/{identity.partition('/')[0]}" if kind == "instrument" else ""
    instrument = await change.session.get(Instrument, about.partition("/")[2]) if about else None
    told = (owner.name, proposal, instrument, await contact_of(change.session, owner.bureau))
    key = f"answered/{proposal.proposal_id}/{proposal.state}"
    text, in_english = answered_zh(*told), partial(answered_en, *told)
    await issue(
        change,
        NoticeKind.SUBJECT,
        key,
        owner,
        owner.bureau,
        text,
        Matter(about),
        in_english=in_english,
    )


def answered_zh(
    name: str, proposal: pb.Proposal, instrument: Instrument | None, bureau: Contact
) -> Text:
    """Writes to the subject `name` what became of its proposal, in Chinese."""
    what, answer = release_of(Act(proposal.act)).zh, _ANSWERS[proposal.state][0]
    about = f"（{named(instrument)}）" if instrument else ""
    return Text(
        f"变更申请{answer}：{what}",
        body(
            f"{name}：\n贵单位提出的变更申请“{what}”{about}{answer}。",
            *([f"贵单位的理由：{proposal.ground}"] if proposal.ground else []),
            f"答复：{proposal.reasons}",
            f"有疑问的，请联系{bureau}。",
        ),
    )


def answered_en(
    name: str, proposal: pb.Proposal, instrument: Instrument | None, bureau: Contact
) -> Text:
    """Writes the same in English."""
    what, answer = release_of(Act(proposal.act)).en, _ANSWERS[proposal.state][1]
    about = f" ({named_en(instrument)})" if instrument else ""
    return Text(
        f"Your request {answer}: {what}",
        body(
            f"{name}:\nYour request of {what}{about} {answer}.",
            *([english.as_written("Your ground", proposal.ground)] if proposal.ground else []),
            english.as_written("The answer", proposal.reasons),
            english.questions(bureau),
        ),
    )
