"""Notes which records of a case were public before its decision is carried out, and tells after it.

What is no longer public cannot be asked for afterwards; so the first half runs before the register
changes. Both may run again: the first adds what lacks, the second changes what was not told.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlmodel import select

from law.disclosure.publication import announced_until, announcement_rule
from law.objection import Outcome
from plumbing.change import Change
from plumbing.papers.day_names import day_zh
from protos.registry.v1.registry_pb2 import DisclosedRecord
from services.objection.effects import EFFECTS_ZH, effects_of
from services.objection.publicity.tables import NOT_YET, PublicChange
from services.objection.steps import aggregate_of, decision_cite, locked_case
from services.objection.tables import Case, CaseStep

PUBLISHED = "publish_changes"  # the step of a case


async def note_public(change: Change, case_id: str, disclosed: Sequence[DisclosedRecord]) -> None:
    """Notes which records of a case, that its decision is to change, the public is shown now."""
    case = await locked_case(change, case_id)
    effects = effects_of(case)
    of_case = select(PublicChange.record_id).where(PublicChange.case_id == case.case_id)
    known = set((await change.session.exec(of_case)).all())
    for one in disclosed:
        record = one.record
        if record.record_id not in effects or record.record_id in known:
            continue
        change.session.add(
            PublicChange(
                change_id=str(uuid.uuid4()),
                case_id=case.case_id,
                record_id=record.record_id,
                subject_id=record.subject_id,
                subject_name=one.subject_name,
                bureau=case.bureau,
                kind=record.kind,
                source_ref=record.source_ref,
                change=effects[record.record_id],
            )
        )


async def publish(change: Change, case_id: str) -> None:
    """Tells the public of the changes of a carried-out case, and announces its repairs (S3 21).

    The step stands in the case. Does nothing where no record was public.
    """
    case = await locked_case(change, case_id)
    noted = select(PublicChange).where(
        PublicChange.case_id == case.case_id, PublicChange.changed_on == NOT_YET
    )
    rows = (await change.session.exec(noted.order_by(PublicChange.record_id))).all()
    if not rows:
        return
    rule = announcement_rule(change.today)
    for row in rows:
        row.changed_on = change.today
        if row.change == Outcome.CONFIRM_REPAIR:
            row.announced_until = announced_until(change.today)
            row.cite, row.example = rule.cite, rule.example
        change.session.add(row)
    _note(change, case, rows)


def _note(change: Change, case: Case, rows: Sequence[PublicChange]) -> None:
    announced = [row for row in rows if row.change == Outcome.CONFIRM_REPAIR]
    note = "；".join(f"{row.source_ref}：{EFFECTS_ZH[Outcome(row.change)]}" for row in rows)
    cite = decision_cite(case)
    if announced:
        example = "，天数为示例值" if announced[0].example else ""
        last = day_zh(announced[0].announced_until)
        note += f"；修复在原公开的地方公布至{last}{example}，期满撤下"
        cite = announced[0].cite
    change.session.add(
        CaseStep(
            case_id=case.case_id,
            step=PUBLISHED,
            at=change.at,
            actor=change.on_behalf_of,
            cite=cite,
            note=note,
        )
    )
    after = {"records": [row.record_id for row in rows]}
    change.audit(
        f"{case.kind}.publish_changes",
        aggregate_of(case),
        after=after,
        ground=cite,
        bureau=case.bureau,
    )
