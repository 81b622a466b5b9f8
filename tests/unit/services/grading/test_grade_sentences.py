"""Outlook and comparison in sentences: days, grades, records and articles, in both languages."""

from __future__ import annotations

from datetime import date

from law import grading
from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.grading.wording_receipt import Lang
from law.texts_in_force import load as ruleset
from services.grading import wording

TODAY, MAY = date(2026, 9, 14), date(2026, 5, 6)


def dossier(sector: Sector, *kinds: RecordKind) -> Dossier:
    records = tuple(
        Record(f"rec-{number}", kind, MAY, MAY, final=True) for number, kind in enumerate(kinds)
    )
    return Dossier("subj", sector, SubjectKind.ORGANISATION, records)


def ahead(ruleset_id: str, file: Dossier, lang: Lang) -> list[str]:
    outlook = grading.outlook(file, ruleset.load(ruleset_id), TODAY)
    return wording.ahead(outlook, file, lang)


def test_an_outlook_of_points_names_ends_and_the_worth_of_a_repair() -> None:
    sentences = ahead("hangzhou-2021-120", dossier(Sector.MARKET, RecordKind.PENALTY), "zh")
    record = "“2026-05-06认定，rec-0”"
    assert sentences[0] == "截至2026-09-14为C级（一般）（80分）。"
    assert sentences[1].startswith("若无其他变化，自2031-05-07起为B级")
    assert sentences[1].endswith(f"：{record}不再计入。")
    assert sentences[2].startswith("步骤最少的途径：自2026-09-14起可达")
    [repair] = [line for line in sentences if f"就记录{record}（行政处罚）申请修复 +10（" in line]
    assert "（四(四)；《信用修复管理办法》申请条件(一)；" in repair


def test_a_better_class_needs_good_records_before_the_year_ends() -> None:
    file = dossier(Sector.OPTICAL, RecordKind.PENALTY)
    zh, en = (ahead("tianjin-pilot", file, lang) for lang in ("zh", "en"))
    assert len(zh) == len(en)
    assert zh[1].startswith("若无其他变化，自2027-01-01起为三类")
    assert en[1].startswith("If nothing else happens, from 2027-01-01: class 3")
    [reached] = [line for line in zh if "步骤最少" in line]
    [by] = {line[2:12] for line in zh if line.startswith("最迟")}
    assert by.endswith("-12-31")
    assert f"自{int(by[:4]) + 1}-01-01起可达一类" in reached


def test_the_best_grade_has_no_way_up() -> None:
    sentences = ahead("hangzhou-2021-120", dossier(Sector.MARKET, RecordKind.AWARD), "zh")
    assert sentences[0].startswith("截至2026-09-14为A级")
    assert not any("途径" in line or "步骤" in line for line in sentences)


def test_a_comparison_names_each_grade_or_the_reason_for_none() -> None:
    receipts = grading.compare(dossier(Sector.MARKET), TODAY)
    zh, en = (grading.tell_apart(receipts, lang) for lang in ("zh", "en"))
    assert [("不评定等级" in line) for line in zh] == [False, False, True, False]
    assert [("there is no grade" in line) for line in en] == [False, False, True, False]
    assert zh[0].endswith("（90分）。")
