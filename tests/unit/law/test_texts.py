"""The legal texts and the citations of their articles."""

from __future__ import annotations

import pytest

from law.errors import NotFound
from law.reader.texts import (
    TEXTS,
    TextStatus,
    is_citation,
    spell_articles,
    spell_out,
    text,
    without_codes,
)


def test_two_texts_are_issued_and_three_are_drafts() -> None:
    issued = {key for key in TEXTS if key.startswith("S") and TEXTS[key].status == "issued"}
    assert {"S1", "S4"} <= issued
    assert all(TEXTS[key].status is TextStatus.DRAFT for key in ("S0", "S2", "S3"))
    assert TEXTS["S4"].number == "杭市管〔2021〕120号"
    assert TEXTS["S1"].number == "国质检量函〔2017〕566号"


def test_every_text_has_both_titles() -> None:
    for key, one in TEXTS.items():
        assert one.id == key
        assert one.title_zh
        assert one.title_en.isascii()


def test_a_text_is_found_by_its_id() -> None:
    assert text("S3").title_zh == "杭州市计量信用管理办法（试行）"
    with pytest.raises(NotFound):
        text("S9")


@pytest.mark.parametrize(
    "good", ["S4 四(三)", "S0 附件三 1", "C-17", "R-076", "D-08", "S3 16; S3 9(一); C-04"]
)
def test_good_citations(good: str) -> None:
    assert is_citation(good)


@pytest.mark.parametrize(
    "bad", ["", "S4", "S4 ", "S9 1", "C-1", "X-01", "S4 1;", "S4 1; x", "c-17"]
)
def test_bad_citations(bad: str) -> None:
    assert not is_citation(bad)


def test_a_citation_is_spelled_out_for_people() -> None:
    assert spell_out("S3 16; C-04", "zh") == "《杭州市计量信用管理办法（试行）》16；C-04"
    assert spell_out("S3 16; C-04", "en") == (
        "Hangzhou measures for metrology credit (trial, draft), 16; C-04"
    )
    assert spell_out("S4 附件 1", "zh") == "《杭州市民生计量信用监督管理暂行办法》附件 1"


def test_within_its_text_an_article_stands_alone() -> None:
    assert spell_out("S3 16; S4 三(二)", "zh", within="S3") == (
        "16；《杭州市民生计量信用监督管理暂行办法》三(二)"
    )
    assert spell_out("S3 16", "en", within="S3") == "art. 16"


def test_a_letter_names_each_text_once_and_none_of_our_own_numbers() -> None:
    value = "S3 24(三); S4 四(一); S3 25; C-19"
    assert spell_articles(value) == (
        "《杭州市计量信用管理办法（试行）》第二十四条第（三）项、第二十五条，"
        "《杭州市民生计量信用监督管理暂行办法》第四部分第（一）项"
    )
    assert spell_articles("S3 16; C-04", "en") == f"{TEXTS['S3'].title_en}, 16"
    assert spell_articles("C-19") == ""


@pytest.mark.parametrize(
    ("cite", "official"),
    [
        ("S3 27", "第二十七条"),
        ("S1 20", "第二十条"),
        ("S3 9(一)", "第九条第（一）项"),
        ("S4 五(三)", "第五部分第（三）项"),
        ("S4 四(三)2", "第四部分第（三）项第2点"),
        ("CIVIL-CODE 201", "第二百零一条"),
        ("CIVIL-CODE 110", "第一百一十条"),
        ("GBF-2025-22 二", "第二部分"),
        ("S4 附件", "附件"),
        ("S4 四(五)E2", "四（五）E2"),
        ("JJG 162-2019", "162-2019"),
        ("CATALOGUE-2020-42 2", "2"),
    ],
)
def test_a_letter_writes_an_article_as_official_documents_do(cite: str, official: str) -> None:
    assert spell_articles(cite).partition("》")[2] == official


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("减分 -20（四(三)；附件；R-076）。", "减分 -20（四(三)；附件）。"),
        ("无可计入的记录（C-11）。", "无可计入的记录。"),
        ("解释口径C-05：从宽。", "解释口径：从宽。"),
        ("依据（C-04；S1 10）。", "依据（S1 10）。"),
        ("型号 ABC-123、D-1", "型号 ABC-123、D-1"),
    ],
)
def test_a_sentence_of_a_letter_has_none_of_our_own_numbers(sentence: str, plain: str) -> None:
    assert without_codes(sentence) == plain
