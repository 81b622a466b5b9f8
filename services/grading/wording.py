"""What grading calls subjects and records when the law speaks in sentences."""

from __future__ import annotations

from law.evidence import Dossier
from law.grading import Outlook, foretell
from law.grading.wording_receipt import Lang


def names(dossier: Dossier, lang: Lang) -> dict[str, str]:
    """What people call a dossier's subject and records; grading knows no names (C-03)."""
    if lang == "zh":
        dated = {one.id: f"“{one.determined_on}认定，{one.id[:8]}”" for one in dossier.records}
        return {dossier.subject_id: "该主体", **dated}
    dated = {one.id: f"{one.id[:8]} of {one.determined_on}" for one in dossier.records}
    return {dossier.subject_id: "the subject", **dated}


def ahead(outlook: Outlook, dossier: Dossier, lang: Lang) -> list[str]:
    """The grade today, the days on which it turns, and the ways up with their articles."""
    return foretell(outlook, lang, names(dossier, lang))
