"""What a case contests, with its facts in the words of the pages, for applicants and the bureau."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from law.colours.rule import VerificationResult
from law.contested import CORRECTABLE, OF_RECORDS, TARGET_ZH, Target
from law.evidence import Sector
from law.instruments import catalogue
from law.objection import Outcome
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.visit import Visit

_CODES: Mapping[str, Sequence[str]] = {
    "type_code": list(catalogue()),
    "result": [one.value for one in VerificationResult],
    "sector": [one.value for one in Sector],
}


@dataclass(frozen=True)
class Fact:
    """One field of a contested thing: its name and label, its value, and what it becomes.

    `becomes` is None where the field stays, and empty where it is cleared. `options` are the codes
    and names of a field that is chosen; empty where it is written.
    """

    field: str
    label: str
    value: str
    becomes: str | None = None
    options: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Thing:
    """One thing that can be contested, or is: named kind/id, with a title and its facts."""

    name: str
    title: str
    facts: Sequence[Fact] = ()
    outcome: str = ""

    @property
    def target(self) -> Target:
        """What kind of thing it is."""
        return Target(self.name.partition("/")[0])

    @property
    def is_entry(self) -> bool:
        """Whether it is an entry of the register, and no record."""
        return self.target not in OF_RECORDS


def entry(visit: Visit, target: Target, entry_id: str, values: Mapping[str, str]) -> Thing:
    """Returns an entry of the register as it is now; `values` are its fields as text."""
    return Thing(
        f"{target}/{entry_id}", visit.say(TARGET_ZH[target]), _facts(visit, target, values, {})
    )


def things_of(visit: Visit, case: pb.Case, records: Iterable[registry.Record]) -> list[Thing]:
    """Returns what a case contests, with what was decided of each."""
    known = {record.record_id: record for record in records}
    return [_thing(visit, item, known.get(item.id)) for item in case.items]


def _thing(visit: Visit, item: pb.ContestedItem, record: registry.Record | None) -> Thing:
    target, name = Target(item.target), f"{item.target}/{item.id}"
    title = visit.say(TARGET_ZH[target])
    if target in OF_RECORDS:
        words = visit.words
        kind = (
            [words.listed((words.record_kind(record.kind), record.source_ref), "，")]
            if record
            else []
        )
        return Thing(name, words.listed([title, *kind], "："), (), item.outcome)
    now = {one.field: one.value for one in item.facts}
    becomes = {one.field: one.value for one in item.values}
    return Thing(name, title, _facts(visit, target, now, becomes), item.outcome)


def _facts(
    visit: Visit, target: Target, now: Mapping[str, str], becomes: Mapping[str, str]
) -> list[Fact]:
    return [
        Fact(
            name,
            visit.say(label),
            _spelled(visit, name, now.get(name, "")),
            _spelled(visit, name, becomes[name]) if name in becomes else None,
            [(code, _spelled(visit, name, code)) for code in _CODES.get(name, ())],
        )
        for name, label in CORRECTABLE[target].items()
    ]


def _spelled(visit: Visit, field: str, value: str) -> str:
    """The value of a field in the words of the pages."""
    words = visit.words
    if not value:
        return ""
    if field == "type_code":
        return words.instrument_type(value)
    if field == "result":
        return words.result(value)
    return words.sector(value) if field == "sector" else value


def has_own_outcomes(case: pb.Case) -> bool:
    """Returns whether the page of a case lists its items: entries, disclosures, or by item."""
    other = any(item.target != Target.RECORD for item in case.items)
    return other or case.outcome == Outcome.BY_ITEM
