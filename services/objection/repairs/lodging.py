"""Applying for repair: of which records, to which bureau, and whether it is to be heard at all."""

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
from services.objection import numbering
from services.objection.repairs.conditions import checked, door, require_open
from services.objection.repairs.facts import Archive, Standing
from services.objection.repairs.file import RepairFile
from services.objection.schedule import due_on
from services.objection.steps import put_on_file, required_text
from services.objection.tables import Case

KIND = CaseKind.REPAIR


def check(
    request: pb.CheckRepairRequest, *, standing: Standing, archive: Archive, today: date
) -> pb.CheckRepairResponse:
    """How an application would stand if it were lodged today; nothing is written."""
    records = _chosen(request.record_ids, standing, archive)
    file = _file(bool(request.record_ids), records, standing, archive, today)
    answer = door(file, today)
    return pb.CheckRepairResponse(
        repair=file.message(),
        record_ids=[record.record_id for record in records],
        may_lodge=answer.open,
        may_lodge_from=answer.opens_on.isoformat() if answer.opens_on else "",
    )


async def lodge(
    change: Change, request: pb.LodgeRepairRequest, *, standing: Standing, archive: Archive
) -> pb.LodgeRepairResponse:
    """Applies for repair; from the next day its 15 working days are counted (S4 四(四), C-13).

    Raises InvalidInput for records that are not the subject's or are none to be repaired,
    WrongState before the day from which it may be applied for, and where a record has a case.
    """
    grounds = required_text("grounds", request.grounds, REPAIR_CITE)
    records = _chosen(request.record_ids, standing, archive)
    file = _file(bool(request.record_ids), records, standing, archive, change.today)
    require_open(file, change.today)
    bureau = _bureau(bool(request.record_ids), records, standing)
    record_ids = [record.record_id for record in records]
    number = await numbering.next_number(change, KIND, bureau)
    await numbering.refuse_second_case(change, KIND, record_ids)
    term = start(TERM_OF[KIND], change.today, edition())
    case = Case(
        case_id=str(uuid.uuid4()),
        kind=KIND,
        number=number,
        subject_id=request.subject_id,
        bureau=bureau,
        record_ids=record_ids,
        records_as_lodged=numbering.as_lodged(records),
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
    numbering.open_case(change, case)
    said = await put_on_file(
        change, case, "lodge", lambda c: events.RepairLodged(case=c), cite=REPAIR_CITE
    )
    return pb.LodgeRepairResponse(case=said)


def _file(
    named: bool, records: Sequence[Record], standing: Standing, archive: Archive, today: date
) -> RepairFile:
    file = RepairFile(
        ruleset_id=standing.ruleset_id,
        grade=standing.grade,
        spell_began_on=standing.spell_began_on,
        whole_spell=not named,
    )
    return checked(file, [record.record_id for record in records], archive, today)


def _chosen(wanted: Sequence[str], standing: Standing, archive: Archive) -> list[Record]:
    """The records named, or those on which the present grade rests."""
    known = {record.record_id: record for record in archive}
    faults = [fault for one in wanted for fault in _faults(one, known.get(one))]
    ids = wanted or [one for one in standing.resting_on if one in known]
    if not ids:
        zh, en = "没有可修复的失信信息", "There is no adverse record to be repaired"
        faults.append(Fault("record_ids", zh, en, cite=REPAIR_CITE))
    if faults:
        raise InvalidInput(faults=faults, cite=REPAIR_CITE)
    return [known[one] for one in ids]


def _faults(record_id: str, record: Record | None) -> list[Fault]:
    if record is None:
        zh, en = "不是该主体的记录", "is not a record of this subject"
    elif RecordKind(record.kind).positive:
        zh, en = "是守信信息，不适用信用修复", "is a good record; there is nothing to repair"
    elif record.status != RecordStatus.ACTIVE:
        zh, en = "已不再有效，无须修复", "no longer stands; there is nothing to repair"
    else:
        return []
    return [Fault("record_ids", f"{record_id}{zh}", f"{record_id} {en}", cite=REPAIR_CITE)]


def _bureau(named: bool, records: Sequence[Record], standing: Standing) -> str:
    """The bureau that recorded it; of a spell resting on several, the supervising one (R-034)."""
    bureaus = sorted({record.bureau for record in records})
    if len(bureaus) == 1:
        return competent_bureau(KIND, bureaus[0], bureaus[0])
    if not named:
        return standing.bureau
    zh, en = "不同机关录入的记录须分别申请修复", "Records of several bureaus need several cases"
    raise InvalidInput(faults=[Fault("record_ids", zh, en, cite=REPAIR_CITE)])
