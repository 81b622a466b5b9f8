"""Loads the packaged rulesets and the table of jurisdictions, and caches them."""

from __future__ import annotations

from datetime import date
from functools import cache

from law.errors import NotFound
from law.evidence import SubjectKind
from law.reader.packaged import read, understood
from law.texts_in_force.jurisdiction import Jurisdictions, read_jurisdictions
from law.texts_in_force.model import NotGraded, Ruleset
from law.texts_in_force.read import parse

GRADING = ("hangzhou-2021-120", "hangzhou-trial", "tianjin-pilot", "national-2017-566")
"""The rulesets that grade subjects. Areas have indices instead."""


@cache
def load(ruleset_id: str) -> Ruleset:
    """Loads the packaged ruleset with this id.

    Raises NotFound for an unknown id, and InvalidInput with every fault of the file.
    """
    if ruleset_id not in GRADING:
        raise NotFound(f"没有规则集{ruleset_id}", f"There is no ruleset {ruleset_id}.")
    return parse(read(ruleset_id), ruleset_id)


def list_rulesets() -> tuple[Ruleset, ...]:
    """Returns all packaged rulesets that grade subjects."""
    return tuple(load(ruleset_id) for ruleset_id in GRADING)


def governing(
    bureau: str, sector: str, on: date, kind: SubjectKind = SubjectKind.ORGANISATION
) -> Ruleset | NotGraded:
    """Returns the packaged ruleset that governs a subject on a day, or why it has no grade.

    `bureau` is a GB/T 2260 division code or a bureau's own id, `sector` one of `Sector`. Natural
    persons are not graded (C-21); an ended text is never returned (D-08).
    """
    entry = jurisdictions().find(bureau, sector, on)
    if isinstance(entry, NotGraded):
        return entry
    ruleset = load(entry.ruleset)
    return outside(ruleset, kind, sector) or ruleset


def not_holding(ruleset: Ruleset, on: date) -> NotGraded | None:
    """Returns the reason why a text grades no subject on a day; None if it holds then (D-08)."""
    if ruleset.holds(on):
        return None
    return NotGraded(
        "not_in_force",
        "本文件该日尚未生效或已经失效",
        "The text was not in force on that day.",
        f"{ruleset.cite}; D-08",
    )


def outside(ruleset: Ruleset, kind: SubjectKind, sector: str) -> NotGraded | None:
    """Returns why a text does not apply to a kind of subject or a sector; None if it applies."""
    if kind not in ruleset.subject_kinds:
        return NotGraded(
            "subject_kind",
            "本文件不对此类主体评定等级",
            "This text does not grade subjects of this kind.",
            ruleset.subject_cite,
        )
    if ruleset.sectors and sector not in ruleset.sectors:
        return NotGraded(
            "outside_sectors",
            "不在本文件适用的领域之内",
            "The sector is outside the scope of this text.",
            ruleset.sector_cite,
        )
    return None


@cache
def jurisdictions() -> Jurisdictions:
    """Returns the packaged table of jurisdictions."""
    rulesets = {ruleset.id: ruleset for ruleset in list_rulesets()}
    return understood("jurisdictions", lambda reader: read_jurisdictions(reader, rulesets))
