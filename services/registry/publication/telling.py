"""Tells subjects of adverse records: asks for notices, and notes who was told when (S1 19)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlmodel import col, select

from law.disclosure.publication import PublicationState
from law.errors import Fault, WrongState
from law.evidence import RecordStatus
from plumbing.change import Change
from plumbing.clock import local_date
from plumbing.events.envelope import Received
from protos.alerts.v1.events_pb2 import SubjectTold
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import publication_pb2 as pb
from services.registry import wire as register
from services.registry.announce_changes import announce_publications
from services.registry.commands.targets import find_record, refuse_any, require_version
from services.registry.publication import wire
from services.registry.publication.reviewers import require_reviewer
from services.registry.publication.standing import content_of, decisions
from services.registry.publication.tables import Manner, Means, Telling
from services.registry.publication.told import is_told, is_untold, tellings
from services.registry.publication.window import set_window
from services.registry.tables import Record, RecordVersion, Subject
from services.registry.validation import reader_of


@dataclass(frozen=True)
class Told:
    """When and how a subject was told; `noted_by` is who says so, empty for a notice."""

    told_on: date
    manner: Manner
    notice_id: str = ""
    noted_by: str = ""
    remark: str = ""
    means: Means | None = None


async def note(change: Change, record: Record, told: Told) -> None:
    """Notes that the subject was told of a record as it stands.

    What a notice proves counts before anybody's word; of several notices the first day counts, of
    several words the last. If the record is released and not yet public, its window runs from the
    day that counts.
    """
    row = (await tellings(change.session, [record.record_id], lock=True)).get(record.record_id)
    if is_told(record, row) and row is not None and not _counts_before(told, row):
        return
    row = row or Telling(record_id=record.record_id)
    row.sqlmodel_update({**asdict(told), "content": content_of(record)})
    change.session.add(row)
    owner = await change.session.get_one(Subject, record.subject_id)
    await change.session.flush()
    await _run_window(change, record, owner, row)
    after = row.model_dump(mode="json")
    change.audit("tell_subject", f"record/{record.record_id}", after=after, bureau=owner.bureau)
    await change.session.flush()


def _counts_before(told: Told, row: Telling) -> bool:
    by_hand = told.manner is Manner.BY_HAND, row.manner is Manner.BY_HAND
    if any(by_hand):
        return by_hand[1]
    return row.told_on is None or told.told_on < row.told_on


async def _run_window(change: Change, record: Record, owner: Subject, told: Telling) -> None:
    row = (await decisions(change.session, [record.record_id], lock=True)).get(record.record_id)
    if row is None or row.state is not PublicationState.RELEASED:
        return
    if row.awaits_telling or (row.public_from and change.today < row.public_from):
        await set_window(change, row, record, owner, told)
        await announce_publications(change, [(record, row)])


async def subject_told(change: Change, received: Received[SubjectTold]) -> None:
    """Notes that a notice has told the subject; a record that has changed since is not noted."""
    event, session = received.message, change.session
    locked = select(Record).where(col(Record.record_id) == event.record_id).with_for_update()
    record = (await session.exec(locked)).first()
    told_of = await session.get(RecordVersion, (event.record_id, event.version))
    if record is None or told_of is None:
        return
    if content_of(Record.model_validate(told_of.state)) != content_of(record):
        return
    on = local_date(event.at.ToDatetime(change.at.tzinfo))
    await note(change, record, Told(on, Manner(event.how), notice_id=event.notice_id))


async def tell_subjects(change: Change, request: pb.TellSubjectsRequest) -> pb.TellSubjectsResponse:
    """Asks for a notice to the subject of each of these records; what was told is left alone.

    Raises NotFound for an unknown record, NotPermitted outside the caller's scope, and WrongState
    for a record of good conduct, one no longer in force, and a subject in review.
    """
    told = []
    for record_id in sorted(set(request.record_ids)):
        record = await find_record(change, record_id)
        owner = await change.session.get_one(Subject, record.subject_id)
        await _ask(change, record, owner)
        told.append((record, owner))
    await change.session.flush()
    return pb.TellSubjectsResponse(publications=await wire.publications(change, told))


async def _ask(change: Change, record: Record, owner: Subject) -> None:
    row = (await tellings(change.session, [record.record_id], lock=True)).get(record.record_id)
    if is_told(record, row):
        return
    _require_owed(record, row)
    if owner.in_review:
        zh, en = "该主体待核实，核实后才能告知", "The subject is in review; it is told afterwards"
        raise WrongState(zh, en, subject_id=owner.subject_id)
    row = row or Telling(record_id=record.record_id)
    row.asked_at = change.at
    change.session.add(row)
    change.audit("ask_telling", f"record/{record.record_id}", bureau=owner.bureau)
    event = events.TellingAsked(record=register.record(record))
    await change.announce(event, aggregate=f"subject/{owner.subject_id}", bureau=owner.bureau)


async def record_telling(
    change: Change, request: pb.RecordTellingRequest
) -> pb.RecordTellingResponse:
    """Records that a subject was told of a record by hand; whoever wrote the record may not.

    Raises InvalidInput for a day before the determination or after today, and for an unknown manner
    of service; NotPermitted outside the caller's scope, without the role of a reviewer and for the
    record's authors; WrongState for a record of good conduct, one that has changed or is no longer
    in force, one of which a notice has proved the telling, and one that is public with its day of
    telling. Until then a wrong day may be corrected.
    """
    record = await find_record(change, request.record_id)
    require_reviewer(change, record)
    require_version(record.version, request.version)
    row = (await tellings(change.session, [record.record_id])).get(record.record_id)
    if not is_told(record, row):
        _require_owed(record, row)
    _refuse_proved(record, row)
    await _refuse_public(change, record, row)
    await note(change, record, _by_hand(change, record, request))
    owner = await change.session.get_one(Subject, record.subject_id)
    [message] = await wire.publications(change, [(record, owner)])
    return pb.RecordTellingResponse(publication=message)


def _by_hand(change: Change, record: Record, request: pb.RecordTellingRequest) -> Told:
    """Returns a telling by hand on the caller's word, from the determination to today."""
    faults: list[Fault] = []
    day = reader_of(request, "", faults).day("told_on")
    if not faults and not record.determined_on <= day <= change.today:
        zh, en = "告知日期应在认定之日和今天之间", "must be from the determination to today"
        faults.append(Fault("told_on", zh, en))
    if request.means not in list(Means):
        faults.append(Fault("means", "请选择送达方式", "choose the manner of service"))
    if not request.remark.strip():
        zh, en = "请写明凭据，例如送达回证编号", "name the proof, such as the receipt of service"
        faults.append(Fault("remark", zh, en))
    refuse_any(faults)
    means, remark = Means(request.means), request.remark.strip()
    return Told(day, Manner.BY_HAND, noted_by=change.on_behalf_of, remark=remark, means=means)


def _refuse_proved(record: Record, row: Telling | None) -> None:
    if row is not None and is_told(record, row) and row.manner is not Manner.BY_HAND:
        zh = f"平台的通知已于{row.told_on}送达主体，以该日为准"
        en = f"The platform's notice reached the subject on {row.told_on}, and that day counts"
        raise WrongState(zh, en, cite="S1 19", record_id=record.record_id)


async def _refuse_public(change: Change, record: Record, row: Telling | None) -> None:
    review = (await decisions(change.session, [record.record_id])).get(record.record_id)
    if row is None or review is None or review.public_from is None:
        return
    begun = review.public_from <= change.today and not review.awaits_telling
    if begun and is_told(record, row):
        zh = f"信息已按{row.told_on}告知的日期公开，告知日期不能再改"
        en = f"The record is public after a telling on {row.told_on}, which no longer changes"
        raise WrongState(zh, en, cite="S1 19", record_id=record.record_id)


def _require_owed(record: Record, row: Telling | None) -> None:
    if not is_untold(record, row):
        zh, en = "只有有效的失信信息须告知主体", "Only an adverse record in force is told"
        raise WrongState(zh, en, record_id=record.record_id, status=RecordStatus(record.status))
