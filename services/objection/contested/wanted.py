"""What a request for an objection is against, read from it and from the register."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from law.contested import GRADE, OF_RECORDS, TARGET_ZH, Target
from law.errors import Fault, InvalidInput
from law.objection import OBJECTION_CITE
from protos.objection.v1 import objection_pb2 as pb
from services.objection.contested.items import Item


@dataclass(frozen=True)
class Entry:
    """An entry of the register as it is now, with the subject and the bureau that it is of."""

    item: Item
    subject_id: str
    bureau: str


@dataclass(frozen=True)
class Wanted:
    """What a request is against: items without their facts, and the receipt of a grade."""

    items: Sequence[Item]
    receipt_id: str = ""

    @property
    def record_ids(self) -> list[str]:
        """The records that are contested, themselves or in their disclosure."""
        return [item.id for item in self.items if item.target in OF_RECORDS]

    @property
    def entries(self) -> list[Item]:
        """The contested entries of the register."""
        return [item for item in self.items if item.target not in OF_RECORDS]


def wanted(request: pb.LodgeObjectionRequest) -> Wanted:
    """Returns what a request is against.

    Raises InvalidInput if it names nothing, one thing twice, two grades, or a grade without the
    records on which it rests and which are wrong.
    """
    named = [(kind, id_) for kind, _, id_ in (one.partition("/") for one in request.against)]
    receipts = [id_ for kind, id_ in named if kind == GRADE]
    items = [Item(target=Target.RECORD, id=one) for one in request.record_ids]
    items += [Item(target=Target(kind), id=id_) for kind, id_ in named if kind != GRADE]
    faults = [*_of_grade(receipts, items)] or [*_faults(items)]
    if faults:
        raise InvalidInput(faults=faults, cite=OBJECTION_CITE)
    return Wanted(items, *receipts)


def _faults(items: Sequence[Item]) -> Iterator[Fault]:
    if not items:
        kinds = "、".join(TARGET_ZH.values())
        zh = f"须写明对什么提出异议：{kinds}，或者信用等级及其所依据的记录"
        yield Fault("record_ids", zh, "Name what is objected to")
    yield from repeated(items)


def repeated(items: Sequence[Item]) -> Iterator[Fault]:
    """Yields a fault for each thing that is named more than once."""
    keys = [item.key for item in items]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        zh, en = f"{key}写了不止一次", f"{key} is named more than once"
        yield Fault("against", zh, en)


def _of_grade(receipts: Sequence[str], items: Sequence[Item]) -> Iterator[Fault]:
    if len(receipts) > 1:
        yield Fault("against", "一次只对一个信用等级提出异议", "One grade in one case")
    if receipts and not any(item.target is Target.RECORD for item in items):
        zh = "对信用等级的异议，须写明等级所依据的哪些记录有误"
        en = "An objection to a grade names the records it rests on that are wrong"
        yield Fault("record_ids", zh, en, cite=OBJECTION_CITE)
