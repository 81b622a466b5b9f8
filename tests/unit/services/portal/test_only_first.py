"""Where a search shows only the first of what it found, the page says how many there are."""

from __future__ import annotations

import pytest

from services.portal.listing import Chunk
from services.portal.rendering import _environment, catalogue


def shown(chunk: Chunk[str], language: str = "zh-CN") -> str:
    macro = _environment(language).get_template("parts.html").module.only_first  # type: ignore[attr-defined]
    return str(macro(catalogue(language).gettext, str, chunk, "/subjects?q=x"))


@pytest.mark.parametrize(
    ("is_more", "told"), [(False, "共 73 项，这里只列出前面的 2 项"), (True, "共 73+ 项")]
)
def test_how_many_there_are_is_said_with_a_link_to_all(is_more: bool, told: str) -> None:
    text = shown(Chunk(["a", "b"], "next", 73, is_more=is_more))
    assert told in text
    assert 'href="/subjects?q=x"' in text


def test_in_english_too() -> None:
    assert "Of 73 found, the first 2 are listed." in shown(Chunk(["a", "b"], "next", 73), "en")


def test_nothing_is_said_where_all_are_shown() -> None:
    assert not shown(Chunk(["a", "b"], total=2)).strip()
