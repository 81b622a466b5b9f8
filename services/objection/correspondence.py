"""Gathering the facts of a letter from the case and the neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import CaseKind, CaseState, Outcome
from law.periods import local_day
from protos.registry.v1.registry_pb2 import Bureau
from services.objection.clients import Neighbours
from services.objection.corrections import correction_zh
from services.objection.letters import (
    GradeFacts,
    LetterFacts,
    LetterText,
    Office,
    RecordFacts,
    decision_letter,
    declined_letter,
)
from services.objection.repairs import letters as repairs
from services.objection.repairs.file import RepairFile
from services.objection.tables import Case


async def letter_of(case: Case, neighbours: Neighbours, today: date) -> LetterText:
    """The letter due in a case that was decided or declined."""
    facts = await facts_of(case, neighbours, case.decided_by, today)
    if case.kind is CaseKind.REPAIR:
        return await _repair_letter(case, facts, neighbours)
    if case.state is CaseState.DECLINED or case.outcome is None:
        return declined_letter(facts)
    return decision_letter(facts, case.outcome, *await _grades(case, neighbours))


async def _repair_letter(case: Case, facts: LetterFacts, neighbours: Neighbours) -> LetterText:
    file = RepairFile.model_validate(case.repair)
    if case.outcome is Outcome.CONFIRM_REPAIR:
        return repairs.confirmed_letter(facts, file, *await _grades(case, neighbours))
    if case.outcome is Outcome.DECLINE_REPAIR:
        return repairs.refused_letter(facts, file)
    return repairs.declined_letter(facts, file)


async def _grades(case: Case, neighbours: Neighbours) -> tuple[GradeFacts, GradeFacts]:
    before = await neighbours.explanation(case.receipt_before, case.decided_by)
    after = await neighbours.explanation(case.receipt_after, case.decided_by)
    return (
        GradeFacts(case.grade_before or "", case.receipt_before, before),
        GradeFacts(case.grade_after or "", case.receipt_after, after),
    )


async def facts_of(case: Case, neighbours: Neighbours, behalf: str, today: date) -> LetterFacts:
    """What every letter of a case rests on."""
    subject = await neighbours.subject(case.subject_id, behalf)
    bureaus = await neighbours.bureaus()
    corrections = {c["record_id"]: correction_zh(c) for c in case.corrections}
    return LetterFacts(
        subject=subject.name,
        number=case.number,
        lodged_on=local_day(case.lodged_at),
        records=[
            RecordFacts(
                kind_name(RecordKind(said["kind"]), "zh"),
                said["summary"],
                said["source_ref"],
                date.fromisoformat(said["determined_on"]),
                corrections.get(said["record_id"], ()),
            )
            for said in case.records_as_lodged
        ],
        reasons=case.reasons,
        office=_office(case.bureau, bureaus),
        municipal=_office(municipal_of(case.bureau, bureaus), bureaus),
        on=today,
    )


def municipal_of(bureau: str, bureaus: Mapping[str, Bureau]) -> str:
    """The bureau of the city that a bureau belongs to; itself where there is none above it.

    GB/T 2260: a city is four digits and 00, a municipality two digits and 0000.
    """
    above = (f"{bureau[:4]}00", f"{bureau[:2]}0000")
    return next((code for code in above if code in bureaus), bureau)


def _office(code: str, bureaus: Mapping[str, Bureau]) -> Office:
    found = bureaus.get(code)
    if found is None:
        return Office(f"市场监督管理局（{code}）")
    return Office(found.name, found.department, found.phone, found.email)
