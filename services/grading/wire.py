"""Converts the rows of grading's tables to protobuf messages."""

from __future__ import annotations

from protos.grading.v1 import grading_pb2 as pb
from services.grading.tables import Grade


def grade(row: Grade) -> pb.Grade:
    """Converts a grade to a message."""
    message = pb.Grade(
        grade_id=row.grade_id,
        subject_id=row.subject_id,
        bureau=row.bureau,
        grade=row.grade or "",
        score=row.score,
        ruleset_id=row.ruleset_id,
        ruleset_hash=row.ruleset_hash,
        in_force_from=row.in_force_from.isoformat(),
        in_force_to=row.in_force_to.isoformat() if row.in_force_to else "",
        receipt_id=row.receipt_id,
        contested=row.contested,
        no_record=row.no_record,
        example_values=row.example_values,
        not_graded_zh=row.not_graded_zh,
        not_graded_en=row.not_graded_en,
    )
    message.known_from.FromDatetime(row.known_from)
    if row.known_to is not None:
        message.known_to.FromDatetime(row.known_to)
    return message
