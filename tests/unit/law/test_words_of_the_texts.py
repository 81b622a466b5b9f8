"""Every citation of the data leads to an article in the words of its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import law
from law.corpus import READERS, articles, cited
from law.reader.packaged import read
from law.reader.texts import TEXTS, with_titles
from law.reader.words import article_of, paragraphs

WITH_WORDS = ("S0", "S1", "S2", "S3", "S4", "CIVIL-CODE")
REQUIREMENTS = Path(law.__file__).parent.parent / "docs" / "law_requirements.yaml"


def citations() -> Iterator[str]:
    for name in READERS:
        for entry in cited(read(name)):
            yield from articles(entry.cite)
    for section in yaml.safe_load(REQUIREMENTS.read_text("utf-8"))["sections"]:
        for requirement in section["requirements"]:
            yield from articles(requirement["cite"])


def test_every_article_that_is_cited_has_its_words() -> None:
    missing = {
        cite
        for cite in citations()
        for head, _, article in [cite.partition(" ")]
        if head in WITH_WORDS
        and article not in {number for one in paragraphs(head) for number in one.articles}
    }
    assert missing == set()


@pytest.mark.parametrize("text_id", TEXTS)
def test_an_article_begins_and_ends_once(text_id: str) -> None:
    written = paragraphs(text_id)
    assert bool(written) == (text_id in WITH_WORDS)
    begun = [article for one in written for article in one.begins]
    assert sorted(begun) == sorted({article for one in written for article in one.articles})
    assert sorted(begun) == sorted(article for one in written for article in one.ends)
    assert all(one.words.strip() for one in written)


@pytest.mark.parametrize(
    ("text_id", "article", "words"),
    [
        ("S4", "四(一)", "绿色提示：计量器具 2 个月内即将达到检定有效期限；"),
        ("S4", "四(三)2", "单次信用扣分 20 分（含）以上"),
        ("S4", "四(五)E1", "列为重点审查对象"),
        ("S3", "28", "自受理异议或者复核申请之日起5个工作日内处理完毕"),
        ("S0", "附件三1", "可于下一年度调整为二类"),
        ("S1", "13(五)", "一年内发生两次以上克扣消费者被查处的"),
        ("S2", "附件3-放心计量", "零售商品称重应“去皮称重”"),
    ],
)
def test_an_article_says_what_the_text_says(text_id: str, article: str, words: str) -> None:
    said = "".join(one.words for one in paragraphs(text_id) if article in one.articles)
    assert words in said


def test_an_article_that_is_not_numbered_leads_to_the_one_around_it() -> None:
    assert article_of("S4", "四(三)9") == "四(三)"
    assert article_of("S3", "28(七)") == "28"
    assert article_of("S4", "没有") == "没有"
    assert article_of("ZJ-REPAIR", "5(一)") == "5(一)"  # its words are not here


def test_a_sentence_for_people_has_no_codes() -> None:
    readings = [
        text
        for name in READERS
        for reading in read(name).get("ambiguities", [])
        for text in (reading.get("text_zh", ""), reading["alternative_zh"])
    ]
    told = [with_titles(sentence, "zh") for sentence in readings]
    assert [one for one in told if re.search(r"(?<![A-Za-z])(?:[CRD]-\d|S[0-4](?!\d))", one)] == []
    assert with_titles("按S3第十六条", "zh") == "按《杭州市计量信用管理办法（试行）》第十六条"
