"""Pages of the law: the legal texts, and each ruleset with its figures and articles."""

from __future__ import annotations

from starlette.responses import Response

from law.reader.texts import TEXTS
from law.texts_in_force.load import GRADING, list_rulesets, load
from services.portal.pages.reading import today
from services.portal.visit import Visit


async def contents(visit: Visit) -> Response:
    """Shows every legal text, whether it is binding, and the rulesets that grade by these texts."""
    return visit.page(
        "law/contents.html", public=True, texts=TEXTS.values(), rulesets=list_rulesets()
    )


async def text(visit: Visit) -> Response:
    """Shows one ruleset: its grades, bands, points and direct judgments, each with its article."""
    ruleset = load(visit.path("ruleset_id"))
    return visit.page(
        "law/text.html",
        public=True,
        ruleset=ruleset,
        edition=ruleset.editions[-1],
        all_rulesets=GRADING,
        today=await today(visit),
    )
