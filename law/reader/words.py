"""The words of the legal texts, as published, paragraph by paragraph, each with its article.

The files are `law/words/<text>.tsv`: article, tab, paragraph. A paragraph without an article is a
heading or a preamble. A second article in the first column is another number under which the
project cites the paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_LAST_PART = re.compile(r"(?:\([^()]*\)|[A-Z]?\d+|-[^-]+|[一二三四五六七八九十]+)$")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a legal text; `articles` are the numbers of its article, none for a heading.

    `begins` are those of its articles that no earlier paragraph belongs to, `ends` those that no
    later one belongs to.
    """

    articles: tuple[str, ...]
    words: str
    begins: tuple[str, ...]
    ends: tuple[str, ...]


@cache
def paragraphs(text_id: str) -> tuple[Paragraph, ...]:
    """Returns the paragraphs of a legal text; none if the project does not have its words."""
    file = files("law").joinpath("words", f"{text_id}.tsv")
    if not file.is_file():
        return ()
    lines = [line.partition("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    numbered = [(tuple(numbers.split()), words) for numbers, _, words in lines]
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, (articles, _) in enumerate(numbered):
        first = dict.fromkeys(articles, place) | first
        last |= dict.fromkeys(articles, place)
    return tuple(
        Paragraph(
            articles,
            words,
            begins=tuple(article for article in articles if first[article] == place),
            ends=tuple(article for article in articles if last[article] == place),
        )
        for place, (articles, words) in enumerate(numbered)
    )


def article_of(text_id: str, cited: str) -> str:
    """Returns the article of a text that a citation means, as the file of its words numbers it.

    For an article that the file does not number by itself, this is the article around it. Returns
    the citation unchanged if the project does not have the words.
    """
    known = _known(text_id)
    article = cited
    while article and article not in known:
        shorter = _LAST_PART.sub("", article)
        article = shorter if shorter != article else ""
    return article or cited


@cache
def _known(text_id: str) -> frozenset[str]:
    return frozenset(article for paragraph in paragraphs(text_id) for article in paragraph.articles)
