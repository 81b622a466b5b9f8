"""Typesets papers as PDF/A with typst, in Chinese fonts that the machine or a setting provides.

The same input gives the same bytes on machines with the same fonts: a paper states its own date,
and no time of the machine enters it. A paper never has empty boxes in place of characters: without
a Chinese font, or for a character that no font has, typesetting is refused.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, cast

import segno
import typst

from law.errors import LawError
from plumbing.characters import visible

HERE = Path(__file__).parent
# The faces of official documents first, if the bureau provides them; then Debian's fonts-noto-cjk.
FACES = {
    "text": ("FangSong_GB2312", "FangSong", "STFangsong", "Noto Serif CJK SC"),
    "title": ("FZXiaoBiaoSong-B05S", "SimSun", "STSong", "Noto Serif CJK SC"),
    "label": ("SimHei", "STHeiti", "Noto Sans CJK SC", "Noto Serif CJK SC"),
}
# An archive format: typst then refuses a character that no font has, which is wanted here.
STANDARD: Literal["a-2b"] = "a-2b"
_NOT_IN_FONTS = re.compile(r'the text `"(.+)"` could not be displayed')


class CannotTypeset(LawError):
    """The paper cannot be typeset with the fonts of this machine.

    Raised where there is no Chinese font, or no font for a character of the text.
    """

    reason = "CANNOT_TYPESET"
    message_zh = "本机的字体不足以排印此文书"


def typeset(template: str, values: dict[str, Any], font_dir: str) -> bytes:
    """Typesets a template of this package with JSON values; returns the PDF.

    `font_dir` is a directory of fonts that are used beside those of the machine; empty for none.
    Raises CannotTypeset.
    """
    fonts = _fonts(font_dir)
    data = json.dumps(_seen(values) | {"faces": _faces(fonts)}, ensure_ascii=False)
    compiler = typst.Compiler(font_paths=fonts, sys_inputs={"data": data})
    source = (HERE / template).read_bytes()
    try:
        pdf, warnings = compiler.compile_with_warnings(source, format="pdf", pdf_standards=STANDARD)
    except typst.TypstError as error:
        raise _refusal(error) from error
    if warnings:
        listed = "; ".join(warning.message for warning in warnings)
        raise CannotTypeset(f"排印有误：{listed}", f"Typesetting went wrong: {listed}")
    return cast("bytes", pdf)  # a PDF is one file, whatever its number of pages


def _seen(value: Any) -> Any:
    """The same values, in whose texts every character can be seen."""
    match value:
        case str():
            return visible(value)
        case dict():
            return {key: _seen(item) for key, item in value.items()}
        case list() | tuple():
            return [_seen(item) for item in value]
    return value


@lru_cache(maxsize=4)
def _fonts(font_dir: str) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=True, font_paths=[font_dir] if font_dir else [])


def _faces(fonts: typst.Fonts) -> dict[str, list[str]]:
    """The faces at hand for each purpose, in order of preference."""
    known = set(fonts.families())
    faces = {purpose: [f for f in wanted if f in known] for purpose, wanted in FACES.items()}
    if not all(faces.values()):
        raise CannotTypeset(
            "本机没有中文字体，不能排印文书。请安装 fonts-noto-cjk，"
            "或者用 QUANHENG_FONT_DIR 指明字体所在的目录",
            "This machine has no Chinese font. Install fonts-noto-cjk, or name a directory of "
            "fonts in QUANHENG_FONT_DIR",
        )
    return faces


def _refusal(error: typst.TypstError) -> CannotTypeset:
    if missing := _NOT_IN_FONTS.search(error.message):
        character = missing[1]
        points = " ".join(f"U+{ord(one):04X}" for one in character)
        return CannotTypeset(
            f"字体中没有“{character}”（{points}）。请把含有此字的字体放入 QUANHENG_FONT_DIR 的目录",
            f"No font has the character {character} ({points}). Put a font that has it into the "
            "directory of QUANHENG_FONT_DIR",
        )
    return CannotTypeset(f"排印有误：{error.message}", f"Typesetting went wrong: {error.message}")


def qr_svg(url: str, error: str) -> str:
    """Returns the QR code of an address as an SVG picture without a margin.

    `error` is the level of error correction: of `m` a seventh may be dirty or torn, of `q` a
    quarter; the code is finer for it.
    """
    return str(segno.make(url, error=error, micro=False).svg_inline(border=0, omitsize=True))
