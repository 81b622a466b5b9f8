"""The acts on circulars: one drafts, a unit head who did not draft issues (S1 12(三); C-42).

What a circular tells is frozen with its draft and compared when it is issued, so that the letter
says what was looked at and what is still true. Every function is one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlmodel import col, select

from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from law.escalation import Step, circular_rule, rung
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.identity import Role
from plumbing.papers.check_code import new_check_code
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import circulars_pb2 as pb
from services.alerts.circulars import letter, of_grades, queries, telling
from services.alerts.circulars.authorities import CITE, uses_of
from services.alerts.circulars.subjects import Public, names_of, require_tellable, require_untold
from services.alerts.circulars.tables import (
    Authority,
    Circular,
    CircularEntry,
    CircularReceiver,
    CircularState,
)
from services.alerts.escalation.steps import stripped
from services.alerts.exposure_lists.tables import (
    EntryState,
    ExposureEntry,
    ExposureList,
    ListState,
)
from services.alerts.notices.issue import contact_of


async def draft(
    change: Change, request: pb.DraftCircularRequest, *, public: Public
) -> pb.DraftCircularResponse:
    """Drafts a circular about public entries of a released list; nobody is told yet.

    Without a list, one about subjects at a grade (`of_grades`). `public` are the grades of the
    subjects of the list as the public is shown them. Raises NotFound, NotPermitted outside the
    caller's scope, InvalidInput for an entry, subject or authority that is not of the list or
    bureau, and WrongState with what speaks against telling of a subject.
    """
    if not request.list_id:
        row, told = await of_grades.draft(change, request.subject_ids)
    else:
        row, told = await _of_list(change, request, public)
    authorities = await _authorities(change, row.bureau, request.authority_ids)
    uses = uses_of(change, row, authorities)
    receivers = [
        _receiver(row, one, place, uses[one.authority_id]) for place, one in enumerate(authorities)
    ]
    if not row.list_id:
        await of_grades.require_untold(change, told, request.authority_ids)
    change.session.add_all([row, *told, *receivers])
    await change.session.flush()
    after = {
        "entries": [one.key for one in told],
        "authorities": [*request.authority_ids],
    }
    _audit(change, row, "draft_circular", after)
    return pb.DraftCircularResponse(circular=await queries.whole(change.session, row, change.today))


async def _of_list(
    change: Change, request: pb.DraftCircularRequest, public: Public
) -> tuple[Circular, list[CircularEntry]]:
    found = await _released(change, request.list_id)
    entries = await _entries(change, found, request.entry_ids)
    await require_tellable(change, entries, public, "entry_ids")
    await require_untold(change, entries, request.authority_ids)
    rule = circular_rule(entries[0].ruleset_id, entries[0].grade, change.today)
    row = Circular(
        circular_id=str(uuid4()),
        bureau=found.bureau,
        list_id=found.list_id,
        list_number=found.number,
        state=CircularState.DRAFTED,
        cite=rule.cite if rule else CITE,
        drafted_by=change.on_behalf_of,
        drafted_at=change.at,
    )
    subjects = await names_of(change.session, entries)
    names = {one.subject_id: one.name for one in subjects.values()}
    return row, [_told(row, entry, names[entry.subject_id]) for entry in entries]


def _told(row: Circular, entry: ExposureEntry, name: str) -> CircularEntry:
    if entry.entry_id is None:
        raise AssertionError("A stored entry has its id")
    return CircularEntry(
        circular_id=row.circular_id,
        entry_id=entry.entry_id,
        subject_id=entry.subject_id,
        subject_name=name,
        statement=entry.statement,
    )


def _receiver(row: Circular, authority: Authority, place: int, uses: list[str]) -> CircularReceiver:
    as_it_is = authority.model_dump(include={"name", "address", "contact", "email"})
    return CircularReceiver(
        circular_id=row.circular_id,
        authority_id=authority.authority_id,
        place=place,
        authority_version=authority.version,
        uses=uses,
        **as_it_is,
    )


async def _released(change: Change, list_id: str) -> ExposureList:
    row = await find_by_id(change.session, ExposureList, list_id)
    if row is None:
        raise NotFound("没有这份名单", "There is no such list", list=list_id)
    change.caller.require_bureau(row.bureau)
    if row.state is not ListState.RELEASED:
        zh, en = "名单公开以后才能通报", "Authorities are told once the list is public"
        raise WrongState(zh, en, cite=CITE, list=row.list_id, state=row.state)
    return row


async def _entries(
    change: Change, found: ExposureList, asked: Sequence[str]
) -> list[ExposureEntry]:
    """The entries that are asked for, in the order of the list; without any, those public."""
    rows = select(ExposureEntry).where(col(ExposureEntry.list_id) == found.list_id)
    of_list = (await change.session.exec(rows.order_by(col(ExposureEntry.entry_id)))).all()
    known = {str(entry.entry_id) for entry in of_list}
    faults = [
        Fault(f"entry_ids[{place}]", "名单中没有这一项", "is no entry of the list")
        for place, one in enumerate(asked)
        if one not in known
    ]
    if faults:
        raise InvalidInput(faults=faults)
    if asked:
        return [entry for entry in of_list if str(entry.entry_id) in asked]
    entries = [entry for entry in of_list if entry.state is EntryState.PUBLIC]
    if not entries:
        raise WrongState("名单中已没有主体", "No subject is left on the list", list=found.list_id)
    return entries


async def _authorities(change: Change, bureau: str, ids: Sequence[str]) -> list[Authority]:
    rows = await change.session.exec(select(Authority).where(col(Authority.authority_id).in_(ids)))
    known = {one.authority_id: one for one in rows}
    faults = list[Fault]()
    for place, authority_id in enumerate(ids):
        field, one = f"authority_ids[{place}]", known.get(authority_id)
        if one is None or one.bureau != bureau:
            zh, en = "不是本机关登记的通报对象", "does not stand in the list of the bureau"
            faults.append(Fault(field, zh, en))
        elif one.retired:
            zh, en = f"{one.name}：已停止通报", f"{one.name}: is told no more"
            faults.append(Fault(field, zh, en))
    if faults:
        raise InvalidInput(faults=faults)
    return [known[authority_id] for authority_id in ids]


async def issue(
    change: Change, request: pb.IssueCircularRequest, *, public: Public
) -> pb.IssueCircularResponse:
    """Issues a draft: it gets its number and code, and is mailed to those with an address.

    Everything is checked again, in its turn with whatever takes entries down. Raises NotPermitted
    for anybody but a unit head who did not draft it, and WrongState for one that is no draft, of
    which a subject or authority has changed since, or against which something speaks.
    """
    await exclusively(change.session, "escalations")
    row = await _draft(change, request.circular_id)
    _require_issuer(change, row)
    told, receivers = await queries.parts_of(change.session, row)
    ids = [one.authority_id for one in receivers]
    if row.list_id:
        entries = await _as_drafted(change, told)
        await require_tellable(change, entries, public, "entries")
        await require_untold(change, entries, ids)
    else:
        await of_grades.require_as_drafted(change, told)
        await of_grades.require_untold(change, told, ids)
    await _require_same_authorities(change, receivers)
    await letter.number(change, row)
    contact = await contact_of(change.session, row.bureau)
    text = letter.write(row, told, receivers, contact, change.today)
    row.title, row.body, row.template = text.title, text.body, text.template
    row.check_code = new_check_code()
    row.state, row.issued_by, row.issued_at = CircularState.ISSUED, change.on_behalf_of, change.at
    change.session.add(row)
    await telling.tell(change, row, told, receivers, contact)
    after = {"number": row.number, "authorities": ids}
    _audit(change, row, "issue_circular", after)
    return pb.IssueCircularResponse(circular=await queries.whole(change.session, row, change.today))


def _require_issuer(change: Change, row: Circular) -> None:
    """Raises NotPermitted unless the caller approves exposures and did not draft the circular."""
    if not change.caller.has(Role(rung(Step.EXPOSURE, change.today).approver)):
        zh, en = "通报由单位负责人签发", "The unit head issues a circular"
        raise NotPermitted(zh, en, cite=CITE)
    if change.on_behalf_of == row.drafted_by:
        zh = "不能签发本人拟的通报，请由另一位单位负责人签发"
        raise NotPermitted(zh, "Somebody else issues what you drafted", cite=f"{CITE}; D-16; C-42")


async def _as_drafted(change: Change, told: Sequence[CircularEntry]) -> list[ExposureEntry]:
    """The entries of a draft; raises WrongState if one would say something else now."""
    entries, faults = [], list[Fault]()
    for place, one in enumerate(told):
        entry = await change.session.get_one(ExposureEntry, one.entry_id)
        entries.append(entry)
        if entry.state is EntryState.PUBLIC and entry.statement != one.statement:
            zh = f"{one.subject_name}：公开的内容在拟稿之后变动，请作废后重新拟稿"
            en = f"{one.subject_name}: its text has changed since; discard this and draft anew"
            faults.append(Fault(f"entries[{place}]", zh, en, cite=CITE))
    if faults:
        zh, en = "有的内容与拟稿时不同", "Some of the text is not what was drafted"
        raise WrongState(zh, en, cite=CITE, faults=faults)
    return entries


async def _require_same_authorities(change: Change, receivers: Sequence[CircularReceiver]) -> None:
    faults = list[Fault]()
    for place, one in enumerate(receivers):
        authority = await change.session.get_one(Authority, one.authority_id)
        if authority.version != one.authority_version:
            zh = f"{one.name}：登记的内容在拟稿之后变动，请作废后重新拟稿"
            en = f"{one.name}: it was changed since; discard this and draft anew"
            faults.append(Fault(f"receivers[{place}]", zh, en))
    if faults:
        zh, en = "有的通报对象与拟稿时不同", "Some authorities are not as drafted"
        raise WrongState(zh, en, cite=CITE, faults=faults)


async def discard(change: Change, request: pb.DiscardCircularRequest) -> pb.DiscardCircularResponse:
    """Discards a draft, with reasons; raises WrongState for any other circular."""
    row = await _draft(change, request.circular_id)
    row.state, row.discard_reasons = CircularState.DISCARDED, stripped("reasons", request.reasons)
    row.discarded_by, row.discarded_at = change.on_behalf_of, change.at
    change.session.add(row)
    _audit(change, row, "discard_circular", {"reasons": row.discard_reasons})
    found = await queries.whole(change.session, row, change.today)
    return pb.DiscardCircularResponse(circular=found)


async def _draft(change: Change, circular_id: str) -> Circular:
    """A circular that waits, locked; raises NotFound, NotPermitted or WrongState."""
    row = await find_by_id(change.session, Circular, circular_id, lock=True)
    if row is None:
        raise NotFound("没有这份通报", "There is no such circular", circular=circular_id)
    change.caller.require_bureau(row.bureau)
    if row.state is not CircularState.DRAFTED:
        zh, en = "通报已经签发或者作废", "The circular was issued or discarded"
        raise WrongState(zh, en, circular=row.circular_id, state=row.state)
    return row


def _audit(change: Change, row: Circular, action: str, after: dict[str, Any]) -> None:
    object_ = f"circular/{row.circular_id}"
    change.audit(action, object_, after=after, ground=row.cite, bureau=row.bureau)
