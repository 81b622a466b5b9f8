"""Pages of the law: the legal texts in their words, and each ruleset with its figures."""

from __future__ import annotations

from starlette.responses import Response

from law.reader.texts import TEXTS
from law.reader.texts import text as legal_text
from law.reader.words import paragraphs
from law.texts_in_force.load import GRADING, list_rulesets, load
from services.portal.law_figures import figures_by_article, readings_of
from services.portal.pages.reading import today
from services.portal.visit import Visit
from services.portal.wording import Words


async def contents(visit: Visit) -> Response:
    """Shows every legal text, whether it is binding, and the rulesets that grade by these texts."""
    return visit.page(
        "law/contents.html", public=True, texts=TEXTS.values(), rulesets=list_rulesets()
    )


async def words(visit: Visit) -> Response:
    """Shows a legal text: every article in its words, and what the platform takes from it."""
    found = legal_text(visit.path("text_id"))
    figures = figures_by_article(found.id, Words(visit.say, visit.language))
    return visit.page(
        "law/words.html",
        public=True,
        text=found,
        articles=paragraphs(found.id),
        figures=figures,
        readings=readings_of(found.id),
        rulesets=[ruleset for ruleset in list_rulesets() if ruleset.text == found.id],
    )


async def ruleset(visit: Visit) -> Response:
    """Shows one ruleset: its grades, bands, points and direct judgments, each with its article."""
    found = load(visit.path("ruleset_id"))
    return visit.page(
        "law/text.html",
        public=True,
        ruleset=found,
        edition=found.editions[-1],
        all_rulesets=GRADING,
        today=await today(visit),
    )
