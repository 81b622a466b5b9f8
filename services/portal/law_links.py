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


def _link(cited: str, lang: str, within: str) -> Markup:
    head, _, article = cited.partition(" ")
    named = spell_out(cited, lang, within)
    if head not in TEXTS:
        return escape(named)
    address = f"/law/{head}#{quote(article_of(head, article))}"
    return Markup('<a class="govuk-link" href="{}">{}</a>').format(address, named)
