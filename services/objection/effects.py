"""What a decided case does to each of its records, and whether it changed the grade."""

from __future__ import annotations

from collections.abc import Mapping

from law.contested import OF_RECORDS
from law.objection import CaseKind, Outcome
from services.objection.contested.items import items_of
from services.objection.tables import Case

# What a notice says of a record, by what was decided about it.
EFFECTS_ZH: Mapping[Outcome, str] = {
    Outcome.DELETE: "已删除",
    Outcome.CORRECT: "已更正",
    Outcome.STOP_DISCLOSURE: "已终止披露",
    Outcome.CONFIRM_REPAIR: "已修复，不再计入信用评价，并终止披露",
}


def effects_of(case: Case) -> dict[str, Outcome]:
    """Returns what the decision of a case does to its records, by record id.

    Records on which it changes nothing are left out.
    """
    if case.outcome is None:
        return {}
    if case.kind is CaseKind.REPAIR:
        repaired = case.outcome is Outcome.CONFIRM_REPAIR
        return dict.fromkeys(case.record_ids, case.outcome) if repaired else {}
    outcomes = {item.id: item.outcome for item in items_of(case) if item.target in OF_RECORDS}
    return {
        key: outcome
        for key, outcome in outcomes.items()
        if outcome is not None and outcome in EFFECTS_ZH
    }


def grade_changed(case: Case) -> bool:
    """Returns whether a carried-out case changed the grade of its subject.

    One that let everything stand did not, though the grade may have moved meanwhile.
    """
    changed = case.grade_after is not None and case.grade_after != case.grade_before
    return changed and _changes_anything(case)


def _changes_anything(case: Case) -> bool:
    entries = (item.outcome for item in items_of(case))
    return bool(effects_of(case)) or any(outcome in EFFECTS_ZH for outcome in entries)
