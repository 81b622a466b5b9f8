"""A contested grade: what it would be without the contested records, and that it rests on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from law.errors import Fault, InvalidInput
from law.objection import OBJECTION_CITE
from protos.objection.v1 import objection_pb2 as pb
from services.objection.clients import Clients


class GradeContest(BaseModel):
    """The contested grade and the same computation without the contested records."""

    receipt_id: str
    grade: str
    score: int | None = None
    grade_without: str = ""
    score_without: int | None = None
    explanation_zh: list[str] = []
    explanation_en: list[str] = []

    def message(self) -> pb.ContestedGrade:
        """Returns the protobuf message."""
        return pb.ContestedGrade(**self.model_dump(exclude_none=True))


async def contested_grade(
    clients: Clients, subject_id: str, receipt_id: str, record_ids: Sequence[str], behalf: str
) -> GradeContest:
    """Returns the grade in force with what it is once the records are left out.

    Raises InvalidInput if the receipt is not that of the grade in force, or does not rest on one of
    the records. Raises the refusals of grading.
    """
    grade = await clients.grade(subject_id, behalf)
    if not grade.receipt_id or grade.receipt_id != receipt_id:
        zh = "这不是该主体现行信用等级的评级凭证；请对现行等级提出异议"
        en = "This is not the receipt of the grade in force; object to the grade in force"
        raise InvalidInput(faults=[Fault("against", zh, en, cite=OBJECTION_CITE)])
    _require_inputs(await clients.receipt(receipt_id, behalf), record_ids)
    without = await clients.without(subject_id, record_ids, behalf)
    return GradeContest(
        receipt_id=receipt_id,
        grade=grade.grade,
        score=_score(grade),
        grade_without=without.after.grade,
        score_without=_score(without.after),
        explanation_zh=list(without.explanation_zh),
        explanation_en=list(without.explanation_en),
    )


def _require_inputs(receipt_json: str, record_ids: Sequence[str]) -> None:
    lines = json.loads(receipt_json)["records"]
    rests_on = {line["record"] for line in lines if line["counted"]}
    faults = [
        Fault(
            "record_ids",
            f"现行等级没有依据记录{record_id}",
            f"The grade does not rest on record {record_id}",
            cite=OBJECTION_CITE,
        )
        for record_id in record_ids
        if record_id not in rests_on
    ]
    if faults:
        raise InvalidInput(faults=faults)


def _score(graded: Any) -> int | None:
    return graded.score if graded.HasField("score") else None
