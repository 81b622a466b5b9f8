"""Every legal text has a page in both languages, whatever the data take from its articles."""

from __future__ import annotations

import pytest

from law.reader.texts import TEXTS
from services.portal.law_figures import figures_by_article, readings_of
from services.portal.rendering import catalogue
from services.portal.wording import Words


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("text_id", TEXTS)
def test_what_is_taken_from_a_text_is_said_in_sentences(text_id: str, language: str) -> None:
    words = Words(catalogue(language).gettext, language)
    found = [one for own in figures_by_article(text_id, words).values() for one in own]
    assert all(one.source and one.sentence for one in found)
    assert all(one.text_zh and one.text_en for one in readings_of(text_id))


def test_the_window_for_a_reply_is_told_in_working_days_of_each_text() -> None:
    words = Words(catalogue("zh-CN").gettext, "zh-CN")
    told = [
        one for one in figures_by_article("S1", words)["19"] if "个工作日内可以陈述" in one.sentence
    ]
    assert told
    assert all(one.example for one in told)
