"""The conditions of a repair, the door, and the letters that say where each stands."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from law.errors import WrongState
from protos.grading.v1.grading_pb2 import Grade
from protos.registry.v1.registry_pb2 import Record
from services.objection.letters import GradeFacts, LetterFacts, Office, RecordFacts
from services.objection.repairs import facts, letters
from services.objection.repairs.conditions import (
    checked,
    door,
    require_all_met,
    require_open,
    require_some_unmet,
)
from services.objection.repairs.file import Confirmation, RepairFile

TODAY = date(2026, 9, 14)
DISTRICT, CITY = Office("测试区市场监督管理局"), Office("测试市市场监督管理局")
FACTS = LetterFacts(
    subject="测试加油站",
    number="修复〔2026〕330106-0001号",
    lodged_on=TODAY,
    records=[RecordFacts("行政处罚", "作弊", "测罚〔2025〕1号", date(2025, 9, 1))],
    reasons="经逐项核对",
    office=DISTRICT,
    municipal=CITY,
    on=date(2026, 9, 30),
)
TOLD = Confirmation(met=True, ground="查验凭证，属实", by="caseworker")


def record(name: str, on: str, kind: str = "penalty", **more: Any) -> Record:
    return Record(
        record_id=name, kind=kind, status="active", occurred_on=on, determined_on=on,
        entered_on=on, verified=True, **more,
    )  # fmt: skip


def file(
    began: date, *records: Record, ruleset: str = "hangzhou-2021-120", **more: Any
) -> RepairFile:
    given = {"ruleset_id": ruleset, "grade": "E", "spell_began_on": began, "whole_spell": True}
    return checked(RepairFile(**{**given, **more}), ["a"], records, TODAY)


def test_what_only_a_person_can_tell_is_left_open_at_the_door() -> None:
    asked = file(date(2025, 9, 14), record("a", "2025-09-14"))
    assert {one.id: (one.met, one.to_confirm) for one in asked.conditions} == {
        "duties_performed": (False, True),
        "impact_removed": (False, True),
        "waited": (True, False),
        "nothing_new": (True, False),
    }
    assert door(asked, TODAY).open
    with pytest.raises(WrongState, match="not met"):
        require_all_met(asked)
    require_some_unmet(asked)


def test_the_door_opens_on_the_day_of_the_text() -> None:
    asked = file(date(2025, 9, 15), record("a", "2025-09-15"))
    answer = door(asked, TODAY)
    assert (answer.open, answer.opens_on) == (False, date(2026, 9, 15))
    with pytest.raises(WrongState) as refused:
        require_open(asked, TODAY)
    assert refused.value.facts["met_from"] == "2026-09-15"
    assert "C-13" in (refused.value.cite or "")


def test_a_record_in_the_way_is_heard_and_named() -> None:
    asked = file(date(2025, 9, 1), record("a", "2025-09-01"), record("b", "2026-01-01"))
    assert door(asked, TODAY).open
    assert [one.in_the_way for one in asked.unmet if one.id == "nothing_new"] == [["b"]]


def test_a_text_without_application_turns_away_in_its_own_words() -> None:
    asked = file(date(2025, 1, 1), record("a", "2025-01-01"), ruleset="tianjin-pilot", grade="3")
    assert (door(asked, TODAY).open, door(asked, TODAY).opens_on) == (False, None)
    with pytest.raises(WrongState, match="two clean years"):
        require_open(asked, TODAY)


def test_once_all_is_established_nothing_is_left_to_refuse_on() -> None:
    confirmations = dict.fromkeys(("duties_performed", "impact_removed"), TOLD)
    asked = file(date(2025, 9, 1), record("a", "2025-09-01"), confirmations=confirmations)
    require_all_met(asked)
    with pytest.raises(WrongState):
        require_some_unmet(asked)


def test_a_refusal_says_of_every_condition_where_it_stands() -> None:
    not_so = TOLD.model_copy(update={"met": False, "ground": "尚未缴清"})
    asked = file(
        date(2025, 9, 1),
        record("a", "2025-09-01"),
        record("b", "2026-01-01"),
        confirmations={"duties_performed": not_so},
    )
    told = letters.refused_letter(FACTS, asked).body
    lines = {line.partition(". ")[2].partition("（")[0]: line for line in told.split("\n")}
    assert lines["行政处理决定和司法裁判明确的法定责任和义务已履行完毕"].endswith(
        "未满足；尚未缴清"
    )
    assert lines["社会不良影响基本消除"].endswith("未经核实")
    assert lines["自本次认定E级之日起满1年"].endswith("已满足；自2026年9月1日起满足")
    assert lines["认定至申请期间未产生同类不良信息"].endswith("未满足；期间记录：b")
    assert "提出异议" in told
    assert "申请复核" in told


def test_a_confirmation_shows_both_receipts() -> None:
    confirmations = dict.fromkeys(("duties_performed", "impact_removed"), TOLD)
    asked = file(date(2025, 9, 1), record("a", "2025-09-01"), confirmations=confirmations)
    before, after = GradeFacts("E", "r-before", ["一"]), GradeFacts("A", "r-after", ["二"])
    letter = letters.confirmed_letter(FACTS, asked, before, after)
    assert letter.title == letters.CONFIRMED_TITLE
    for part in ("r-before", "r-after", "查验凭证，属实", "终止披露"):
        assert part in letter.body
    assert "未满足" not in letter.body


def stated(grade: str, on: str, *, superseded: bool = False) -> Grade:
    return Grade(grade=grade, in_force_from=on, known_to=Timestamp() if superseded else None)


def test_a_spell_is_as_long_as_the_grade_was_stated_without_a_break() -> None:
    grades = [
        stated("E", "2026-03-01"),
        stated("A", "2025-12-01", superseded=True),
        stated("E", "2025-11-01"),
        stated("C", "2025-10-01"),
        stated("E", "2025-01-01"),
    ]
    assert facts._stated_since(grades) == date(2025, 11, 1)
    assert facts._earliest(None, date(2026, 1, 1), date(2025, 5, 5)) == date(2025, 5, 5)
