"""A letter as PDF: what it states, the same bytes for the same letter, and no boxes."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
import typst
from pypdf import PdfReader

from plumbing.papers import typesetting
from plumbing.papers.check_code import agrees, new_check_code, tidy_number
from plumbing.papers.letter_pdf import Letter, letter_pdf
from plumbing.papers.letter_text import digest, parts_of
from plumbing.papers.typesetting import CannotTypeset
from tests.png import qr_texts

PORTAL = "https://quanheng.example"
BODY = (
    "编号：行政指导建议书〔2026〕330106-0001号\n"
    "杭州某某加油站：\n"
    "一、事实：截至 2026-09-14，贵单位下列在用计量器具处于红色警示状态：\n"
    "1. 加油机，出厂编号 A-1。\n"
    "西湖区市场监督管理局\n2026-09-14\n"
)
LETTER = Letter(
    "行政指导建议书",
    BODY,
    date(2026, 9, 14),
    "行政指导建议书〔2026〕330106-0001号",
    "K7QX-3MWP",
    digest(BODY),
)

needs_a_font = pytest.mark.skipif(
    "Noto Serif CJK SC" not in typst.Fonts().families(),
    reason="NO FONT: install Debian's package fonts-noto-cjk to typeset letters",
)


def printed(letter: Letter) -> str:
    """The text of the PDF without blanks and line breaks."""
    reader = PdfReader(io.BytesIO(letter_pdf(letter, PORTAL, "")))
    return "".join("".join(page.extract_text().split()) for page in reader.pages)


@needs_a_font
def test_a_letter_states_head_number_text_signature_and_check() -> None:
    text = printed(LETTER)
    for part in (
        "西湖区市场监督管理局", LETTER.number, "杭州某某加油站：", "出厂编号A-1",
        "2026年9月14日", "（印章）", "quanheng.example/check/letter", "K7QX-3MWP", LETTER.sha256,
    ):  # fmt: skip
        assert part in text
    assert text.count(LETTER.number) == 1  # in the head, not again as a line of the text


@needs_a_font
def test_the_same_letter_gives_the_same_bytes() -> None:
    first, second = (letter_pdf(LETTER, PORTAL, "") for _ in range(2))
    assert first == second
    assert letter_pdf(replace(LETTER, title="约谈通知"), PORTAL, "") != first
    made = PdfReader(io.BytesIO(first)).metadata
    assert made is not None
    assert made.creation_date is not None
    assert made.creation_date.date() == LETTER.issued_on


@needs_a_font
def test_a_letter_of_before_check_codes_has_no_check() -> None:
    text = printed(replace(LETTER, number="", check_code=""))
    assert "校验码" not in text
    assert "杭州某某加油站：" in text


def test_the_code_leads_to_the_page_that_checks_this_letter() -> None:
    codes: list[str] = []
    real = typesetting.qr_svg

    def note(url: str, error: str) -> str:
        codes.append(url)
        return real(url, error)

    with (
        patch("plumbing.papers.letter_pdf.qr_svg", note),
        patch("plumbing.papers.letter_pdf.typeset", lambda *_: b""),
    ):
        letter_pdf(LETTER, f"{PORTAL}/", "")
    [url] = codes
    assert urlsplit(url).path == "/check/letter"
    given = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert tidy_number(given["number"]) == LETTER.number
    assert agrees(LETTER.check_code, given["code"])


@needs_a_font
def test_the_printed_code_can_be_read() -> None:
    compiler = typst.Compiler(sys_inputs={"qr": real_svg()})
    source = b'#image(bytes(sys.inputs.qr), format: "svg", width: 40mm)'
    png = compiler.compile(source, format="png", ppi=150)
    assert isinstance(png, bytes)
    assert qr_texts(png) == {PORTAL}


def real_svg() -> str:
    return typesetting.qr_svg(PORTAL, error="m")


@needs_a_font
@pytest.mark.parametrize("rare", ["𠢧", "\U00031350"])
def test_a_character_that_no_font_has_is_refused_by_name(rare: str) -> None:
    body = BODY.replace("某某", f"某{rare}")
    with pytest.raises(CannotTypeset) as refused:
        letter_pdf(replace(LETTER, body=body), PORTAL, "")
    assert f"U+{ord(rare):04X}" in refused.value.zh
    assert f"U+{ord(rare):04X}" in refused.value.en


@needs_a_font
def test_a_rare_character_of_the_font_is_printed() -> None:
    assert "𰻞" in printed(replace(LETTER, body=BODY.replace("某某", "某𰻞")))


def test_without_a_chinese_font_nothing_is_typeset(tmp_path: Path) -> None:
    none = typst.Fonts(include_system_fonts=False, font_paths=[tmp_path])
    with (
        patch("plumbing.papers.typesetting._fonts", lambda _dir: none),
        pytest.raises(CannotTypeset) as refused,
    ):
        letter_pdf(LETTER, PORTAL, "")
    assert "fonts-noto-cjk" in refused.value.zh
    assert "QUANHENG_FONT_DIR" in refused.value.en


@needs_a_font
def test_fonts_may_come_from_a_directory() -> None:
    folder = Path("/usr/share/fonts/opentype/noto")
    if not folder.exists():
        pytest.skip("the package's fonts are elsewhere on this machine")
    alone = typst.Fonts(include_system_fonts=False, font_paths=[folder])
    with patch("plumbing.papers.typesetting._fonts", lambda _dir: alone):
        assert letter_pdf(LETTER, PORTAL, str(folder)).startswith(b"%PDF")


def test_the_parts_of_a_text() -> None:
    parts = parts_of(BODY)
    assert parts.opening == ("编号：行政指导建议书〔2026〕330106-0001号",)
    assert parts.addressee == "杭州某某加油站："
    assert (parts.signer, parts.day) == ("西湖区市场监督管理局", "2026-09-14")
    assert parts_of("一\n二\n局\n日").addressee == ""


@pytest.mark.parametrize(
    "typed",
    [
        "提醒〔2026〕330106-0001号",
        " 提醒[2026]330106-0001 ",
        "提醒（2026） 330106-0001号",
        "提醒【2026】330106-0001",
    ],
)
def test_a_number_may_be_typed_as_keyboards_allow(typed: str) -> None:
    assert tidy_number(typed) == "提醒〔2026〕330106-0001号"


def test_a_check_code_is_read_as_people_type_it_and_never_guessed_empty() -> None:
    code = new_check_code()
    assert agrees(code, code.lower().replace("-", " "))
    assert not agrees(code, new_check_code())
    assert not agrees("", "")
    assert len({new_check_code() for _ in range(1000)}) == 1000
