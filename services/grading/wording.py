"""The sentences about grades, with names for subjects and records made from their ids and dates."""

from __future__ import annotations

from law.evidence import Dossier
from law.grading import Outlook, foretell
from law.grading.wording_receipt import Lang


def names(dossier: Dossier, lang: Lang) -> dict[str, str]:
    """Returns a name for a dossier's subject and for each of its records, by id.

    The names are made of ids and dates, because grading stores no real names (C-03).
    """
    if lang == "zh":
        dated = {
            record.id: f"“{record.determined_on}认定，{record.id[:8]}”"
            for record in dossier.records
        }
        return {dossier.subject_id: "该主体", **dated}
    dated = {record.id: f"{record.id[:8]} of {record.determined_on}" for record in dossier.records}
    return {dossier.subject_id: "the subject", **dated}


def ahead(outlook: Outlook, dossier: Dossier, lang: Lang) -> list[str]:
    """Describes an outlook in sentences: today's grade, later changes, and how to improve it."""
    return foretell(outlook, lang, names(dossier, lang))
