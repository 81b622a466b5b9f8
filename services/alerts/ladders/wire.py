"""Converts a bureau's figures of follow-ups to protobuf messages, and back."""

from __future__ import annotations

from protos.alerts.v1 import ladders_pb2 as pb
from services.alerts.escalation.wire import stamp
from services.alerts.ladders.tables import Ladder


def ladder(row: Ladder, *, in_force: bool = False) -> pb.Ladder:
    """Returns the message of figures that somebody proposed."""
    return pb.Ladder(
        ladder_id=row.ladder_id,
        bureau=row.bureau,
        figures=pb.LadderFigures(**row.figures),
        valid_from=row.valid_from.isoformat(),
        ground=row.ground,
        state=row.state.value,
        proposed_by=row.proposed_by,
        proposed_at=stamp(row.proposed_at),
        decided_by=row.decided_by,
        decided_at=stamp(row.decided_at),
        reasons=row.reasons,
        in_force=in_force,
    )


def figures_of(request: pb.ProposeLadderRequest) -> dict[str, int]:
    """Returns the figures of a request by their names."""
    names = [field.name for field in pb.LadderFigures.DESCRIPTOR.fields]
    return {name: getattr(request.figures, name) for name in names}
