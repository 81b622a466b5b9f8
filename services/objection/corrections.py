"""The corrections of records that a decision orders: checks, results, and Chinese descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from google.protobuf.json_format import ParseDict

from law.errors import Fault, InvalidInput
from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import OUTCOME_CITE, Outcome
from law.reader.strict_reader import as_day
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record


def check_corrections(
    outcome: Outcome, corrections: Sequence[pb.Correction], records: Sequence[Record], today: date
) -> None:
    """Raises InvalidInput with every fault of the corrections of a decision (S4 五(三)).

    The outcome 更正 needs exactly one correction for each contested record, any other outcome none.
    """
    if outcome is Outcome.CORRECT:
        faults = [*_coverage(corrections, records), *_contents(corrections, records, today)]
    elif corrections:
        faults = [_fault("仅“更正”可附更正内容", "Only `correct` has corrections")]
    else:
        faults = []
    if faults:
        raise InvalidInput(faults=faults, cite=OUTCOME_CITE)


def corrected(record: Record, stored: Mapping[str, Any]) -> Record:
    """Returns a copy of a record with a correction applied; `stored` is the correction as JSON."""
    return _apply(record, ParseDict(dict(stored), pb.Correction()))


def correction_zh(stored: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns each change of a correction as a Chinese text, for example 分值：3.

    `stored` is the correction as JSON from the case.
    """
    correction = ParseDict(dict(stored), pb.Correction())
    values = {
        "类别": kind_name(RecordKind(correction.kind), "zh") if correction.kind else "",
        "分值": str(correction.points) if correction.HasField("points") else "",
        "认定日期": correction.determined_on,
        "摘要": correction.summary,
    }
    return tuple(f"{name}：{value}" for name, value in values.items() if value)


def _apply(record: Record, correction: pb.Correction) -> Record:
    result = Record()
    result.CopyFrom(record)
    for name in ("kind", "determined_on", "summary"):
        if value := getattr(correction, name):
            setattr(result, name, value)
    if correction.HasField("points"):
        result.points = correction.points
    return result


def _coverage(corrections: Sequence[pb.Correction], records: Sequence[Record]) -> Iterator[Fault]:
    given = sorted(correction.record_id for correction in corrections)
    if given != sorted(record.record_id for record in records):
        yield _fault("每条异议记录须有且仅有一项更正", "Each contested record needs one correction")


def _contents(
    corrections: Iterable[pb.Correction], records: Sequence[Record], today: date
) -> Iterator[Fault]:
    by_id = {record.record_id: record for record in records}
    for place, correction in enumerate(corrections):
        field = f"corrections[{place}]"
        if correction.kind and correction.kind not in set(RecordKind):
            yield _fault("没有这种记录", "There is no such kind of record", f"{field}.kind")
        record = by_id.get(correction.record_id)
        if record is None:
            continue
        if _apply(record, correction) == record:
            yield _fault("与原记录无异", "The correction changes nothing", field)
        if correction.determined_on:
            yield from _day(correction.determined_on, record, today, f"{field}.determined_on")


def _day(value: str, record: Record, today: date, field: str) -> Iterator[Fault]:
    day = as_day(value)
    if day is None:
        yield _fault("不是日期", "This is not a date", field)
        return
    if day > today:
        yield _fault("认定日期不得晚于今日", "The day of determination is in the future", field)
    if day < date.fromisoformat(record.occurred_on):
        yield _fault(
            "认定日期不得早于事实发生日", "The day of determination is before the fact", field
        )


def _fault(zh: str, en: str, field: str = "corrections") -> Fault:
    return Fault(field, zh, en, cite=OUTCOME_CITE)
