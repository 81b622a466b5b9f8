"""What-if gradings, outlooks and comparisons, computed from the present records; nothing is stored.

A subject outside the caller's scope is reported as not found. No result of this module is a grade
in force; a grade in force has its own receipt (see `services.grading.queries`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from law import grading
from law.errors import Fault, InvalidInput, NotFound, WrongState
from law.grading import Outlook, Receipt
from law.texts_in_force import load as ruleset
from law.texts_in_force.model import NotGraded, Ruleset
from plumbing import validation
from plumbing.identity import Caller
from protos.grading.v1 import assessments_pb2 as pb
from services.grading import assessment, evidence
from services.grading.assessment import REMOVED, File
from services.grading.assessments import what_if as changes_in

Result = Receipt | NotGraded


@dataclass(frozen=True)
class Supposed:
    """The result of a what-if: a subject's grade without the supposed changes and with them."""

    before: Result
    after: Result
    as_of: date


@dataclass(frozen=True)
class Ahead:
    """A subject's result today and its outlook; the outlook is None if no ruleset governs."""

    now: Result
    outlook: Outlook | None
    as_of: date
    file: File


async def file_of(session: AsyncSession, caller: Caller, subject_id: str) -> File:
    """Reads the file of a subject: its dossier and the rulesets that govern.

    Raises NotFound if the subject is unknown or outside the caller's scope, and WrongState if the
    import that created the subject was undone.
    """
    known = await evidence.read(session, [subject_id])
    file = known.files(known.subjects).get(subject_id)
    if file is None or not caller.sees(subject_id, file.dossier.bureau):
        raise NotFound("未找到该主体", "There is no such subject")
    if file.removed:
        raise WrongState(REMOVED.reason_zh, REMOVED.reason_en)
    return file


def what_if(file: File, request: pb.WhatIfRequest, today: date) -> Supposed:
    """Grades a subject's file as of the requested day, with and without the supposed changes.

    Raises InvalidInput naming every fault of the changes.
    """
    as_of = validation.day(request.as_of, "as_of") or today
    changes = changes_in.read(file.dossier, request.changes, min(today, as_of))
    supposed = replace(file, dossier=grading.changed(file.dossier, changes))
    before, after = assessment.assess(file, as_of), assessment.assess(supposed, as_of)
    return Supposed(before.result, after.result, as_of)


def outlook(file: File, request: pb.OutlookRequest, today: date) -> Ahead:
    """Computes how a subject's grade will change from today until the requested horizon.

    Raises InvalidInput for a horizon before today.
    """
    horizon = validation.day(request.horizon, "horizon")
    if horizon is not None and horizon < today:
        fault = Fault("horizon", "不能早于当日", "must not be before today")
        raise InvalidInput(faults=[fault])
    now, text = assessment.assess(file, today).result, file.governed_by(today)
    if isinstance(text, NotGraded):
        return Ahead(now, None, today, file)
    return Ahead(now, grading.outlook(file.dossier, text, today, horizon), today, file)


def compare(file: File, request: pb.CompareRequest, today: date) -> Sequence[Receipt]:
    """Grades a file under each of the requested rulesets, or under all rulesets if none is named.

    Raises InvalidInput naming each unknown ruleset.
    """
    as_of = validation.day(request.as_of, "as_of") or today
    return grading.compare(file.dossier, as_of, _texts(request.ruleset_ids))


def _texts(ruleset_ids: Sequence[str]) -> Sequence[Ruleset]:
    unknown = [
        Fault(f"ruleset_ids[{number}]", f"没有规则集{name}", f"there is no ruleset {name}")
        for number, name in enumerate(ruleset_ids)
        if name not in ruleset.GRADING
    ]
    if unknown:
        raise InvalidInput(faults=unknown)
    return [ruleset.load(name) for name in ruleset_ids] or ruleset.list_rulesets()
