"""What the form of a decision says of each item: nothing that was chosen is lost or wiped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from starlette.datastructures import FormData

from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.case_items import decisions, faults_of_items, placed_in_form
from services.portal.pages.contested_items import Fact, Thing
from services.portal.visit import Visit

METER = Thing(
    "instrument/i1",
    "计量器具信息",
    [Fact("model", "规格型号", "A"), Fact("rotate_on", "轮换日期", "2027-01-01")],
)
RECORD = Thing("record/r1", "信用记录")


def visit(**fields: str) -> Visit:
    request = SimpleNamespace(cookies={})
    form = FormData({name.replace("__", "/"): value for name, value in fields.items()})
    return Visit(cast("Any", None), cast("Any", request), None, form)


def test_an_outcome_chosen_for_one_item_alone_is_not_dropped() -> None:
    asked = visit(outcome="delete", **{"item-record__r1": "uphold"})
    assert list(faults_of_items(asked, [RECORD, METER])) == ["item-record/r1"]
    same = visit(outcome="delete", **{"item-record__r1": "delete"})
    assert faults_of_items(same, [RECORD]) == {}


def test_an_empty_field_stays_and_a_cleared_one_is_emptied() -> None:
    fields = {"value-instrument__i1-model": "", "empty-instrument__i1-rotate_on": "yes"}
    asked = visit(outcome="correct", **fields)
    assert faults_of_items(asked, [METER]) == {}
    assert decisions(asked, [METER]) == [
        pb.ItemDecision(item="instrument/i1", values=[pb.EntryValue(field="rotate_on", value="")])
    ]


def test_a_correction_that_says_nothing_or_two_things_is_a_fault_of_its_field() -> None:
    nothing = visit(outcome="correct")
    assert list(faults_of_items(nothing, [METER])) == ["value-instrument/i1-model"]
    fields = {"value-instrument__i1-model": "B", "empty-instrument__i1-model": "yes"}
    both = visit(outcome="correct", **fields)
    assert list(faults_of_items(both, [METER])) == ["value-instrument/i1-model"]


def test_each_fault_of_the_service_stands_at_a_field_of_the_form() -> None:
    corrections = [pb.Correction(record_id="r1"), pb.Correction(record_id="r2")]
    values = [pb.EntryValue(field="model", value="B")]
    said = [pb.ItemDecision(item="record/r1"), pb.ItemDecision(item="instrument/i1", values=values)]
    field_of = placed_in_form(corrections, said)
    assert [
        field_of(path)
        for path in (
            "corrections[1].determined_on",
            "corrections[0]",
            "items[1].model",
            "items[1].values[0].value",
            "items[0]",
            "reasons",
        )
    ] == [
        "determined_on-r2",
        "points-r1",
        "value-instrument/i1-model",
        "value-instrument/i1-model",
        "item-record/r1",
        "reasons",
    ]
