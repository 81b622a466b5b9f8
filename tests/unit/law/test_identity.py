"""Writings of one number are one; a digit or a letter that differs tells two things apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.identity import document_key, folded, may_be_one_model, serial_key

PENALTIES = (
    "测罚〔2026〕2号", "测罚[2026]2号", "测罚（2026）2号", "测罚【2026】02号", "测罚(2026)第2号",
    "测罚〔２０２６〕２号", " 测罚 〔2026〕 2 号 ", "测罚〔2026〕2\u200b号", "'测罚〔2026〕2号",
    '="测罚〔2026〕2号"', "测罚［2026］002号",
)  # fmt: skip
SERIALS = (
    "XL-001", "ＸＬ－００１", "XL—001", "XL–001", "XL-001\u200b", "xl-001", "XL -001", " XL-001",
    "№XL-001", "No.XL-001", "编号：XL-001", "'XL-001",
)  # fmt: skip


@pytest.mark.parametrize("number", PENALTIES)
def test_a_penalty_is_one_in_every_writing_of_its_number(number: str) -> None:
    assert document_key(number) == "测罚(2026)2"


@pytest.mark.parametrize(
    "other", ["测罚〔2026〕3号", "测罚〔2025〕2号", "测检〔2026〕2号", "测罚〔2026〕20号"]
)
def test_another_number_is_another_document(other: str) -> None:
    assert document_key(other) != document_key(PENALTIES[0])


def test_zeros_stay_where_the_form_does_not_say_what_they_are() -> None:
    assert document_key("A-007") != document_key("A-7")
    assert serial_key("007") != serial_key("7")


@pytest.mark.parametrize("number", SERIALS)
def test_an_instrument_is_one_in_every_writing_of_its_serial_number(number: str) -> None:
    assert serial_key(number) == "xl-001"


@pytest.mark.parametrize("other", ["XL-001#", "XL-01", "XL001", "XM-001", "XL-001A", "NOXL-001"])
def test_another_serial_number_is_another_instrument(other: str) -> None:
    assert serial_key(other) != "xl-001"


@pytest.mark.parametrize(
    "word",
    ["无", "不详", "б/н", "Б/Н", "-", "——", "/", "\\", "0", "000", "０", "N/A", "无编号", "", " "],
)
def test_a_word_for_no_number_is_no_number(word: str) -> None:
    assert serial_key(word) == ""


@pytest.mark.parametrize("number", ["1", "100", "A0", "无01", "XL-001", "10"])
def test_a_number_is_a_number(number: str) -> None:
    assert serial_key(number) != ""


def test_models_are_one_unless_both_are_known_and_differ() -> None:
    assert may_be_one_model("ACS-30", "acs 30 ")
    assert may_be_one_model("", "台式")
    assert not may_be_one_model("台式", "立柜式")


@given(st.text("AZaz09-_.()（）〔〕［］—－ \u200b测罚号第№ｘ１", max_size=40))
def test_how_wide_a_text_is_written_is_no_difference(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert document_key(wide) == document_key(text)
    assert serial_key(wide) == serial_key(text)
    assert folded(folded(text)) == folded(text)
