"""Converts templates to protobuf messages."""

from __future__ import annotations

from law.escalation import Step
from protos.alerts.v1 import templates_pb2 as pb
from services.alerts.escalation.wire import stamp
from services.alerts.templates.own import MINUTES
from services.alerts.templates.tables import NoticeTemplate

# The documents of follow-ups, which are Chinese.
DOCUMENTS = frozenset({*(step.value for step in Step), MINUTES})


def template(row: NoticeTemplate, *, in_force: bool = False) -> pb.Template:
    """Returns the message of a version of a template."""
    return pb.Template(
        template_id=row.template_id,
        bureau=row.bureau,
        kind=row.kind,
        version=row.version,
        words=row.words,
        words_en=row.words_en,
        ground=row.ground,
        state=row.state.value,
        proposed_by=row.proposed_by,
        proposed_at=stamp(row.proposed_at),
        decided_by=row.decided_by,
        decided_at=stamp(row.decided_at),
        reasons=row.reasons,
        in_force=in_force,
    )
