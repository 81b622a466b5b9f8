"""Every action that a service writes into its audit has words in both languages on the pages."""

import re

import pytest

from services.portal.audit_words import ACTIONS, action
from services.portal.rendering import catalogue
from services.portal.wording import Words
from tests.unit.services.portal.written_actions import actions

CODE = re.compile(r"[a-z]+[_.][a-z_.]+")


def words_of(code: str, language: str) -> str:
    say = catalogue(language).gettext
    return action(code, Words(say, language), say)


def test_the_actions_are_found_in_the_code() -> None:
    found = actions()
    assert {"enter_record", "confirmed_registration", "repair.decide", "approve_exposure"} <= found
    assert set(ACTIONS) <= found, "a word without an action"


@pytest.mark.parametrize("code", sorted(actions()))
def test_an_action_has_words(code: str) -> None:
    chinese, english = words_of(code, "zh-CN"), words_of(code, "en")
    assert chinese.isascii() is False
    assert english.isascii()
    assert not CODE.search(english)
