"""Corrections ordered by a decision: whether they fit, and what a record then reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from google.protobuf.json_format import ParseDict

from law.errors import Fault, InvalidInput
from law.evidence import RecordKind
from law.kind_names import kind_name
from law.objection import OUTCOME_CITE, Outcome
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record


def check_corrections(
    outcome: Outcome, corrections: Sequence[pb.Correction], records: Sequence[Record], today: date
) -> None:
    """Refuses corrections that cannot be carried out, with every fault at once (S4 五(三))."""
    if outcome is not Outcome.CORRECT:
        faults = [_fault("仅“更正”可附更正内容", "Only `correct` has corrections")] * bool(
            corrections
        )
    else:
        faults = [*_coverage(corrections, records), *_contents(corrections, records, today)]
    if faults:
        raise InvalidInput(faults=faults, cite=OUTCOME_CITE)


def corrected(record: Record, stored: Mapping[str, Any]) -> Record:
    """The record as it should read, given a correction as the case stores it."""
    correction = ParseDict(dict(stored), pb.Correction())
    told = Record()
    told.CopyFrom(record)
    for name in ("kind", "determined_on", "summary"):
        if value := getattr(correction, name):
            setattr(told, name, value)
    if correction.HasField("points"):
        told.points = correction.points
    return told


def correction_zh(stored: Mapping[str, Any]) -> tuple[str, ...]:
    """What a correction, as the case stores it, changes; for people, in Chinese."""
    correction = ParseDict(dict(stored), pb.Correction())
    told = {
        "类别": kind_name(RecordKind(correction.kind), "zh") if correction.kind else "",
        "分值": str(correction.points) if correction.HasField("points") else "",
        "认定日期": correction.determined_on,
        "摘要": correction.summary,
    }
    return tuple(f"{name}：{value}" for name, value in told.items() if value)


def _coverage(corrections: Sequence[pb.Correction], records: Sequence[Record]) -> Iterator[Fault]:
    given = sorted(correction.record_id for correction in corrections)
    if given != sorted(record.record_id for record in records):
        yield _fault("每条异议记录须有且仅有一项更正", "Each contested record needs one correction")


def _contents(
    corrections: Iterable[pb.Correction], records: Sequence[Record], today: date
) -> Iterator[Fault]:
    by_id = {record.record_id: record for record in records}
    for place, correction in enumerate(corrections):
        where = f"corrections[{place}]"
        if correction.kind and correction.kind not in set(RecordKind):
            yield _fault("没有这种记录", "There is no such kind of record", f"{where}.kind")
        record = by_id.get(correction.record_id)
        if record is None:
            continue
        if corrected(record, _told(correction)) == record:
            yield _fault("与原记录无异", "It changes nothing", where)
        if correction.determined_on:
            yield from _day(correction.determined_on, record, today, f"{where}.determined_on")


def _day(value: str, record: Record, today: date, where: str) -> Iterator[Fault]:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        yield _fault("不是日期", "It is not a date", where)
        return
    if day > today:
        yield _fault("认定日期不得晚于今日", "A determination is not in the future", where)
    if day < date.fromisoformat(record.occurred_on):
        yield _fault("认定日期不得早于事实发生日", "A determination follows the fact", where)


def _told(correction: pb.Correction) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: getattr(correction, name)
        for name in ("record_id", "kind", "determined_on", "summary")
    }
    return told | ({"points": correction.points} if correction.HasField("points") else {})


def _fault(zh: str, en: str, where: str = "corrections") -> Fault:
    return Fault(where, zh, en, cite=OUTCOME_CITE)
