"""Receipts: recomputing them, the differences found, and the Chinese and English texts."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

import pytest

from law.errors import InvalidInput
from law.evidence import Dossier, Record, RecordKind, RecordStatus, Sector, SubjectKind
from law.grading import Receipt, explain, grade, verify, verify_document
from law.grading.receipt_parts import SENTENCES, Reason
from law.kind_names import kind_name
from law.texts_in_force.load import GRADING, load

DAY = date(2026, 6, 30)
ON = date(2026, 1, 5)


def _dossier(*records: Record, **more: Any) -> Dossier:
    subject = {"sector": Sector.OPTICAL, "subject_kind": SubjectKind.ORGANISATION} | more
    return Dossier("S1", records=records, bureau="330106", **subject)


def _record(kind: str, record_id: str = "r1", **more: Any) -> Record:
    return Record(record_id, RecordKind(kind), ON, ON, **more)


def _receipt(ruleset: str = "hangzhou-2021-120", **more: Any) -> Receipt:
    records = (
        _record("penalty", points=20, contested=True),
        _record("award", "r2"),
        _record("crime", "r3", status=RecordStatus.WITHDRAWN),
    )
    return grade(_dossier(*records, **more), load(ruleset), DAY)


def _document(**more: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", copy.deepcopy(_receipt(**more).to_json()))


def test_the_receipt_has_the_words_of_the_contract() -> None:
    document = _document()
    assert document["ruleset"] == "hangzhou-2021-120"
    assert document["ruleset_hash"] == load("hangzhou-2021-120").hash
    assert document["as_of"] == "2026-06-30"
    assert (document["grade"], document["score"]) == ("E", 75)
    assert document["direct"] == [
        {"rule": "penalty-of-20", "grade": "E", "record": "r1", "cite": "S4 四(三)2"}
    ]
    assert document["points"] == [
        {"record": "r1", "points": -20, "cite": "S4 四(三); S4 附件; R-076"},
        {"record": "r2", "points": 5, "cite": "S4 四(三); S4 附件; R-076"},
    ]
    assert document["unused"] == [{"record": "r3", "reason": "withdrawn", "cite": "S4 五(三)"}]
    assert document["window"] == {
        "from": "2021-06-30",
        "to": "2026-06-30",
        "cite": "S4 三(二); C-01; C-02",
    }
    assert document["measures"][0] == "permit_review"
    assert document["contested"] == ["r1"]
    assert {one["id"] for one in document["ambiguities"]} >= {"C-01", "C-05", "C-08"}
    words = {
        f"{word}_{lang}" for word in ("reading", "alternative", "changes") for lang in ("zh", "en")
    }
    assert all(set(one) == {"id", *words} for one in document["ambiguities"])
    assert [one["reason_en"] for one in document["records"]][2] == "withdrawn; not counted"
    assert [one["reason_zh"] for one in document["records"]][2] == "已撤销，不计"
    assert document["not_graded"] is None
    assert document["prospective"] is None
    assert document["inputs"]["subject"]["id"] == "S1"


def test_only_judgments_on_one_record_are_direct() -> None:
    national = _document(ruleset="national-2017-566")
    assert national["direct"] == []
    assert [one["rule"] for one in national["overrides"]] == ["other-violation"]
    assert national["overrides"][0]["record"] is None
    tianjin = _document(ruleset="tianjin-pilot")
    assert tianjin["direct"] == []
    assert tianjin["prospective"] == "3"


@pytest.mark.parametrize("ruleset_id", GRADING)
@pytest.mark.parametrize("kind", SubjectKind)
def test_a_receipt_recomputes_to_itself(ruleset_id: str, kind: SubjectKind) -> None:
    receipt = _receipt(ruleset_id, subject_kind=kind)
    assert verify(receipt) == []
    assert Receipt.from_json(receipt.to_json()) == receipt


def test_each_difference_is_told_with_its_place() -> None:
    document = _document()
    document["grade"] = "A"
    document["points"][0]["points"] = -2
    document["unused"] = []
    document["extra"] = 1
    del document["window"]["cite"]
    assert verify_document(document) == [
        "grade: stated 'A', recomputed 'E'",
        "points[0].points: stated -2, recomputed -20",
        (
            "unused: stated [], recomputed [{'record': 'r3', 'reason': 'withdrawn', "
            "'cite': 'S4 五(三)'}]"
        ),
        "window.cite: stated None, recomputed 'S4 三(二); C-01; C-02'",
        "extra: stated 1, recomputed None",
    ]


def test_a_part_of_another_shape_is_one_difference() -> None:
    document = _document()
    document["window"] = 5
    document["points"] = {}
    window, points = verify_document(document)[::-1]
    assert window.startswith("window: stated 5, recomputed {'from': '2021-06-30'")
    assert points.startswith("points: stated {}, recomputed [{'record': 'r1'")
    assert verify_document({**_document(), "grade": {"is": "E"}}) == [
        "grade: stated {'is': 'E'}, recomputed 'E'"
    ]


def test_a_number_is_not_a_truth_value() -> None:
    document = _document()
    document["no_record"] = 0
    assert verify_document(document) == ["no_record: stated 0, recomputed False"]


def test_changed_evidence_shows_in_the_result() -> None:
    document = _document()
    document["inputs"]["records"][0]["points"] = 1
    differences = verify_document(document)
    assert "grade: stated 'E', recomputed 'A'" not in differences
    assert "score: stated 75, recomputed 94" in differences
    assert "grade: stated 'E', recomputed 'B'" in differences


def test_another_version_of_the_rules_differs_in_its_hash() -> None:
    document = _document()
    document["ruleset_hash"] = "sha256:00"
    (difference,) = verify_document(document)
    assert difference.startswith("ruleset_hash: stated 'sha256:00'")


def test_an_unknown_ruleset_is_a_difference() -> None:
    document = _document()
    document["ruleset"] = "lost"
    assert verify_document(document) == ["ruleset: There is no ruleset lost."]


def test_a_receipt_that_cannot_be_read_is_refused() -> None:
    document = _document()
    document["as_of"] = "today"
    document["inputs"]["records"][0]["kind"] = "luck"
    with pytest.raises(InvalidInput) as refused:
        verify_document(document)
    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["as_of", "inputs.records[0].kind"]
    assert (refused.value.zh, refused.value.en) == (
        "评价凭据不符合要求",
        "The receipt is not valid.",
    )
    with pytest.raises(InvalidInput) as refused:
        verify_document([])
    assert [fault.field for fault in refused.value.faults] == [""]
    with pytest.raises(InvalidInput, match=r"^The receipt is not valid\.$") as refused:
        Receipt.from_json({**_document(), "records": 1, "score": "x", "window": None})
    assert refused.value.zh == "评价凭据不符合要求"
    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["score", "records", "window"]


def test_a_missing_value_of_a_receipt_is_read_as_absent() -> None:
    document = _document(ruleset="tianjin-pilot")
    for flag in ("example_values", "no_record", "in_force"):
        del document[flag]
    del document["records"][0]["counted"]
    receipt = Receipt.from_json(document)
    assert (receipt.example_values, receipt.no_record, receipt.in_force) == (False, False, False)
    assert not receipt.lines[0].counted


def test_a_receipt_is_explained_in_chinese() -> None:
    assert explain(_receipt(), "zh")[:8] == [
        (
            "截至2026-06-30，依《杭州市民生计量信用监督管理暂行办法（杭市管〔2021〕120号）》，"
            "S1评定为E级（失信）。"
        ),
        "得分75分，其中基本分90分。",
        "评价依据为2021-06-30至2026-06-30的记录（三(二)；C-01；C-02）。",
        "记录r1（行政处罚）：失信信息，减分 -20（四(三)；附件；R-076）。",
        "记录r2（表彰奖励）：守信信息，加分 +5（四(三)；附件；R-076）。",
        "记录r3（司法判决认定犯罪）：已撤销，不计（五(三)）。",
        "记录r1直接判定为E级（失信）（四(三)2）。",
        "措施：计量行政许可中列为重点审查对象，不适用告知承诺等便利化措施（四(五)E1）。",
    ]


def test_a_receipt_is_explained_in_english() -> None:
    said = explain(_receipt(), "en")
    assert said[:7] == [
        (
            "As of 2026-06-30, under the Hangzhou interim measures for livelihood metrology credit "
            "(No. 120 of 2021), S1 is graded E (untrustworthy)."
        ),
        "The score is 75; every subject starts with 90.",
        "Evidence is what falls between 2021-06-30 and 2026-06-30 (art. 三(二); C-01; C-02).",
        "Record r1 (penalty): an adverse fact; deducts points -20 (art. 四(三); art. 附件; R-076).",
        "Record r2 (award): a positive fact; adds points +5 (art. 四(三); art. 附件; R-076).",
        "Record r3 (crime): withdrawn; not counted (art. 五(三)).",
        "Record r1 gives E (untrustworthy) directly (art. 四(三)2).",
    ]
    assert "Under objection, counted until decided: r1." in said
    assert "Caution: the annex is absent; the point values are examples (R-076)." in said
    assert not any("is a draft" in sentence for sentence in said)
    assert any(sentence.startswith("Reading C-05: ") for sentence in said)


def test_both_languages_have_the_same_number_of_sentences() -> None:
    for ruleset_id in GRADING:
        for kind in SubjectKind:
            receipt = _receipt(ruleset_id, subject_kind=kind)
            zh, en = explain(receipt, "zh"), explain(receipt, "en")
            assert len(zh) == len(en)
            # Articles are cited as the texts number them, in Chinese.
            assert en[0].partition(" (")[0].isascii()


def test_cautions_are_explained() -> None:
    empty = grade(_dossier(), load("tianjin-pilot"), DAY)
    said = [one for one in explain(empty, "zh") if not one.startswith(("措施", "解释口径"))]
    assert said == [
        "截至2026-06-30，依《天津市服务业诚信计量分类监管试点方案（征求意见稿）》，S1评定为二类。",
        "评价依据为2023-12-31至2025-12-31的记录（附件二；C-02；C-17）。",
        "据此判定为二类（附件二2；C-17）。",
        "若本年度于当日结束，下一年度类别为二类。",
        "无可计入的记录（C-11）。",
        "注意：该文件为征求意见稿，或在该日尚未生效或已失效。",
    ]
    said = [one for one in explain(empty, "en") if not one.startswith("Measure")]
    assert said == [
        (
            "As of 2026-06-30, under the Tianjin pilot plan for classified supervision of honest "
            "metrology (draft), S1 is graded class 2."
        ),
        "Evidence is what falls between 2023-12-31 and 2025-12-31 (art. 附件二; C-02; C-17).",
        "This gives class 2 (art. 附件二2; C-17).",
        "If the year ended that day, next year's would be class 2.",
        "No record counts (C-11).",
        "Caution: the text is a draft, or was not in force that day.",
        *[f"Reading {one.id}: {one.reading_en}." for one in empty.ambiguities],
    ]


def test_every_record_under_objection_is_named() -> None:
    records = [_record("adverse_other", name, contested=True) for name in ("r1", "r2")]
    receipt = grade(_dossier(*records), load("hangzhou-2021-120"), DAY)
    said = explain(receipt, "zh")
    assert "存在异议、处理完毕前仍计入的记录：r1、r2。" in said
    assert not [one for one in said if one.startswith("无可计入")]


def test_only_the_trigger_that_decided_is_explained() -> None:
    records = (_record("overdue_use"), _record("complaint_upheld", "r2"))
    receipt = grade(_dossier(*records), load("national-2017-566"), DAY)
    assert [one.grade for one in receipt.overrides] == ["untrusted", "basically_trusted"]
    judgments = [one for one in explain(receipt, "en") if one.startswith("This gives")]
    assert judgments == ["This gives untrusted (art. 13(三))."]


def test_the_reason_for_no_grade_is_explained() -> None:
    receipt = _receipt(subject_kind=SubjectKind.NATURAL_PERSON)
    assert explain(receipt, "zh") == [
        (
            "依《杭州市民生计量信用监督管理暂行办法（杭市管〔2021〕120号）》，对S1不评定等级："
            "本文件不对此类主体评定等级（四(三)；C-21）。"
        ),
        "注意：文件附件缺失，所用分值为示例值（R-076）。",
    ]
    assert explain(receipt, "en")[0].endswith(
        "S1 has no grade. This text does not grade subjects of this kind. (art. 四(三); C-21)"
    )


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_words(reason: Reason) -> None:
    zh, en = SENTENCES[reason]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)
    assert en.isascii()


@pytest.mark.parametrize("kind", RecordKind)
def test_every_kind_has_its_words(kind: RecordKind) -> None:
    assert any("\u4e00" <= letter <= "\u9fff" for letter in kind_name(kind, "zh"))
    assert kind_name(kind, "en") == kind.value.replace("_", " ")


def test_line_counts_of_a_receipt_are_of_its_records() -> None:
    receipt = _receipt()
    reasons: Mapping[str, str] = {line.record: line.reason for line in receipt.lines}
    assert reasons == {"r1": "deducts", "r2": "adds", "r3": "withdrawn"}
