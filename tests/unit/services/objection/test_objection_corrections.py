"""Corrections: every fault at once, and the corrected record."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from law.errors import InvalidInput
from law.objection import Outcome
from protos.objection.v1.objection_pb2 import Correction
from protos.registry.v1.registry_pb2 import Record
from services.objection.corrections import check_corrections, corrected, correction_zh

TODAY = date(2026, 9, 14)


def record(record_id: str = "r1", **fields: Any) -> Record:
    return Record(
        record_id=record_id,
        kind="penalty",
        occurred_on="2026-08-10",
        determined_on="2026-09-01",
        summary="旧",
        version=3,
        **fields,
    )


def faults(
    outcome: Outcome, corrections: list[Correction], records: list[Record]
) -> list[tuple[str, str]]:
    try:
        check_corrections(outcome, corrections, records, TODAY)
    except InvalidInput as error:
        return [(fault.field, fault.message_en) for fault in error.faults]
    return []


def fields(corrections: list[Correction], *records: Record) -> list[str]:
    pairs = faults(Outcome.CORRECT, corrections, list(records or (record(),)))
    return [name for name, _ in pairs]


def test_each_contested_record_needs_exactly_one_correction() -> None:
    one = Correction(record_id="r1", points=3)
    assert fields([one]) == []
    assert fields([]) == ["corrections"]
    assert fields([one, one]) == ["corrections"]
    assert fields([one], record(), record("r2")) == ["corrections"]
    assert fields([one, Correction(record_id="r9", points=1)]) == ["corrections"]


@pytest.mark.parametrize("outcome", [Outcome.DELETE, Outcome.UPHOLD, Outcome.STOP_DISCLOSURE])
def test_only_the_outcome_correct_takes_corrections(outcome: Outcome) -> None:
    assert faults(outcome, [], [record()]) == []
    assert faults(outcome, [Correction(record_id="r1", points=3)], [record()])


def test_every_fault_is_named_at_once() -> None:
    wrong = [
        Correction(record_id="r1", kind="no_such_kind", determined_on="2026-02-30"),
        Correction(record_id="r2", determined_on="2026-09-15"),
        Correction(record_id="r3", determined_on="2026-08-09"),
        Correction(record_id="r4"),
    ]
    assert fields(wrong, *(record(f"r{n}") for n in range(1, 5))) == [
        "corrections[0].kind",
        "corrections[0].determined_on",
        "corrections[1].determined_on",
        "corrections[2].determined_on",
        "corrections[3]",
    ]


def test_a_correction_is_written_in_chinese() -> None:
    stored = MessageToDict(
        Correction(record_id="r1", kind="short_measure", points=0, determined_on="2026-09-02"),
        preserving_proto_field_name=True,
    )
    assert correction_zh(stored) == ("类别：克扣消费者", "分值：0", "认定日期：2026-09-02")


def test_a_correction_changes_only_what_it_names() -> None:
    stored = MessageToDict(
        Correction(record_id="r1", points=0, summary="新"), preserving_proto_field_name=True
    )
    before = record(points=5, source_ref="文书1")
    after = corrected(before, stored)
    assert (after.points, after.summary) == (0, "新")
    assert (after.kind, after.determined_on, after.source_ref, after.version) == (
        before.kind,
        before.determined_on,
        before.source_ref,
        3,
    )
    assert corrected(after, stored) == after  # applied again it changes nothing
    assert before.points == 5
