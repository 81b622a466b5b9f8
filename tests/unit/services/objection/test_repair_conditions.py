"""The conditions of a repair, who may apply, and the letters that name each condition."""

from __future__ import annotations

import re
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
    Admission,
    admission,
    checked,
    require_admission,
    require_all_met,
    require_any_unmet,
)
from services.objection.repairs.repair_file import Confirmation, RepairFile

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
CONFIRMED = Confirmation(met=True, ground="查验凭证，属实", by="caseworker")


def record(name: str, on: str, kind: str = "penalty", **more: Any) -> Record:
    return Record(
        record_id=name, kind=kind, status="active", occurred_on=on, determined_on=on,
        entered_on=on, verified=True, **more,
    )  # fmt: skip


def file(
    began: date, *records: Record, ruleset: str = "hangzhou-2021-120", **more: Any
) -> RepairFile:
    given = {"ruleset_id": ruleset, "grade": "E", "spell_began_on": began, "whole_spell": True}
    given["papers"] = ["promise", "proof"]
    return checked(RepairFile(**{**given, **more}), ["a"], records, TODAY)


def test_a_condition_of_fact_does_not_prevent_an_application() -> None:
    application = file(date(2025, 9, 14), record("a", "2025-09-14"))
    states = {known.id: (known.met, known.to_confirm) for known in application.conditions}
    assert states == {
        "duties_performed": (False, True),
        "impact_removed": (False, True),
        "waited": (True, False),
        "nothing_new": (True, False),
        "published": (True, False),
        "promised": (True, False),
        "proof": (True, False),
    }
    assert admission(application, TODAY).allowed
    with pytest.raises(WrongState, match="not met"):
        require_all_met(application)
    require_any_unmet(application)


def test_a_record_is_public_for_its_shortest_time_before() -> None:
    recent = record("a", "2026-06-15", severity="general")
    application = file(date(2025, 9, 1), recent, grade="C")
    assert admission(application, TODAY) == Admission(False, date(2026, 9, 15))
    with pytest.raises(WrongState) as refused:
        require_admission(application, TODAY)
    assert "NDRC-REPAIR" in (refused.value.cite or "")
    [unmet] = [known for known in application.unmet if not known.to_confirm]
    assert (unmet.id, unmet.in_the_way) == ("published", ["a"])
    old = record("a", "2026-06-14", severity="general")
    assert admission(file(date(2025, 9, 1), old, grade="C"), TODAY).allowed


@pytest.mark.parametrize(("missing", "condition"), [("promise", "promised"), ("proof", "proof")])
def test_a_missing_paper_prevents_the_repair_until_it_comes(missing: str, condition: str) -> None:
    confirmations = dict.fromkeys(("duties_performed", "impact_removed"), CONFIRMED)
    others = [paper for paper in ("promise", "proof") if paper != missing]
    application = file(
        date(2025, 9, 1),
        record("a", "2025-09-01"),
        confirmations=confirmations,
        papers=others,
    )
    assert admission(application, TODAY).allowed
    with pytest.raises(WrongState) as refused:
        require_all_met(application)
    assert refused.value.facts["conditions"] == condition
    assert "申请材料" in (refused.value.cite or "")
    assert "未提交" in letters.refused_letter(FACTS, application).body
    require_all_met(application.with_paper(missing))


def test_an_application_is_allowed_from_the_day_of_the_text() -> None:
    application = file(date(2025, 9, 15), record("a", "2025-09-15"))
    answer = admission(application, TODAY)
    assert (answer.allowed, answer.allowed_from) == (False, date(2026, 9, 15))
    with pytest.raises(WrongState) as refused:
        require_admission(application, TODAY)
    assert refused.value.facts["met_from"] == "2026-09-15"
    assert "C-13" in (refused.value.cite or "")
    assert refused.value.zh.endswith("：自本次认定E级之日起满1年")  # the article stands beside it


def test_a_record_in_the_way_is_named_and_does_not_prevent_an_application() -> None:
    application = file(date(2025, 9, 1), record("a", "2025-09-01"), record("b", "2026-01-01"))
    assert admission(application, TODAY).allowed
    in_the_way = {known.id: known.in_the_way for known in application.unmet}
    assert in_the_way["nothing_new"] == ["b"]


def test_a_text_without_applications_refuses_in_its_own_words() -> None:
    application = file(
        date(2025, 1, 1), record("a", "2025-01-01"), ruleset="tianjin-pilot", grade="3"
    )
    assert admission(application, TODAY) == Admission(allowed=False, allowed_from=None)
    with pytest.raises(WrongState, match="two clean years"):
        require_admission(application, TODAY)


def test_when_every_condition_is_met_a_refusal_has_no_ground() -> None:
    confirmations = dict.fromkeys(("duties_performed", "impact_removed"), CONFIRMED)
    application = file(date(2025, 9, 1), record("a", "2025-09-01"), confirmations=confirmations)
    require_all_met(application)
    with pytest.raises(WrongState):
        require_any_unmet(application)


def test_a_refusal_names_every_condition_and_whether_it_is_met() -> None:
    not_so = CONFIRMED.model_copy(update={"met": False, "ground": "尚未缴清"})
    application = file(
        date(2025, 9, 1),
        record("a", "2025-09-01"),
        record("b", "2026-01-01"),
        confirmations={"duties_performed": not_so},
    )
    letter = letters.refused_letter(FACTS, application).body
    lines = {line.partition(". ")[2].partition("（")[0]: line for line in letter.split("\n")}
    assert lines["行政处理决定和司法裁判明确的法定责任和义务已履行完毕"].endswith(
        "未满足；尚未缴清"
    )
    assert lines["社会不良影响基本消除"].endswith("未经核实")
    assert lines["自本次认定E级之日起满1年"].endswith("已满足；自2026年9月1日起满足")
    assert lines["认定至申请期间未产生同类不良信息"].endswith("未满足；期间记录：b")
    assert "提出异议" in letter
    assert "申请复核" in letter


def test_a_confirmation_shows_both_receipts() -> None:
    confirmations = dict.fromkeys(("duties_performed", "impact_removed"), CONFIRMED)
    application = file(date(2025, 9, 1), record("a", "2025-09-01"), confirmations=confirmations)
    before, after = GradeFacts("E", "r-before", ["一"]), GradeFacts("A", "r-after", ["二"])
    letter = letters.confirmed_letter(FACTS, application, before, after)
    assert letter.title == "准予信用修复决定书"
    for part in ("r-before", "r-after", "查验凭证，属实", "终止披露"):
        assert part in letter.body
    assert "未满足" not in letter.body


def test_a_letter_names_articles_and_none_of_our_own_codes() -> None:
    application = file(date(2025, 9, 15), record("a", "2025-09-15"))
    assert any("C-13" in known.cite for known in application.conditions)
    letter = letters.declined_letter(FACTS, application).body
    assert re.search(r"[CDR]-\d", letter) is None
    assert "依据：《杭州市民生计量信用监督管理暂行办法》" in letter


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
