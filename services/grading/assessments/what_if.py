"""Reads the supposed changes of a what-if request and converts them to changes of a dossier."""

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


def read(dossier: Dossier, hypotheses: Sequence[pb.Hypothesis], day: date) -> list[Change]:
    """Reads the supposed changes in their order; a change without a day is dated `day`.

    Raises InvalidInput with every fault and its path: an unknown record, a record with more than
    one change, an unknown kind or severity, a value that is not a date.
    """
    faults: list[Fault] = []
    records = {record.id: record for record in dossier.records}
    changes: list[Change] = []
    for number, hypothesis in enumerate(hypotheses):
        path = f"changes[{number}].{hypothesis.WhichOneof('change')}"
        changes += _read(hypothesis, number, path, records, day, faults)
    _note_repeated(hypotheses, faults)
    refuse(faults, "变更不符合要求", "The changes are not valid.")
    return changes


def _read(
    hypothesis: pb.Hypothesis,
    number: int,
    path: str,
    records: dict[str, Record],
    day: date,
    faults: list[Fault],
) -> Iterable[Change]:
    if hypothesis.HasField("added"):
        return [Addition(_added(hypothesis.added, number, path, day, faults))]
    if hypothesis.HasField("ended"):
        ended = hypothesis.ended
        on = _day(Reader({"on": ended.on or None}, path, faults), "on", day)
        record = _known(ended.record_id, path, records, faults)
        return _ended(record, RecordStatus(ended.status), on) if record else ()
    corrected = hypothesis.corrected
    record = _known(corrected.record_id, path, records, faults)
    return _corrected(record, corrected.points) if record else ()


def _known(
    record_id: str, path: str, records: dict[str, Record], faults: list[Fault]
) -> Record | None:
    if record_id not in records:
        zh, en = "档案中没有此记录", "there is no such record on file"
        faults.append(Fault(f"{path}.record_id", zh, en))
    return records.get(record_id)


def _ended(record: Record, status: RecordStatus, on: date) -> Iterator[Change]:
    """Ends a record: a withdrawn one never counted, a repaired one counted until that day."""
    yield Ending(record.id, status, on if status is RecordStatus.REPAIRED else None)


def _corrected(record: Record, points: int) -> Iterator[Change]:
    """Replaces a record by one with the corrected points."""
    yield Ending(record.id, RecordStatus.CORRECTED)
    yield Addition(replace(record, id=f"{record.id}:corrected", points=points))


def _added(added: pb.AddedRecord, number: int, path: str, day: date, faults: list[Fault]) -> Record:
    values = {
        "kind": added.kind,
        "severity": added.severity or None,
        "determined_on": added.determined_on or None,
    }
    reader = Reader(values, path, faults)
    determined_on = _day(reader, "determined_on", day)
    return Record(
        id=f"added-{number + 1}",
        kind=reader.choice("kind", RecordKind),
        severity=reader.choice_or_none("severity", Severity),
        determined_on=determined_on,
        entered_on=determined_on,
        verified=added.verified if added.HasField("verified") else True,
        final=added.final,
        points=added.points if added.HasField("points") else None,
    )


def _day(reader: Reader, field: str, default: date) -> date:
    return reader.day_or_none(field) or default


def _note_repeated(hypotheses: Sequence[pb.Hypothesis], faults: list[Fault]) -> None:
    seen: set[str] = set()
    for number, hypothesis in enumerate(hypotheses):
        name = hypothesis.WhichOneof("change") or ""
        record_id = getattr(getattr(hypothesis, name), "record_id", "")
        if record_id in seen:
            faults.append(Fault(f"changes[{number}].{name}.record_id", *_REPEATED))
        if record_id:
            seen.add(record_id)
