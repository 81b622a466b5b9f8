"""Converts assessments, indices and year-ends to protobuf messages."""

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
from services.grading.assessments.queries import Ahead, Result, Supposed
from services.grading.tables import IndexAssessment, YearEnd


def outcome(result: Result) -> pb.Outcome:
    """Converts a receipt, or the reason why there is no receipt, to a message."""
    if isinstance(result, NotGraded):
        return _with_reason(pb.Outcome(), result)
    text = ruleset.load(result.ruleset_id)
    message = pb.Outcome(
        ruleset_id=result.ruleset_id,
        ruleset_hash=result.ruleset_hash,
        title_zh=text.title_zh,
        title_en=text.title_en,
        grade=result.grade or "",
        score=result.score,
        prospective=result.prospective or "",
        example_values=result.example_values,
    )
    return _with_reason(message, result.not_graded)


def supposed(answer: Supposed) -> pb.WhatIfResponse:
    """Converts a what-if to a message: both results, and the receipt with the supposed changes."""
    response = pb.WhatIfResponse(
        as_of=answer.as_of.isoformat(), before=outcome(answer.before), after=outcome(answer.after)
    )
    if isinstance(answer.after, Receipt):
        receipt = answer.after
        response.receipt_json = as_json(receipt.to_json())
        response.explanation_zh[:] = explain(receipt, "zh", wording.names(receipt.inputs, "zh"))
        response.explanation_en[:] = explain(receipt, "en", wording.names(receipt.inputs, "en"))
    return response


def ahead(answer: Ahead) -> pb.OutlookResponse:
    """Converts today's result and the outlook to a message that also explains them in sentences."""
    response = pb.OutlookResponse(as_of=answer.as_of.isoformat(), now=outcome(answer.now))
    if answer.outlook is None:
        response.explanation_zh[:] = [f"不评定等级：{response.now.not_graded_zh}。"]
        response.explanation_en[:] = [f"There is no grade: {response.now.not_graded_en}"]
        return response
    outlook, dossier = answer.outlook, answer.file.dossier
    response.changes.extend(map(_turn, outlook.turns))
    response.steps.extend(map(_step, outlook.steps))
    for name, path in (("path", outlook.path), ("soonest", outlook.soonest)):
        if path is not None:
            getattr(response, name).CopyFrom(_way_up(path))
    response.outlook_json = as_json(outlook.to_json())
    response.explanation_zh[:] = wording.ahead(outlook, dossier, "zh")
    response.explanation_en[:] = wording.ahead(outlook, dossier, "en")
    return response


def compared(receipts: Sequence[Receipt]) -> pb.CompareResponse:
    """Converts the receipts of one dossier under several rulesets to a message.

    The message also explains, in sentences, how the receipts differ.
    """
    as_of, subject_id = receipts[0].as_of.isoformat(), receipts[0].subject_id
    document = {
        "subject": subject_id,
        "as_of": as_of,
        "receipts": [receipt.to_json() for receipt in receipts],
    }
    return pb.CompareResponse(
        as_of=as_of,
        outcomes=map(outcome, receipts),
        compare_json=as_json(document),
        explanation_zh=tell_apart(receipts, "zh"),
        explanation_en=tell_apart(receipts, "en"),
    )


def index(row: IndexAssessment, *, staff: bool, rows: bool) -> pb.Index:
    """Converts an index to a message; only `staff` see who acted, and why.

    `rows` adds the score of each row of the table.
    """
    result = row.result
    message = pb.Index(
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
        withdrawal_ground=row.withdrawal_ground if staff else "",
        total=exact(result["total"]),
        base=exact(result["base"]),
        bonus=exact(result["bonus"]),
        deduction=exact(result["deduction"]),
        ambiguities=result["ambiguities"],
    )
    for name in ("assessed_at", "published_at", "withdrawn_at"):
        if moment := getattr(row, name):
            getattr(message, name).FromDatetime(moment)
    if rows:
        message.rows.extend(map(_row, result["rows"]))
    return message


def year_end(row: YearEnd, covers: Callable[[str], bool]) -> pb.YearEnd:
    """Converts a closed year to a message, with the counts of each bureau that `covers` accepts."""
    moves = [_move(move) for move in row.moves if covers(move["bureau"])]
    message = pb.YearEnd(ruleset_id=row.ruleset_id, year=row.year, moves=moves)
    message.subjects = _sum(moves)
    message.moved = _sum(move for move in moves if move.class_before not in ("", move.class_after))
    message.ran_at.FromDatetime(row.ran_at)
    return message


def exact(number: float) -> str:
    """Formats a number in decimal digits, exactly and without an exponent."""
    return format(Decimal(str(number)), "f")


def _row(row: dict[str, Any]) -> pb.IndexRow:
    points, found = exact(row["points"]), exact(row["found"])
    texts = {name: row[name] for name in ("row", "cite", "standard")}
    return pb.IndexRow(points=points, found=found, **texts)


def _move(move: dict[str, Any]) -> pb.ClassMove:
    return pb.ClassMove(
        bureau=move["bureau"],
        class_before=move["before"],
        class_after=move["after"],
        subjects=move["subjects"],
    )


def _sum(moves: Iterable[pb.ClassMove]) -> int:
    return sum(move.subjects for move in moves)


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


def _way_up(path: Path) -> pb.WayUp:
    steps = map(_step, path.steps)
    return pb.WayUp(on=path.on.isoformat(), grade=path.grade, score=path.score, steps=steps)


def _with_reason(message: pb.Outcome, reason: NotGraded | None) -> pb.Outcome:
    if reason is not None:
        message.not_graded_zh = why_not_graded(reason, "zh")
        message.not_graded_en = why_not_graded(reason, "en")
    return message


def as_json(document: object) -> str:
    """Returns a document of the law package as JSON text, for use by programs."""
    return json.dumps(document, ensure_ascii=False)
