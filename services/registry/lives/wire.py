"""Converts acts of the life of a subject to messages."""

from __future__ import annotations

from protos.registry.v1 import lives_pb2 as pb
from services.registry.lives.tables import SubjectAct


def act(row: SubjectAct, by_name: str = "") -> pb.SubjectAct:
    """Converts an act to a message, with the name of the person if it is given."""
    message = pb.SubjectAct(
        act_id=row.act_id,
        subject_id=row.subject_id,
        other_id=row.other_id,
        act=row.act.value,
        on=row.day.isoformat(),
        ground=row.ground,
        former_code=row.former_code,
        other_name=row.other_name,
        instruments=len(row.kept.get("instruments", ())),
        records=len(row.kept.get("records", ())),
        by=row.by,
        by_name=by_name,
    )
    message.at.FromDatetime(row.at)
    if row.undone_at is not None:
        message.undone_at.FromDatetime(row.undone_at)
    return message
