"""A sheet of labels: each code can be read and leads to its instrument; the bytes are the same."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
import typst
from pypdf import PdfReader

from plumbing.papers import typesetting
from plumbing.papers.label_sheet import PER_SHEET, LabelFace, label_sheet
from tests.png import qr_texts

PORTAL, TODAY = "https://quanheng.example", date(2026, 9, 14)
FACES = [LabelFace(f"3f9a01c2d{n:x}-7k3m9qxb", "燃油加油机", f"NO-{n}") for n in range(6)]

pytestmark = pytest.mark.skipif(
    "Noto Sans CJK SC" not in typst.Fonts().families(),
    reason="NO FONT: install Debian's package fonts-noto-cjk to typeset labels",
)


def test_the_codes_on_the_sheet_lead_to_the_instruments() -> None:
    given: list[dict[str, Any]] = []
    with patch("plumbing.papers.label_sheet.typeset", lambda *asked: given.append(asked[1])):
        label_sheet(FACES, TODAY, f"{PORTAL}/", "")
    fonts = typst.Fonts()
    data = json.dumps(given[0] | {"faces": {"label": ["Noto Sans CJK SC"]}})
    compiler = typst.Compiler(font_paths=fonts, sys_inputs={"data": data})
    source = (typesetting.HERE / "labels.typ").read_bytes()
    png = compiler.compile(source, format="png", ppi=96)
    assert isinstance(png, bytes)
    assert qr_texts(png) == {f"{PORTAL}/i/{face.code}" for face in FACES}


def test_a_sheet_holds_24_and_the_same_labels_give_the_same_bytes() -> None:
    faces = FACES * 5
    first, second = (label_sheet(faces, TODAY, PORTAL, "") for _ in range(2))
    assert first == second
    pages = PdfReader(io.BytesIO(first)).pages
    assert len(pages) == -(-len(faces) // PER_SHEET)
    assert "燃油加油机" in pages[0].extract_text()
