"""Hypotheses: what a caller would have of a subject's records → changes as the law knows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from law.errors import Fault
from law.evidence import Dossier, Record, RecordKind, RecordStatus, Severity
from law.grading import Addition, Change, Ending
from law.reader.strict_reader import Reader, refuse
from protos.grading.v1 import assessments_pb2 as pb

_REPEATED = ("同一记录只能作一项变更", "one record takes one change")


def read(dossier: Dossier, told: Sequence[pb.Hypothesis], day: date) -> list[Change]:
    """The changes in their order; what names no day happens on `day`.

    Raises InvalidInput with every fault and its path: an unknown record, a record in two
    changes, an unknown kind or severity, a day that is none.
    """
    faults: list[Fault] = []
    records = {record.id: record for record in dossier.records}
    changes: list[Change] = []
    for number, one in enumerate(told):
        path = f"changes[{number}].{one.WhichOneof('change')}"
        changes += _read(one, number, path, records, day, faults)
    _note_repeated(told, faults)
    refuse(faults, "变更不符合要求", "The changes are not valid.")
    return changes


def _read(
    one: pb.Hypothesis,
    number: int,
    path: str,
    records: dict[str, Record],
    day: date,
    faults: list[Fault],
) -> Iterable[Change]:
    if one.HasField("added"):
        return [Addition(_added(one.added, number, path, day, faults))]
    if one.HasField("ended"):
        on = _day(Reader({"on": one.ended.on or None}, path, faults), "on", day)
        found = _known(one.ended.record_id, path, records, faults)
        return _ended(found, RecordStatus(one.ended.status), on) if found else ()
    found = _known(one.corrected.record_id, path, records, faults)
    return _corrected(found, one.corrected.points) if found else ()


def _known(
    record_id: str, path: str, records: dict[str, Record], faults: list[Fault]
) -> Record | None:
    if record_id not in records:
        zh, en = "档案中没有此记录", "there is no such record on file"
        faults.append(Fault(f"{path}.record_id", zh, en))
    return records.get(record_id)


def _ended(record: Record, status: RecordStatus, on: date) -> Iterator[Change]:
    """What is withdrawn never counted; what is repaired counted until then."""
    yield Ending(record.id, status, on if status is RecordStatus.REPAIRED else None)


def _corrected(record: Record, points: int) -> Iterator[Change]:
    """A corrected record is replaced by one that says it rightly."""
    yield Ending(record.id, RecordStatus.CORRECTED)
    yield Addition(replace(record, id=f"{record.id}:corrected", points=points))


def _added(told: pb.AddedRecord, number: int, path: str, day: date, faults: list[Fault]) -> Record:
    said = {
        "kind": told.kind,
        "severity": told.severity or None,
        "determined_on": told.determined_on or None,
    }
    reader = Reader(said, path, faults)
    determined_on = _day(reader, "determined_on", day)
    return Record(
        id=f"added-{number + 1}",
        kind=reader.choice("kind", RecordKind),
        severity=reader.choice_or_none("severity", Severity),
        determined_on=determined_on,
        entered_on=determined_on,
        verified=told.verified if told.HasField("verified") else True,
        final=told.final,
        points=told.points if told.HasField("points") else None,
    )


def _day(reader: Reader, field: str, default: date) -> date:
    return reader.day_or_none(field) or default


def _note_repeated(told: Sequence[pb.Hypothesis], faults: list[Fault]) -> None:
    seen: set[str] = set()
    for number, one in enumerate(told):
        name = one.WhichOneof("change") or ""
        record_id = getattr(getattr(one, name), "record_id", "")
        if record_id in seen:
            faults.append(Fault(f"changes[{number}].{name}.record_id", *_REPEATED))
        if record_id:
            seen.add(record_id)
