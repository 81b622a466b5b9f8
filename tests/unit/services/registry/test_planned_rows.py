"""The rows of a file are those of every attempt to plan it: planning changes none of them."""

from __future__ import annotations

from copy import deepcopy

from services.registry.imports.plan.parts import complete_rows_of_parts
from services.registry.imports.plan.plan import Kind, Plan
from services.registry.imports.rows.reader import Item


def test_rows_of_parts_are_completed_beside_those_that_were_read() -> None:
    common = {"owner": "甲", "type_code": "FUEL", "serial_no": "7"}
    read = [
        Item(2, {**common, "part": "1", "model": "双枪"}),
        Item(3, {**common, "part": "2", "location": "北侧"}),
        Item(4, {**common, "part": "1", "serial_no": "8"}),
    ]
    before, rows = deepcopy(read), list(read)
    complete_rows_of_parts(rows)
    told = {"model": "双枪", "location": "北侧"}
    assert [item.values for item in rows] == [
        {**common, **told, "part": "1"},
        {**common, **told, "part": "2"},
        before[2].values,
    ]
    assert read == before


def test_what_planning_adds_to_a_new_thing_is_not_added_to_its_row() -> None:
    item, plan = Item(2, {"serial_no": "7"}), Plan()
    plan.make(Kind.INSTRUMENT, item.row, item.values)
    [planned] = plan.things[Kind.INSTRUMENT]
    planned.values["state"] = "in_use"
    assert item.values == {"serial_no": "7"}
