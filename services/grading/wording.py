"""The names that grading gives subjects and records in the sentences of the law."""

from __future__ import annotations

from law.evidence import Dossier
from law.grading import Outlook, foretell
from law.grading.wording_receipt import Lang


def names(dossier: Dossier, lang: Lang) -> dict[str, str]:
    """A name for a dossier's subject and for each record, by id; grading stores no names (C-03)."""
    if lang == "zh":
        dated = {
            record.id: f"“{record.determined_on}认定，{record.id[:8]}”"
            for record in dossier.records
        }
        return {dossier.subject_id: "该主体", **dated}
    dated = {record.id: f"{record.id[:8]} of {record.determined_on}" for record in dossier.records}
    return {dossier.subject_id: "the subject", **dated}


def ahead(outlook: Outlook, dossier: Dossier, lang: Lang) -> list[str]:
    """In sentences: the grade today, the days on which it changes, and how to improve it."""
    return foretell(outlook, lang, names(dossier, lang))
