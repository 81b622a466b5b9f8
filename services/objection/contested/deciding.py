"""What a decision says of each contested item: read from the request, and checked (S4 五(三))."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from law.contested import CORRECTABLE, OF_RECORDS, OUTCOMES_OF, overall, wrong_outcome
from law.errors import Fault, InvalidInput
from law.objection import OUTCOME_CITE, Outcome
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.objection.contested.items import Item


@dataclass(frozen=True)
class Decided:
    """The items of a case with their outcomes, and the outcome of the case."""

    items: Sequence[Item]
    outcome: Outcome

    @property
    def to_correct(self) -> list[str]:
        """The records of which a correction is ordered."""
        corrected = (item for item in self.items if item.outcome is Outcome.CORRECT)
        return [item.id for item in corrected if item.target in OF_RECORDS]


def decided_items(
    items: Sequence[Item], outcome: Outcome, said: Sequence[pb.ItemDecision]
) -> Decided:
    """Returns the items of a case as a decision has them.

    With the outcome by_item every item needs its own; if all are the same, it becomes that of the
    case. Raises InvalidInput, naming each item, for a missing outcome, one that its target cannot
    have, and for an entry that is to be corrected without a new value or with one that changes
    nothing.
    """
    if outcome is Outcome.SEND_BACK:
        return Decided([item.model_copy(update={"outcome": outcome}) for item in items], outcome)
    by_name = {one.item: one for one in said}
    faults = list(_unknown(items, said))
    decided = []
    for item in items:
        decision = by_name.get(item.name, pb.ItemDecision())
        field = f"items[{list(by_name).index(item.name)}]" if item.name in by_name else "items"
        faults += _faults(item, outcome, decision, field)
        decided.append(_decided(item, outcome, decision))
    if faults:
        raise InvalidInput(faults=faults, cite=OUTCOME_CITE)
    return Decided(decided, overall([one.outcome for one in decided if one.outcome]))


def correction_of(item: Item) -> registry.EntryCorrection:
    """Returns what the register is to correct of an entry."""
    values = [registry.FieldValue(field=name, value=one) for name, one in item.values.items()]
    return registry.EntryCorrection(target=item.target, id=item.id, values=values)


def _decided(item: Item, outcome: Outcome, decision: pb.ItemDecision) -> Item:
    own = decision.outcome or ("" if outcome is Outcome.BY_ITEM else outcome)
    found = Outcome(own) if own else None
    values = _changed(item, decision) if found is Outcome.CORRECT else {}
    return item.model_copy(update={"outcome": found, "values": values})


def _changed(item: Item, decision: pb.ItemDecision) -> dict[str, str]:
    given = {one.field: one.value.strip() for one in decision.values}
    return {name: value for name, value in given.items() if value != item.facts.get(name)}


def _unknown(items: Sequence[Item], said: Sequence[pb.ItemDecision]) -> Iterator[Fault]:
    known = {item.name for item in items}
    for place, one in enumerate(said):
        if one.item not in known:
            zh, en = f"{one.item}不在本案的异议事项中", f"{one.item} is not contested in this case"
            yield Fault(f"items[{place}].item", zh, en, cite=OUTCOME_CITE)
    if len({one.item for one in said}) != len(said):
        yield Fault("items", "同一事项写了不止一次", "An item is named more than once")


def _faults(item: Item, outcome: Outcome, decision: pb.ItemDecision, field: str) -> Iterator[Fault]:
    own = decision.outcome
    if outcome is Outcome.BY_ITEM and not own:
        zh, en = f"{item.name}没有写明处理结果", f"{item.name} has no outcome"
        yield Fault(field, zh, en, cite=OUTCOME_CITE)
        return
    if outcome is not Outcome.BY_ITEM and own not in ("", outcome):
        zh = "各项结果不同的，处理结果请选“分项决定”"
        yield Fault(field, zh, "Use by_item where the outcomes differ", cite=OUTCOME_CITE)
        return
    found = Outcome(own or outcome)
    if found not in OUTCOMES_OF[item.target]:
        yield wrong_outcome(item.target, field)
    elif item.target not in OF_RECORDS:
        yield from _of_values(item, found, decision, field)


def _of_values(
    item: Item, outcome: Outcome, decision: pb.ItemDecision, field: str
) -> Iterator[Fault]:
    if outcome is not Outcome.CORRECT:
        if decision.values:
            zh, en = "仅“更正”可附更正内容", "Only `correct` has new values"
            yield Fault(field, zh, en, cite=OUTCOME_CITE)
        return
    allowed: Mapping[str, str] = CORRECTABLE[item.target]
    for one in decision.values:
        if one.field not in allowed:
            zh = f"“{one.field}”不能更正；可以更正：{'、'.join(allowed.values())}"
            en = f"{one.field} cannot be corrected; possible are: {', '.join(allowed)}"
            yield Fault(field, zh, en, cite=OUTCOME_CITE)
    if not _changed(item, decision):
        zh, en = f"{item.name}的更正与原登记无异", f"The correction of {item.name} changes nothing"
        yield Fault(field, zh, en, cite=OUTCOME_CITE)
