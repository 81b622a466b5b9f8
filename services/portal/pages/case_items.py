"""What the form of a decision offers, and says, of each contested item of a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from law.contested import OUTCOMES_OF, Target, outcomes_of_all
from law.objection import OUTCOMES, CaseKind, Outcome
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.contested_items import Fact, Thing
from services.portal.visit import Visit, last_name
from services.portal.wording import N_

_CHOOSE = N_("请选择这一项的处理结果")
_DIFFERS = N_("各项结果不同的，处理意见请选“分项决定”")
_NOTHING = N_("请写明更正成什么")
_BOTH = N_("改成什么和清空只能选一样")
_PLACE = re.compile(r"(corrections|items)\[(\d+)\]\.?(.*)")
_OF_RECORDS = ("points", "determined_on", "kind", "summary")


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
        outcome = _outcome(visit, one)
        values = _values(visit, one) if one.is_entry and outcome == Outcome.CORRECT else []
        if by_item or values:
            own = outcome if by_item else ""
            found.append(pb.ItemDecision(item=one.name, outcome=own, values=values))
    return found


def outcome_of_records(visit: Visit, things: Sequence[Thing]) -> dict[str, Outcome]:
    """Returns the outcome of each contested record as the form has it, by the record's id."""
    return {
        one.name.partition("/")[2]: Outcome(outcome)
        for one in things
        if not one.is_entry and (outcome := _outcome(visit, one)) in set(Outcome)
    }


def _outcome(visit: Visit, thing: Thing) -> str:
    common = visit.field("outcome")
    return visit.field(f"item-{thing.name}") if common == Outcome.BY_ITEM else common


def faults_of_items(visit: Visit, things: Sequence[Thing]) -> dict[str, str]:
    """Returns the faults of what the form says of the items, by field.

    An outcome that was chosen for an item and is not that of the case is a fault: it would be lost.
    """
    return {field: visit.say(text) for one in things for field, text in _faults(visit, one)}


def _faults(visit: Visit, thing: Thing) -> Iterator[tuple[str, str]]:
    common, own = visit.field("outcome"), visit.field(f"item-{thing.name}")
    if common == Outcome.BY_ITEM and own not in OUTCOMES_OF[thing.target]:
        yield f"item-{thing.name}", _CHOOSE
    elif common != Outcome.BY_ITEM and own not in ("", common):
        yield f"item-{thing.name}", _DIFFERS
    elif thing.is_entry and _outcome(visit, thing) == Outcome.CORRECT:
        if not _values(visit, thing):
            yield f"value-{thing.name}-{thing.facts[0].field}", _NOTHING
        for fact in thing.facts:
            if visit.field(f"value-{thing.name}-{fact.field}") and _is_cleared(visit, thing, fact):
                yield f"value-{thing.name}-{fact.field}", _BOTH


def _values(visit: Visit, thing: Thing) -> list[pb.EntryValue]:
    """What the form corrects of an entry: an empty field stays, unless it is to be cleared."""
    return [
        pb.EntryValue(field=fact.field, value=value)
        for fact in thing.facts
        if (value := visit.field(f"value-{thing.name}-{fact.field}"))
        or _is_cleared(visit, thing, fact)
    ]


def _is_cleared(visit: Visit, thing: Thing, fact: Fact) -> bool:
    return visit.field(f"empty-{thing.name}-{fact.field}") == "yes"


def placed_in_form(
    corrections: Sequence[pb.Correction], said: Sequence[pb.ItemDecision]
) -> Callable[[str], str]:
    """Returns what names the form field of a path in a decision with these corrections and items.

    A fault of a whole correction stands at its first field, one of a whole item at its outcome.
    """

    def field_of(path: str) -> str:
        match = _PLACE.fullmatch(path)
        if match is None:
            return last_name(path)
        kind, place, rest = match[1], int(match[2]), match[3]
        if kind == "corrections":
            name = rest if rest in _OF_RECORDS else _OF_RECORDS[0]
            return f"{name}-{corrections[place].record_id}"
        if value := re.match(r"values\[(\d+)\]", rest):
            rest = said[place].values[int(value[1])].field
        fields = {one.field for one in said[place].values}
        item = said[place].item
        return f"value-{item}-{rest}" if rest in fields else f"item-{item}"

    return field_of
