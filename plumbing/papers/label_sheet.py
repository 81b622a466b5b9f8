"""Sheets of labels with QR codes, to be printed on label paper and put on instruments.

The layouts are data (`label_layouts.json`, in millimetres, the text in points); a bureau that uses
another paper adds its own there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path

from plumbing.papers.typesetting import qr_svg, typeset

LAYOUTS = Path(__file__).with_name("label_layouts.json")
Pair = tuple[float, float]  # across and down


@dataclass(frozen=True)
class Layout:
    """A sheet of labels: its page, how many labels stand where, and the side of the QR code.

    `first` is where the first label begins, `gap` the room between two. `inset` is the margin
    inside a label.
    """

    name: str
    zh: str
    en: str
    page: Pair
    columns: int
    rows: int
    label: Pair
    first: Pair
    gap: Pair
    inset: float
    code: float
    text: float


@dataclass(frozen=True)
class LabelFace:
    """What a label says: the code, and which instrument it belongs on. It names no owner.

    `path` is where the QR code leads at the portal.
    """

    code: str
    path: str
    type_name: str
    serial_no: str


@cache
def layouts() -> Mapping[str, Layout]:
    """Returns the layouts by name, the usual one first."""
    written = json.loads(LAYOUTS.read_text("utf-8"))
    return {name: Layout(name, **values) for name, values in written.items()}


def path_of(code: str, giai: str) -> str:
    """Returns where a label leads: a GS1 Digital Link if it has such a key, else a short path."""
    return f"/8004/{giai}" if giai else f"/i/{code}"


def label_sheet(
    labels: Sequence[LabelFace], layout: Layout, on: date, portal_url: str, font_dir: str
) -> bytes:
    """Returns the labels as PDF of a day; the same labels give the same bytes.

    Each code leads to the page of its instrument at the portal. Raises CannotTypeset.
    """
    base = portal_url.rstrip("/")
    faces = [
        {
            "code": label.code,
            "type": label.type_name,
            "serial": label.serial_no,
            "qr": qr_svg(base + label.path, error="q"),
        }
        for label in labels
    ]
    values = {"labels": faces, "layout": asdict(layout), "date": [on.year, on.month, on.day]}
    return typeset("labels.typ", values, font_dir)
