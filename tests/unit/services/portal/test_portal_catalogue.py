"""Every text of the portal has its English, and the catalogue holds nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from services.portal.rendering import HERE, _environment, catalogue
from tools.messages import texts, updated

BRACES = re.compile(r"\{\w*\}")
# A number and a word for several of a thing, which a single one of them would make wrong.
PLURAL = re.compile(
    r"\{(?:n|days|count|total|number|points|score|minutes|cap|budget|alerts|drops|subjects|most|"
    r"high|low|decided|done|times|rows|cases)\}"
    r"(?: (?:more|working|unread|green|red|yellow))? [a-z]+s\b"
)
VERBS = re.compile(r" (is|was|has|does|lies)$")


def english() -> dict[str, str]:
    file: Path = HERE / "locale" / "en" / "LC_MESSAGES" / "portal.po"
    with file.open("rb") as source:
        return {str(entry.id): str(entry.string) for entry in read_po(source) if entry.id}


def test_every_text_has_its_english_and_no_other_has() -> None:
    catalogue = english()
    assert texts() == set(catalogue)
    assert [text for text, translation in catalogue.items() if not translation.strip()] == []


def test_no_text_hides_within_another() -> None:
    """A text that is marked inside an f-string is not found by whoever extracts the texts."""
    hidden = [
        (file.name, ast.unparse(call))
        for file in HERE.rglob("*.py")
        for whole in ast.walk(ast.parse(file.read_text()))
        if isinstance(whole, ast.JoinedStr)
        for call in ast.walk(whole)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "N_"
    ]
    assert hidden == []


def test_the_catalogue_is_sorted_and_holds_no_text_twice() -> None:
    source = (HERE / "locale" / "en" / "LC_MESSAGES" / "portal.po").read_bytes()
    assert updated(source) == source


WIDE_SPACES = "\N{IDEOGRAPHIC SPACE}", "&emsp;", "\N{EM SPACE}"


def test_no_wide_space_stands_between_two_values() -> None:
    """At the end of a line it would stick out of a phone; `gap` gives way there."""
    sources = [file for kind in ("*.html", "*.py", "*.po") for file in HERE.rglob(kind)]
    wide = [one.name for one in sources if any(map(one.read_text().__contains__, WIDE_SPACES))]
    assert (len(sources) > 100, wide) == (True, [])


def test_no_translation_says_the_same_twice() -> None:
    """A text that was filled in again has its English twice over."""
    twice = re.compile(r"(.{20,})\1", re.DOTALL)
    assert [text for text, translation in english().items() if twice.search(translation)] == []


def test_english_has_its_own_punctuation_and_the_spaces_that_it_needs() -> None:
    """Between Chinese texts the punctuation is space enough; English needs one beside it."""
    for text, translation in english().items():
        bare = re.sub("“[^”]*”", "", translation)  # what a Chinese page says is quoted as it is
        assert not re.search("[（）：；，。、！？]", bare), text
        assert translation.endswith(" ") or not text.endswith(("：", "，", "；", "、")), text
        assert translation.startswith((" ", ",", ";", ":")) or not text.startswith("（"), text


TAGS = r"(?:{% (?:endif|if[^%]*) %})*"
FOLLOWED = re.compile(
    r"_\('([^']+)'\)(?:\.format\((?:[^{}]|\{[^{}]*\})*?\))? }}"
    + TAGS
    + r"(?:<a |{{ (?!gap\b))(?:_\('([^']+)'\))?"
)


def test_english_has_a_space_before_what_follows_a_text_on_its_line() -> None:
    catalogue = english()
    without = [
        (file.name, text)
        for file in sorted((HERE / "templates").rglob("*.html"))
        for text, after in FOLLOWED.findall(file.read_text())
        if not catalogue[text].endswith((" ", "(", "“"))
        and not catalogue.get(after, "").startswith((" ", ",", ";", ":", "."))
    ]
    assert without == []


def test_what_stands_between_values_is_set_in_english() -> None:
    source = (
        "{{ a }}（{{ b }}）：<b>{{ c | join('、') }}</b>。{{ _('（空）') }}；{{ _('：{title}') }}"
    )
    values = {"a": "甲（乙）", "b": 1, "c": [2, 3]}
    template = _environment("en").from_string(source)
    shown = template.render(**values, _=catalogue("en").gettext)
    assert shown == "甲（乙） (1): <b>2, 3</b>.  (blank); : {title}"
    chinese = _environment("zh-CN").from_string(source).render(**values, _=str)
    assert chinese == "甲（乙）（1）：<b>2、3</b>。（空）；：{title}"


def test_no_page_sets_chinese_punctuation_between_values_by_itself() -> None:
    own = re.compile(r'"[、；：，]"\.join')
    pages = sorted((HERE / "pages").rglob("*.py"))
    assert len(pages) > 1
    assert [file.name for file in pages if own.search(file.read_text())] == []


def test_a_word_after_a_number_has_its_form_for_one() -> None:
    found = (PLURAL.search(translation) for translation in english().values())
    assert [one[0] for one in found if one and not VERBS.search(one[0])] == []


@pytest.mark.parametrize(
    ("chinese", "count", "written"),
    [("{days} 天", 1, "1 day"), ("{days} 天", 0, "0 days"), ("{days} 天", 11, "11 days")],
)
def test_one_is_singular(chinese: str, count: int, written: str) -> None:
    assert catalogue("en").gettext(chinese).format(days=count) == written


def test_a_translation_fills_in_the_same_values() -> None:
    differing = [
        text
        for text, translation in english().items()
        if sorted(BRACES.findall(text)) != sorted(BRACES.findall(translation))
    ]
    assert differing == []
