"""Elements of a certificate: their namespaces, and what people read in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from services.registry.calibrations.dcc.findings import short

DCC, SI = "https://ptb.de/dcc", "https://ptb.de/si"
DS = "http://www.w3.org/2000/09/xmldsig#"
NAMES = {"dcc": DCC, "si": SI, "ds": DS}
ROOT = f"{{{DCC}}}digitalCalibrationCertificate"
SIGNATURE = f"{{{DS}}}Signature"
_LANGUAGES = ("zh", "en", None)  # in this order, before any other

Element = Any


def every(element: Element, path: str) -> list[Element]:
    """Returns the elements at a path below an element, which may be None."""
    return [] if element is None else element.findall(path, NAMES)


def text_at(element: Element, path: str) -> str:
    """Returns the text of the first element at a path, shortened; empty if there is none."""
    found = every(element, path)
    return short(found[0].text) if found else ""


def words_at(element: Element, path: str) -> str:
    """Returns a text that stands in several languages: in Chinese, else English, else any."""
    contents: Iterable[Element] = every(element, f"{path}/dcc:content")
    by_language: dict[str | None, str] = {}
    for one in contents:
        by_language.setdefault(one.get("lang"), short(one.text))
    chosen = [by_language[lang] for lang in _LANGUAGES if by_language.get(lang)]
    return next(iter([*chosen, *filter(None, by_language.values())]), "")


def day_at(element: Element, path: str) -> date | None:
    """Returns the date at a path; None if there is none, or what stands there is no date."""
    try:
        return date.fromisoformat(text_at(element, path)[:10])
    except ValueError:
        return None


def name_of(element: Element) -> str:
    """Returns the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]
