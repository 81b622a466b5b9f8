"""The texts of letters: which version writes a letter, and what a text may not leave out."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from plumbing.papers.letter_template import Letters
from services.objection.letter_template import TEXTS, of_cases

LISTED = """
notice:
  title: 通知书
  versions: [{number: 1, sha256: ""}, {number: 2, sha256: "", since: 2027-01-01}]
"""


@pytest.fixture
def texts(tmp_path: Path) -> Letters:
    (tmp_path / "letters.yaml").write_text(LISTED)
    (tmp_path / "notice.1.txt").write_text("{{ name }}：\n旧文\n")
    (tmp_path / "notice.2.txt").write_text("{{ name }}：\n新文\n")
    return Letters(tmp_path)


@pytest.mark.parametrize(
    ("day", "body", "template"),
    [
        (date(2026, 12, 31), "甲：\n旧文", "notice/1"),
        (date(2027, 1, 1), "甲：\n新文", "notice/2"),
    ],
)
def test_a_letter_is_written_by_the_version_of_its_day(
    texts: Letters, day: date, body: str, template: str
) -> None:
    letter = texts.write("notice", day, {"name": "甲"})
    assert (letter.title, letter.body, letter.template) == ("通知书", body, template)


def test_what_people_wrote_is_no_text_of_the_letter(texts: Letters) -> None:
    written = "{{ 7 * 7 }}\n\n {% raw %}<b>"
    letter = texts.write("notice", date(2026, 9, 14), {"name": written})
    assert letter.body == f"{written}：\n旧文"


def test_a_fact_that_is_missing_is_an_error(texts: Letters) -> None:
    with pytest.raises(UndefinedError, match="name"):
        texts.write("notice", date(2026, 9, 14), {})


def test_a_repeated_letter_is_numbered_with_the_first(texts: Letters) -> None:
    letter = texts.write("notice", date(2026, 9, 14), {"name": "甲"}, again="（第2次）")
    assert (letter.title, letter.series) == ("通知书（第2次）", "通知书")


def test_every_version_has_its_text_and_every_text_is_a_version() -> None:
    listed = {
        f"{name}.{version.number}.txt"
        for name, template in of_cases().templates.items()
        for version in template.versions
    }
    assert {file.name for file in TEXTS.glob("*.txt")} == listed


def whole(name: str) -> str:
    """A text with its parts in their places."""
    text = (TEXTS / name).read_text()
    return re.sub(r'{% include "([^"]+)" %}', lambda part: whole(part[1]), text)


def test_a_version_that_may_have_written_letters_is_as_it_was() -> None:
    """Another wording is another version: see `letters.yaml`."""
    for name, template in of_cases().templates.items():
        for version in template.versions:
            text = whole(f"{name}.{version.number}.txt")
            assert hashlib.sha256(text.encode()).hexdigest() == version.sha256, name


def lines_of_today() -> list[str]:
    """The lines of the texts by which letters are written now, their parts in their places."""
    names = (
        f"{name}.{kind.versions[-1].number}.txt" for name, kind in of_cases().templates.items()
    )
    return [line for name in names for line in whole(name).splitlines()]


def test_a_line_that_ends_with_a_citation_ends_with_a_stop() -> None:
    cited = [line for line in lines_of_today() if re.search(r"依据：{{ [^}]+ }}）?。?$", line)]
    assert cited
    assert [line for line in cited if not line.endswith("。")] == []


def test_no_bracket_cites_an_article_and_says_that_no_text_sets_the_days() -> None:
    """An adopted number is said to be adopted, and from where; a binding one has its article."""
    lines = [line for line in lines_of_today() if "terms." in line or "of_term.days" in line]
    assert lines
    assert [line for line in lines if "（{{ cites.term }}）" in line] == []
    letters = {
        adopted: of_cases()
        ._texts.get_template("parts/days.2.txt")
        .render(of_term={"adopted": adopted}, cites={"term": "《办法》第二十八条"})
        for adopted in (True, False)
    }
    assert letters == {
        True: "现行有效的文本未规定日数，本机关参照采用《办法》第二十八条所定的日数",
        False: "依据：《办法》第二十八条",
    }


def test_every_part_is_of_some_text() -> None:
    used = {
        part
        for file in TEXTS.rglob("*.txt")
        for part in re.findall(r'{% include "parts/([^"]+)" %}', file.read_text())
    }
    assert {file.name for file in (TEXTS / "parts").iterdir()} == used


def test_later_versions_have_a_first_day_after_the_one_before() -> None:
    for template in of_cases().templates.values():
        first, *later = [version.since for version in template.versions]
        assert first is None
        assert None not in later
        assert later == sorted(set(later), key=str)
