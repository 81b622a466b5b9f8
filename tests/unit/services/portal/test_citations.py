"""Every article that the code cites leads people to its words, and is named by its title."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from law.errors import WrongState
from law.reader.texts import TEXTS, is_citation, spell_articles
from law.reader.words import paragraphs
from plumbing.grpc_errors import status_of
from services.portal.law_links import article_links

ROOT = Path(__file__).parents[4]
CODE = re.compile(r"(?<![A-Za-z0-9-])(?:[CRD]-\d{2,3}|S[0-4](?![A-Za-z0-9]))")
OWN = ("C-", "R-", "D-")
LINK = re.compile(r'href="/law/([A-Z0-9-]+)#([^"]+)"')


def cites() -> Iterator[str]:
    """Every citation that stands in the code: of refusals, letters, mails, pages and the audit."""
    for folder in ("law", "plumbing", "services"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "_pb2" in file.name or "demo" in file.parts:  # the story of the demo spells its own
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                value = node.value if isinstance(node, ast.Constant) else None
                if isinstance(value, str) and len(value) < 100 and is_citation(value):
                    yield value


CITES = sorted(set(cites()))


def test_the_citations_of_the_code_are_found() -> None:
    assert {"S3 28", "S4 二(三)", "D-08"} <= set(CITES)


@pytest.mark.parametrize("cite", CITES)
def test_a_refusal_names_its_article_by_title(cite: str) -> None:
    status = status_of(WrongState("不行", "No.", cite=cite))
    said = f"{status.message} {spell_articles(cite)} {spell_articles(cite, 'en')}"
    assert not CODE.search(said)


@pytest.mark.parametrize("cite", CITES)
def test_a_citation_leads_to_words_or_to_a_page_that_says_why_not(cite: str) -> None:
    links = LINK.findall(str(article_links(cite, "zh")))
    assert len(links) == len([part for part in cite.split(";") if part.strip()[:2] not in OWN])
    for text_id, anchor in links:
        assert text_id in TEXTS
        written = {number for one in paragraphs(text_id) for number in one.articles}
        if written:
            assert unquote(anchor) in written


def test_a_text_without_its_words_says_so_on_its_page() -> None:
    page = (ROOT / "services/portal/templates/law/words.html").read_text()
    assert "平台没有这份文件的原文" in page.partition("{% if articles %}")[2]
    assert [text_id for text_id in TEXTS if not paragraphs(text_id)]
