"""Brings the portal's English catalogue up to date with the Chinese texts of its pages.

Texts that are new get an empty translation, which the unit tests refuse until somebody writes it;
texts that are gone are dropped; entries are sorted, so that two branches seldom meet in one place.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PORTAL = ROOT / "services" / "portal"
CATALOGUE = PORTAL / "locale" / "en" / "LC_MESSAGES" / "portal.po"
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"templates/**.html": {"newstyle_gettext": "true"}}
_KEYWORDS = {"say": None, "N_": None, "_": None, "gettext": None, "ngettext": (1, 2)}
_HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n"Language: en\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)


def texts() -> set[str]:
    """Returns every Chinese text that the code and the templates of the portal mark."""
    marked = extract_from_dir(str(PORTAL), _METHODS, _OPTIONS, _KEYWORDS)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in marked}


def updated(source: bytes) -> bytes:
    """Returns the catalogue `source` with exactly the texts of the portal, sorted."""
    known = read_po(io.BytesIO(source), locale="en")
    catalogue = Catalog(locale="en")
    for text in sorted(texts()):
        entry = known.get(text)
        catalogue.add(text, entry.string if entry else "")
    body = io.BytesIO()
    write_po(body, catalogue, width=100, omit_header=True)
    return _HEADER.encode() + body.getvalue().strip() + b"\n"


def main() -> None:
    """Writes the catalogue anew and ends with 1 while a text lacks its English."""
    CATALOGUE.write_bytes(updated(CATALOGUE.read_bytes()))
    lacking = [entry.id for entry in read_po(CATALOGUE.open("rb")) if entry.id and not entry.string]
    for text in lacking:
        sys.stdout.write(f"no English yet: {text}\n")
    sys.exit(bool(lacking))


if __name__ == "__main__":
    main()
