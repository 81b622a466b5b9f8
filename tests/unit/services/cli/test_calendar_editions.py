"""The command that shows an edition says so where the beginning of an id names several."""

from __future__ import annotations

import pytest

from law.errors import InvalidInput, NotFound
from protos.registry.v1.calendars_pb2 import CalendarEdition
from services.cli.commands.calendar import named

EDITIONS = [CalendarEdition(edition_id=one) for one in ("ab12", "ab34", "ab")]


def test_a_beginning_that_names_several_editions_is_told() -> None:
    with pytest.raises(InvalidInput, match="ab12"):
        named(EDITIONS[:2], "ab")
    assert named(EDITIONS, "ab") is EDITIONS[2]  # a whole id
    assert named(EDITIONS, "ab3") is EDITIONS[1]
    with pytest.raises(NotFound):
        named(EDITIONS, "c")
