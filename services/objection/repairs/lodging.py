"""Lodging an application for repair: its records, its bureau, and whether it may be lodged."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from law.errors import Fault, InvalidInput
from law.evidence import RecordKind, RecordStatus
from law.objection import REPAIR_CITE, TERM_OF, CaseKind, CaseState, competent_bureau
from law.terms.ledger import start
from law.terms.workdays import edition
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import repair_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.decided_matters import as_lodged
from services.objection.evidence.commands import attach
from services.objection.lodging import open_case, refuse_second_case
from services.objection.numbers import next_number
from services.objection.repairs.conditions import admission, checked, require_admission
from services.objection.repairs.facts import Archive, GradeBasis
from services.objection.repairs.papers import papers_among
from services.objection.repairs.repair_file import RepairFile
from services.objection.schedule import due_on
from services.objection.steps import record_step, required_text
from services.objection.tables import Case

KIND = CaseKind.REPAIR


def check(
    request: pb.CheckRepairRequest, *, basis: GradeBasis, archive: Archive, today: date
) -> pb.CheckRepairResponse:
    """Returns the conditions of an application as if lodged today; stores nothing."""
    records = _chosen(request.record_ids, basis, archive)
    file = _file(bool(request.record_ids), records, basis, archive, today, request.papers)
    answer = admission(file, today)
    return pb.CheckRepairResponse(
        repair=file.message(),
        record_ids=[record.record_id for record in records],
        may_lodge=answer.allowed,
        may_lodge_from=answer.allowed_from.isoformat() if answer.allowed_from else "",
    )


async def lodge(
    change: Change,
    request: pb.LodgeRepairRequest,
    *,
    basis: GradeBasis,
    archive: Archive,
    sector: str,
) -> pb.LodgeRepairResponse:
    """Lodges an application for repair (S4 四(四)). `sector` is that of the subject.

    The term of 15 working days counts from the next day (C-13). A promise or proof that is missing
    may be supplemented later; without them the repair is not confirmed (C-37).

    Raises InvalidInput for records of another subject and records that cannot be repaired. Raises
    WrongState before the day from which the rule text allows an application, and if a record
    already has an open application.
    """
    grounds = required_text("grounds", request.grounds, REPAIR_CITE)
    named = bool(request.record_ids)
    records = _chosen(request.record_ids, basis, archive)
    papers = await papers_among(change, request.evidence_ids)
    file = _file(named, records, basis, archive, change.today, papers)
    require_admission(file, change.today)
    bureau = _bureau(named, records, basis)
    record_ids = [record.record_id for record in records]
    number = await next_number(change, KIND, bureau)
    await refuse_second_case(change, KIND, record_ids)
    term = start(TERM_OF[KIND], change.today, edition())
    case = Case(
        case_id=str(uuid.uuid4()),
        kind=KIND,
        number=number,
        subject_id=request.subject_id,
        sector=sector,
        bureau=bureau,
        record_ids=record_ids,
        records_as_lodged=as_lodged(records),
        state=CaseState.LODGED,
        version=1,
        grounds=grounds,
        evidence=list(request.evidence),
        lodged_by=change.on_behalf_of,
        lodged_at=change.at,
        term=term.to_json(),
        due_on=due_on(term),
        repair=file.model_copy(update={"promise": request.promise.strip()}).model_dump(mode="json"),
    )
    open_case(change, case)
    message = await record_step(
        change, case, "lodge", lambda message: events.RepairLodged(case=message), cite=REPAIR_CITE
    )
    await attach(change, case, request.evidence_ids)
    return pb.LodgeRepairResponse(case=message)


def _file(
    named: bool,
    records: Sequence[Record],
    basis: GradeBasis,
    archive: Archive,
    today: date,
    papers: Sequence[str] = (),
) -> RepairFile:
    file = RepairFile(
        ruleset_id=basis.ruleset_id,
        grade=basis.grade,
        spell_began_on=basis.spell_began_on,
        whole_spell=not named,
        papers=list(papers),
    )
    return checked(file, [record.record_id for record in records], archive, today)


def _chosen(named: Sequence[str], basis: GradeBasis, archive: Archive) -> list[Record]:
    """The records that were named, or those on which the present grade rests."""
    known = {record.record_id: record for record in archive}
    faults = [fault for record_id in named for fault in _faults(record_id, known.get(record_id))]
    ids = named or [record_id for record_id in basis.record_ids if record_id in known]
    if not ids:
        zh, en = "没有可修复的失信信息", "There is no adverse record to be repaired"
        faults.append(Fault("record_ids", zh, en, cite=REPAIR_CITE))
    if faults:
        raise InvalidInput(faults=faults, cite=REPAIR_CITE)
    return [known[record_id] for record_id in ids]


def _faults(record_id: str, record: Record | None) -> list[Fault]:
    if record is None:
        zh, en = "不是该主体的记录", "is not a record of this subject"
    elif RecordKind(record.kind).positive:
        zh, en = "是守信信息，不适用信用修复", "is a good record; there is nothing to repair"
    elif record.status != RecordStatus.ACTIVE:
        zh, en = "已不再有效，无须修复", "is no longer in effect; there is nothing to repair"
    else:
        return []
    return [Fault("record_ids", f"{record_id}{zh}", f"{record_id} {en}", cite=REPAIR_CITE)]


def _bureau(named: bool, records: Sequence[Record], basis: GradeBasis) -> str:
    """The bureau that entered the records; for unnamed records of several, the supervising one."""
    bureaus = sorted({record.bureau for record in records})
    if len(bureaus) == 1:
        return competent_bureau(KIND, bureaus[0], bureaus[0])
    if not named:
        return basis.bureau
    zh, en = "不同机关录入的记录须分别申请修复", "Records of several bureaus need several cases"
    raise InvalidInput(faults=[Fault("record_ids", zh, en, cite=REPAIR_CITE)])
