"""Sheets of labels with QR codes, to be printed on A4 label paper and put on instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plumbing.papers.typesetting import qr_svg, typeset

PER_SHEET = 24  # three by eight, each 70 × 37 mm: the usual label paper


@dataclass(frozen=True)
class LabelFace:
    """What a label says: the code, and which instrument it belongs on. It names no owner."""

    code: str
    type_name: str
    serial_no: str


def label_sheet(labels: Sequence[LabelFace], on: date, portal_url: str, font_dir: str) -> bytes:
    """Returns the labels as PDF of a day, 24 to a page; the same labels give the same bytes.

    Each code leads to the page of its instrument at the portal. Raises CannotTypeset.
    """
    base = portal_url.rstrip("/")
    faces = [
        {
            "code": label.code,
            "type": label.type_name,
            "serial": label.serial_no,
            "qr": qr_svg(f"{base}/i/{label.code}", error="q"),
        }
        for label in labels
    ]
    return typeset("labels.typ", {"labels": faces, "date": [on.year, on.month, on.day]}, font_dir)
