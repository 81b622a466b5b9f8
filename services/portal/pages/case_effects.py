"""What each decision of a case would do to the grade of its subject, shown before it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import grpc

from law.objection import Outcome
from plumbing.client import Refusal, ask
from protos.grading.v1 import assessments_pb2 as assessments
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.case_items import outcomes_for
from services.portal.visit import Visit, message_of

_ENDS = {Outcome.DELETE: "withdrawn", Outcome.CONFIRM_REPAIR: "repaired"}
_NOT_COMPUTED = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


@dataclass(frozen=True)
class Effect:
    """The effect of a decision on a grade.

    `answer` is the computation, None if the decision changes no record that counts. `reason` says
    why the effect could not be computed; it is empty if it was.
    """

    answer: assessments.WhatIfResponse | None = None
    reason: str = ""


@dataclass(frozen=True)
class Foreseen:
    """A possible outcome of a case with its effect.

    `effect` is None if the effect depends on what the decision corrects.
    """

    outcome: Outcome
    effect: Effect | None


async def foresee(
    visit: Visit, case: pb.Case, records: Sequence[registry.Record]
) -> list[Foreseen]:
    """Computes the effect of every outcome that the law allows for a case."""

    async def one(outcome: Outcome) -> Foreseen:
        if outcome is Outcome.CORRECT:
            return Foreseen(outcome, None)
        of_records = {record.record_id: outcome for record in records}
        return Foreseen(outcome, await effect_of(visit, case, of_records, records))

    for_all = [outcome for outcome in outcomes_for(case) if outcome is not Outcome.BY_ITEM]
    return list(await asyncio.gather(*map(one, for_all)))


async def effect_of(
    visit: Visit,
    case: pb.Case,
    outcomes: Mapping[str, Outcome],
    records: Sequence[registry.Record],
    corrections: Sequence[pb.Correction] = (),
) -> Effect:
    """Computes what a decision on `records` would do to the grade of the case's subject.

    `outcomes` are those of the records, by their ids.
    """
    changes = _changes(outcomes, records, corrections)
    if not changes:
        return Effect()
    request = assessments.WhatIfRequest(subject_id=case.subject_id, changes=changes)
    try:
        return Effect(await ask(visit.services.assessments.WhatIf(request)))
    except Refusal as refusal:
        if refusal.code not in _NOT_COMPUTED:
            raise
        return Effect(reason=message_of(refusal, visit.language))


def _changes(
    outcomes: Mapping[str, Outcome],
    records: Sequence[registry.Record],
    corrections: Sequence[pb.Correction],
) -> list[assessments.Hypothesis]:
    known = {record.record_id: record for record in records}
    ended = [
        _ended(record_id, _ENDS[outcome])
        for record_id, outcome in outcomes.items()
        if record_id in known and outcome in _ENDS
    ]
    return ended + [
        change
        for correction in corrections
        for change in _corrected(known[correction.record_id], correction)
    ]


def _ended(record_id: str, status: str) -> assessments.Hypothesis:
    ended = assessments.EndedRecord(record_id=record_id, status=status)
    return assessments.Hypothesis(ended=ended)


def _corrected(record: registry.Record, correction: pb.Correction) -> list[assessments.Hypothesis]:
    """The changes of a correction; none if it changes nothing that counts."""
    if correction.kind or correction.determined_on:
        return [_ended(record.record_id, "withdrawn"), _added(record, correction)]
    if not correction.HasField("points"):
        return []
    corrected = assessments.CorrectedRecord(record_id=record.record_id, points=correction.points)
    return [assessments.Hypothesis(corrected=corrected)]


def _added(record: registry.Record, correction: pb.Correction) -> assessments.Hypothesis:
    """The record as it will be once it is corrected."""
    added = assessments.AddedRecord(
        kind=correction.kind or record.kind,
        severity=record.severity,
        determined_on=correction.determined_on or record.determined_on,
        verified=record.verified,
        final=record.final,
    )
    points = correction if correction.HasField("points") else record
    if points.HasField("points"):
        added.points = points.points
    return assessments.Hypothesis(added=added)
