"""What the law answers, indices and year-ends → protobuf."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from law.grading import Path, Receipt, Step, Turn, explain, tell_apart, why_not_graded
from law.texts_in_force import load as ruleset
from law.texts_in_force.model import NotGraded
from protos.grading.v1 import assessments_pb2 as pb
from services.grading import wording
from services.grading.assessments.queries import Ahead, Found, Supposed
from services.grading.tables import IndexAssessment, YearEnd


def outcome(found: Found) -> pb.Outcome:
    """What a text says, or why none does."""
    if isinstance(found, NotGraded):
        return _beyond(pb.Outcome(), found)
    text = ruleset.load(found.ruleset_id)
    said = pb.Outcome(
        ruleset_id=found.ruleset_id,
        ruleset_hash=found.ruleset_hash,
        title_zh=text.title_zh,
        title_en=text.title_en,
        grade=found.grade or "",
        score=found.score,
        prospective=found.prospective or "",
        example_values=found.example_values,
    )
    return _beyond(said, found.not_graded)


def supposed(found: Supposed) -> pb.WhatIfResponse:
    """A grade as it would be, beside the one as things are."""
    answer = pb.WhatIfResponse(
        as_of=found.as_of.isoformat(), before=outcome(found.before), after=outcome(found.after)
    )
    if isinstance(found.after, Receipt):
        receipt = found.after
        answer.receipt_json = as_json(receipt.to_json())
        answer.explanation_zh[:] = explain(receipt, "zh", wording.names(receipt.inputs, "zh"))
        answer.explanation_en[:] = explain(receipt, "en", wording.names(receipt.inputs, "en"))
    return answer


def ahead(found: Ahead) -> pb.OutlookResponse:
    """What is to come."""
    answer = pb.OutlookResponse(as_of=found.as_of.isoformat(), now=outcome(found.now))
    if found.outlook is None:
        answer.explanation_zh[:] = [f"不评定等级：{answer.now.not_graded_zh}。"]
        answer.explanation_en[:] = [f"There is no grade: {answer.now.not_graded_en}"]
        return answer
    said, dossier = found.outlook, found.file.dossier
    answer.changes.extend(map(_turn, said.turns))
    answer.steps.extend(map(_step, said.steps))
    for name, way in (("path", said.path), ("soonest", said.soonest)):
        if way is not None:
            getattr(answer, name).CopyFrom(_way(way))
    answer.outlook_json = as_json(said.to_json())
    answer.explanation_zh[:] = wording.ahead(said, dossier, "zh")
    answer.explanation_en[:] = wording.ahead(said, dossier, "en")
    return answer


def compared(receipts: Sequence[Receipt]) -> pb.CompareResponse:
    """One dossier under several texts."""
    as_of, subject_id = receipts[0].as_of.isoformat(), receipts[0].subject_id
    whole = {
        "subject": subject_id,
        "as_of": as_of,
        "receipts": [one.to_json() for one in receipts],
    }
    return pb.CompareResponse(
        as_of=as_of,
        outcomes=map(outcome, receipts),
        compare_json=as_json(whole),
        explanation_zh=tell_apart(receipts, "zh"),
        explanation_en=tell_apart(receipts, "en"),
    )


def index(row: IndexAssessment, *, staff: bool, rows: bool) -> pb.Index:
    """An index; who did what is told to the bureau's staff alone."""
    result = row.result
    said = pb.Index(
        index_id=row.index_id,
        area_id=row.area_id,
        area_name=row.area_name,
        area_kind=row.area_kind,
        bureau=row.bureau,
        table_id=row.table_id,
        table_hash=row.table_hash,
        assessed_on=row.assessed_on.isoformat(),
        assessed_by=row.assessed_by if staff else "",
        state=row.state,
        published_by=row.published_by if staff else "",
        withdrawal_ground=row.withdrawal_ground,
        total=exact(result["total"]),
        base=exact(result["base"]),
        bonus=exact(result["bonus"]),
        deduction=exact(result["deduction"]),
        ambiguities=result["ambiguities"],
    )
    for name in ("assessed_at", "published_at", "withdrawn_at"):
        if moment := getattr(row, name):
            getattr(said, name).FromDatetime(moment)
    if rows:
        said.rows.extend(map(_row, result["rows"]))
    return said


def year_end(row: YearEnd, covers: Callable[[str], bool]) -> pb.YearEnd:
    """A year-end adjustment, of the bureaus in scope."""
    moves = [_move(one) for one in row.moves if covers(one["bureau"])]
    said = pb.YearEnd(ruleset_id=row.ruleset_id, year=row.year, moves=moves)
    said.subjects = _sum(moves)
    said.moved = _sum(one for one in moves if one.class_before not in ("", one.class_after))
    said.ran_at.FromDatetime(row.ran_at)
    return said


def exact(number: float) -> str:
    """A number in digits: no exponent, no trailing zeros beyond the written ones."""
    return format(Decimal(str(number)), "f")


def _row(said: dict[str, Any]) -> pb.IndexRow:
    points, found = exact(said["points"]), exact(said["found"])
    told = {name: said[name] for name in ("row", "cite", "standard")}
    return pb.IndexRow(points=points, found=found, **told)


def _move(said: dict[str, Any]) -> pb.ClassMove:
    return pb.ClassMove(
        bureau=said["bureau"],
        class_before=said["before"],
        class_after=said["after"],
        subjects=said["subjects"],
    )


def _sum(moves: Iterable[pb.ClassMove]) -> int:
    return sum(one.subjects for one in moves)


def _turn(turn: Turn) -> pb.GradeTurn:
    return pb.GradeTurn(
        on=turn.on.isoformat(),
        grade=turn.grade or "",
        score=turn.score,
        enters=turn.enters,
        leaves=turn.leaves,
    )


def _step(step: Step) -> pb.OpenStep:
    return pb.OpenStep(
        step=step.step,
        record_id=step.record,
        kind=step.kind,
        possible_on=step.possible_on.isoformat(),
        points=step.points,
        cite=step.cite,
    )


def _way(path: Path) -> pb.WayUp:
    steps = map(_step, path.steps)
    return pb.WayUp(on=path.on.isoformat(), grade=path.grade, score=path.score, steps=steps)


def _beyond(said: pb.Outcome, beyond: NotGraded | None) -> pb.Outcome:
    if beyond is not None:
        said.not_graded_zh = why_not_graded(beyond, "zh")
        said.not_graded_en = why_not_graded(beyond, "en")
    return said


def as_json(document: object) -> str:
    """A document of the law, for programs."""
    return json.dumps(document, ensure_ascii=False)
