"""The contested items of a case, as its row stores them and as messages and letters show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, Field

from law.contested import OF_RECORDS, Target
from law.objection import CaseKind, Outcome
from protos.objection.v1 import objection_pb2 as pb
from services.objection.tables import Case


class Item(BaseModel):
    """One contested thing: what it said when the case was lodged, and what was decided of it.

    `facts` and `values` are by field and empty for a record: the case has its records as they were
    lodged, and their corrections. `values` is what the decision corrects.
    """

    target: Target
    id: str
    facts: dict[str, str] = Field(default_factory=dict)
    outcome: Outcome | None = None
    values: dict[str, str] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The item as requests and faults name it: kind/id."""
        return f"{self.target}/{self.id}"

    @property
    def key(self) -> str:
        """By which at most one case of a kind is open: of a record its id, of an entry its name."""
        return self.id if self.target in OF_RECORDS else self.name

    @property
    def stands_as(self) -> dict[str, str]:
        """What an entry says once the decision was carried out."""
        return {**self.facts, **self.values}


def items_of(case: Case) -> list[Item]:
    """Returns what a case contests; of a case of an earlier release its records."""
    if case.kind is CaseKind.REPAIR:
        return []
    if case.items:
        return [Item.model_validate(one) for one in case.items]
    return [
        Item(target=Target.RECORD, id=record_id, outcome=case.outcome)
        for record_id in case.record_ids
    ]


def stored(items: Iterable[Item]) -> list[dict[str, object]]:
    """Returns items as the row of a case stores them."""
    return [item.model_dump(mode="json") for item in items]


def anew(items: Iterable[Item]) -> list[Item]:
    """Returns items as a case that follows contests them: with nothing decided of them."""
    return [Item(target=item.target, id=item.id, facts=item.stands_as) for item in items]


def record_ids(items: Iterable[Item]) -> list[str]:
    """Returns the ids of the records that are contested, themselves or in their disclosure."""
    return [item.id for item in items if item.target in OF_RECORDS]


def target_of(case: Case, record_id: str) -> Target:
    """Returns what of a record a case contests: the record, or its disclosure."""
    return next((one.target for one in items_of(case) if one.key == record_id), Target.RECORD)


def item_message(item: Item) -> pb.ContestedItem:
    """Returns the protobuf message of an item."""
    return pb.ContestedItem(
        target=item.target,
        id=item.id,
        facts=_entry_values(item.facts),
        outcome=item.outcome or "",
        values=_entry_values(item.values),
    )


def _entry_values(values: dict[str, str]) -> Sequence[pb.EntryValue]:
    return [pb.EntryValue(field=name, value=value) for name, value in values.items()]
