"""The forecast on the command line counts as its page does."""

from __future__ import annotations

from protos.alerts.v1 import alerts_pb2 as pb
from services.cli.commands.forecast import Line, lines_of


def test_what_is_due_now_and_what_ends_in_each_week_by_type() -> None:
    weeks = [pb.WeekAhead(starts_on="2026-11-30", instruments=2), pb.WeekAhead(instruments=0)]
    none = [pb.WeekAhead(), pb.WeekAhead()]
    board = pb.GetColourBoardResponse(
        counts=[
            pb.BoardCount(bureau="1", type_code="FUEL", colour="red", instruments=1),
            pb.BoardCount(bureau="2", type_code="FUEL", colour="red", instruments=2),
            pb.BoardCount(bureau="1", type_code="FUEL", colour="green", instruments=4),
            pb.BoardCount(bureau="1", type_code="FUEL", colour="none", instruments=8),
            pb.BoardCount(bureau="1", type_code="TAXI", colour="none", instruments=5),
        ],
        types=[
            pb.TypeAhead(type_code="FUEL", weeks=weeks),
            pb.TypeAhead(type_code="TAXI", weeks=none),
        ],
    )
    assert list(lines_of(board)) == [Line("FUEL", 3, 7, [2, 0])]
