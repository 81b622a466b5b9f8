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
from plumbing.papers.label_sheet import LabelFace, Layout, label_sheet, layouts, path_of
from tests.png import qr_texts

PORTAL, TODAY = "https://quanheng.example", date(2026, 9, 14)
FACES = [
    LabelFace(
        *(f"3f9a01c2d{n:x}-7k3m9qxb", f"/8004/6901234567893f9a01c2d{n:x}7k3m9qxb"),
        *("燃油加油机", f"NO-{n}"),
    )
    for n in range(6)
]

pytestmark = pytest.mark.skipif(
    "Noto Sans CJK SC" not in typst.Fonts().families(),
    reason="NO FONT: install Debian's package fonts-noto-cjk to typeset labels",
)


def test_the_codes_on_the_sheet_lead_to_the_instruments() -> None:
    for layout in layouts().values():
        assert codes_of(layout, FACES[: layout.rows * layout.columns]) == {
            f"{PORTAL}{face.path}" for face in FACES[: layout.rows * layout.columns]
        }, layout.name


def codes_of(layout: Layout, faces: list[LabelFace]) -> set[str]:
    """What a scanner reads from a page of labels."""
    given: list[dict[str, Any]] = []
    with patch("plumbing.papers.label_sheet.typeset", lambda *asked: given.append(asked[1])):
        label_sheet(faces, layout, TODAY, f"{PORTAL}/", "")
    data = json.dumps(given[0] | {"faces": {"label": ["Noto Sans CJK SC"]}})
    compiler = typst.Compiler(font_paths=typst.Fonts(), sys_inputs={"data": data})
    source = (typesetting.HERE / "labels.typ").read_bytes()
    png = compiler.compile(source, format="png", ppi=110)
    assert isinstance(png, bytes)
    return qr_texts(png)


@pytest.mark.parametrize("layout", layouts().values(), ids=layouts())
def test_the_labels_of_a_layout_fit_on_its_page(layout: Layout) -> None:
    for room, first, size, gap, number in zip(
        layout.page,
        layout.first,
        layout.label,
        layout.gap,
        (layout.columns, layout.rows),
        strict=True,
    ):
        assert first + number * size + (number - 1) * gap <= room
    assert layout.code + 2 * layout.inset <= min(layout.label)
    assert layout.code >= 20  # millimetres: a longer address is still read by a phone


def test_a_sheet_is_filled_and_the_same_labels_give_the_same_bytes() -> None:
    faces = FACES * 5
    for layout in layouts().values():
        first, second = (label_sheet(faces, layout, TODAY, PORTAL, "") for _ in range(2))
        assert first == second
        pages = PdfReader(io.BytesIO(first)).pages
        assert len(pages) == -(-len(faces) // (layout.rows * layout.columns))
        assert "燃油加油机" in pages[0].extract_text()


def test_a_label_leads_to_its_gs1_link_if_it_has_one() -> None:
    assert path_of("3f9a01c2d4-7k3m9qxb", "") == "/i/3f9a01c2d4-7k3m9qxb"
    assert path_of("3f9a01c2d4-7k3m9qxb", "40123453f9a0") == "/8004/40123453f9a0"
