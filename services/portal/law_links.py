"""Citations as links to the words of their articles, on the pages of the law."""

from __future__ import annotations

from urllib.parse import quote

from markupsafe import Markup, escape

from law.reader.texts import TEXTS, spell_out
from law.reader.words import article_of


def article_links(citation: str, lang: str, within: str = "") -> Markup:
    """Returns a citation as links, each with the title of its text; no internal numbers.

    `lang` is zh or en. The title is left out for articles of the text with the id `within`.
    """
    parts = [part.strip() for part in citation.split(";")]
    links = [_link(part, lang, within) for part in parts if " " in part]
    return (Markup("；") if lang == "zh" else Markup("; ")).join(links)


def plain_citation(citation: str, lang: str) -> tuple[str, str]:
    """Returns a citation as plain text, and the address of its article if it cites just one.

    For cells of lists, which go into files as well: text and address there are no markup. `lang` is
    zh or en; internal numbers are left out.
    """
    parts = [part for part in map(str.strip, citation.split(";")) if " " in part]
    address = _address(parts[0]) if len(parts) == 1 else ""
    return spell_out("; ".join(parts), lang) if parts else "", address


def _link(cited: str, lang: str, within: str) -> Markup:
    named, address = spell_out(cited, lang, within), _address(cited)
    if not address:
        return escape(named)
    return Markup('<a class="govuk-link" href="{}">{}</a>').format(address, named)


def _address(cited: str) -> str:
    """Where the words of one article stand; empty for a text that has no page."""
    head, _, article = cited.partition(" ")
    return f"/law/{head}#{quote(article_of(head, article))}" if head in TEXTS else ""
