"""What the form of a decision offers, and says, of each contested item of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from law.contested import OUTCOMES_OF, Target, outcomes_of_all
from law.objection import OUTCOMES, CaseKind, Outcome
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.contested_items import Thing
from services.portal.visit import Visit
from services.portal.wording import N_

_CHOOSE = N_("请选择这一项的处理结果")


def outcomes_for(case: pb.Case) -> tuple[Outcome, ...]:
    """Returns the outcomes that a case of its kind can have with what it contests.

    A decision item by item is offered where there are several items.
    """
    of_kind = OUTCOMES[CaseKind(case.kind)]
    if case.kind == CaseKind.REPAIR:
        return of_kind
    of_items = outcomes_of_all(Target(item.target) for item in case.items)
    several = len(case.items) > 1
    return tuple(
        outcome
        for outcome in of_kind
        if outcome in of_items
        or outcome is Outcome.SEND_BACK
        or (outcome is Outcome.BY_ITEM and several)
    )


def own_outcomes(visit: Visit, things: Sequence[Thing]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Returns the outcomes that each item can have, as options of the form, by its name."""
    name, kind = visit.words.outcome, CaseKind.OBJECTION
    return {
        one.name: [(each.value, name(each.value, kind)) for each in OUTCOMES_OF[one.target]]
        for one in things
    }


def decisions(visit: Visit, things: Sequence[Thing]) -> list[pb.ItemDecision]:
    """Returns what the form says of the items; nothing of those that take the common outcome."""
    by_item = visit.field("outcome") == Outcome.BY_ITEM
    found = []
    for one in things:
        outcome = visit.field(f"item-{one.name}") if by_item else visit.field("outcome")
        values = _values(visit, one) if one.is_entry and outcome == Outcome.CORRECT else []
        if by_item or values:
            own = outcome if by_item else ""
            found.append(pb.ItemDecision(item=one.name, outcome=own, values=values))
    return found


def outcome_of_records(visit: Visit, things: Sequence[Thing]) -> dict[str, Outcome]:
    """Returns the outcome of each contested record as the form has it, by the record's id."""
    common, found = visit.field("outcome"), {}
    for one in things:
        outcome = visit.field(f"item-{one.name}") if common == Outcome.BY_ITEM else common
        if not one.is_entry and outcome in set(Outcome):
            found[one.name.partition("/")[2]] = Outcome(outcome)
    return found


def faults_of_items(visit: Visit, things: Sequence[Thing]) -> dict[str, str]:
    """Returns the faults of what the form says of the items, by field."""
    if visit.field("outcome") != Outcome.BY_ITEM:
        return {}
    return {
        f"item-{one.name}": visit.say(_CHOOSE)
        for one in things
        if visit.field(f"item-{one.name}") not in OUTCOMES_OF[one.target]
    }


def _values(visit: Visit, thing: Thing) -> list[pb.EntryValue]:
    return [
        pb.EntryValue(field=fact.field, value=value)
        for fact in thing.facts
        if (value := visit.field(f"value-{thing.name}-{fact.field}"))
    ]
