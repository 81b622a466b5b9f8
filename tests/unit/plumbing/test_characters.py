"""Which characters texts of people may contain, and by which signs the others are shown."""

import sys
import unicodedata

import pytest

from plumbing.characters import barred, reasons, visible

# Letters and symbols that show nothing; Unicode gives them no category of their own.
SHOW_NOTHING = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"


def is_bad(character: str) -> bool:
    code = ord(character)
    no_character = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    category = unicodedata.category(character)
    return no_character or character in SHOW_NOTHING or category in {"Cc", "Cf", "Zl", "Zp", "Cs"}


def test_what_cannot_be_seen_is_barred_and_nothing_else() -> None:
    wrong = [
        f"U+{code:04X}"
        for code in range(sys.maxunicode + 1)
        if bool(barred(chr(code))) != is_bad(chr(code))
    ]
    assert wrong == []


@pytest.mark.parametrize("text", ["一\n二", "一\r\n二", "甲\t乙"])
def test_only_a_text_of_several_lines_has_ends_of_lines(text: str) -> None:
    assert barred(text)
    assert not barred(text, several_lines=True)


@pytest.mark.parametrize("text", ["一\r二", "一\u2028二", "一\x0b二", "一\x85二", "一\u202e二"])
def test_no_text_has_other_ends_of_lines_or_directions(text: str) -> None:
    assert barred(text, several_lines=True)


@pytest.mark.parametrize(
    "text", ["𠮷野家", "葛\U000e0100", "龘·鱻", "\ue000", "①Ⅳ㈱", "Ångström", "[/x]"]
)
def test_rare_characters_and_brackets_are_texts(text: str) -> None:
    assert not barred(text)
    assert visible(text) == text


def test_the_reason_names_the_character() -> None:
    for said in reasons("\u200b"):
        assert "U+200B" in said
    assert "换行" in reasons("\n")[0]


def test_what_was_stored_before_is_shown_by_a_sign() -> None:
    assert visible("a\x1b[31m\x9b\u202eb\u200c") == "a␛[31m<U+009B><U+202E>b<U+200C>"
    assert visible("一\n二\r\n三") == "一\n二\r\n三"
    assert not barred(visible("\x00\x7f\u2066\ufeff\U000e0041"))
