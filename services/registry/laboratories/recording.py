"""The commands by which an institution sends what the sensors of its laboratories measured.

A record is known by its laboratory, sensor and hour. Sent again it changes nothing; another value
for the same hour replaces the one on file only with a ground. Records that come late mark the
verifications of their hours anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlmodel import col, select

from law.errors import Fault
from law.laboratories import HUNDREDTHS, Range, kept_from, sensors
from plumbing.change import Change
from plumbing.clock import local_date
from protos.registry.v1 import laboratories_pb2 as pb
from services.registry.commands.targets import refuse_any
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.moments import moment
from services.registry.institutions.tables import Institution
from services.registry.laboratories.access import find
from services.registry.laboratories.hours import HOUR, hour_of, hundredths, moment_of, text_of
from services.registry.laboratories.marking import mark_of_hours
from services.registry.laboratories.tables import EnvironmentRecord, Laboratory
from services.registry.sheets import Columns, SheetRow

COLUMNS = Columns(
    headings={
        "sensor": ("传感器", "传感器编号", "测点"),
        "hour": ("时间", "小时", "日期时间"),
        "temperature": ("温度", "温度（℃）", "温度(℃)"),
        "humidity": ("湿度", "相对湿度", "湿度（%RH）", "湿度(%RH)", "相对湿度（%）"),
    },
    needed=("sensor", "hour", "temperature", "humidity"),
)
_NAMES = tuple(COLUMNS.headings)
# Adds a fault of the record at a place: the place, the field, and the words in both languages.
Note = Callable[[int, str, str, str], None]
Faults = list[tuple[int, Fault]]  # each with the place of its record
Key = tuple[str, datetime]


@dataclass(frozen=True)
class _Sent:
    """A record as it was sent, of the hour that begins at `hour`."""

    sensor: str
    hour: datetime
    temperature: int
    humidity: int


async def record_environment(
    change: Change, request: pb.RecordEnvironmentRequest
) -> pb.RecordEnvironmentResponse:
    """Takes in records of a laboratory of the caller's institution: all of them, or none.

    Raises InvalidInput, naming each faulty record, for an hour that is not over, that is not kept
    any more or on which the laboratory was not authorised, a value that cannot be, or one that
    contradicts the record on file without a ground; and NotFound for a laboratory of another
    institution.
    """
    faults: Faults = []

    def note(place: int, name: str, zh: str, en: str) -> None:
        fault = Fault(f"records.{place}.{name}", f"第 {place + 1} 条：{zh}", en)
        faults.append((place, fault))

    texts = [{name: getattr(one, name) for name in _NAMES} for one in request.records]
    counts = await _take(change, request, texts, note, faults)
    return pb.RecordEnvironmentResponse(**counts)


async def import_environment(
    change: Change, request: pb.ImportEnvironmentRequest, *, rows: Sequence[SheetRow]
) -> pb.ImportEnvironmentResponse:
    """Takes in the records of a file, as `record_environment` does."""
    faults: Faults = []

    def note(place: int, name: str, zh: str, en: str) -> None:
        faults.append((place, rows[place].fault(COLUMNS.heading(name), zh, en)))

    texts = [_cells(row, place, note) for place, row in enumerate(rows)]
    counts: dict[str, Any] = await _take(change, request, texts, note, faults)
    return pb.ImportEnvironmentResponse(**counts)


def _cells(row: SheetRow, place: int, note: Note) -> dict[str, str]:
    texts = {name: row.cells.get(name, "") for name in _NAMES}
    try:
        texts["hour"] = moment(texts["hour"])
    except BadCell as error:
        note(place, "hour", error.zh, error.en)
        texts["hour"] = ""
    return texts


async def _take(
    change: Change,
    request: pb.RecordEnvironmentRequest | pb.ImportEnvironmentRequest,
    texts: Sequence[dict[str, str]],
    note: Note,
    faults: Faults,
) -> dict[str, int]:
    laboratory, institution = await find(change, request.laboratory_id, lock=True)
    sent: dict[Key, _Sent] = {}
    for place, one in enumerate(texts):
        if (read := _read(change, laboratory, one, place, note)) is None:
            continue
        first = sent.setdefault((read.sensor, read.hour), read)
        if first != read:
            zh = "与前面同一传感器、同一小时的记录不同"
            note(place, "hour", zh, "contradicts an earlier one")
    _refuse(faults)
    present = await _on_file(change, laboratory, [*sent])
    changed = {key for key, row in present.items() if _differs(row, sent[key])}
    if changed and not request.ground.strip():
        for place, one in enumerate(texts):
            if (one["sensor"].strip(), hour_of(moment_of(one["hour"]))) in changed:
                zh = "这一小时已有另一数值；确需更正的，请写明理由"
                note(place, "hour", zh, "another value is on file; say why it is replaced")
    _refuse(faults)
    return await _save(change, laboratory, institution, sent, present, request.ground.strip())


def _refuse(faults: Faults) -> None:
    """Refuses what has faults; they are told in the order of the rows, however they were found."""
    refuse_any([fault for _, fault in sorted(faults, key=itemgetter(0))])


def _read(
    change: Change, laboratory: Laboratory, texts: dict[str, str], place: int, note: Note
) -> _Sent | None:
    """Reads and checks a record; notes each fault, and returns None if its hour has one."""
    ranges = sensors()
    sensor = texts["sensor"].strip()
    if not sensor:
        note(place, "sensor", "请填写传感器", "name the sensor")
    temperature = _value(texts, "temperature", ranges.temperature, place, note)
    humidity = _value(texts, "humidity", ranges.humidity, place, note)
    if not texts["hour"]:
        return None
    try:
        hour = hour_of(moment_of(texts["hour"]))
    except ValueError:
        note(place, "hour", "没有这一时刻", "there is no such hour")
        return None
    if hour + HOUR > change.at:
        note(place, "hour", "这一小时还没有过完", "this hour is not over yet")
    if local_date(hour) < (first_kept := kept_from(change.today)):
        zh = f"温湿度记录只保存 {first_kept} 以后的，这一小时不再收"
        note(place, "hour", zh, f"records of days before {first_kept} are not kept any more")
    if not laboratory.valid_from <= local_date(hour) <= laboratory.valid_until:
        first, last = laboratory.valid_from, laboratory.valid_until
        zh = f"实验室的授权自 {first} 至 {last}，这一小时不在其中"
        note(place, "hour", zh, f"the laboratory is authorised from {first} to {last} only")
    return _Sent(sensor, hour, temperature, humidity)


def _value(texts: dict[str, str], name: str, possible: Range, place: int, note: Note) -> int:
    value = hundredths(texts[name].strip())
    if value is None:
        note(place, name, "应为数值，如 20.5", "must be a number such as 20.5")
        return 0
    if not possible.has(value):
        least, most = possible.least // HUNDREDTHS, possible.most // HUNDREDTHS
        zh = f"不可能的数值：应在 {least} 至 {most} 之间，请检查传感器"
        note(place, name, zh, f"cannot be: must lie between {least} and {most}; see to the sensor")
    return value


async def _on_file(
    change: Change, laboratory: Laboratory, keys: Sequence[Key]
) -> dict[Key, EnvironmentRecord]:
    hours = [hour for _, hour in keys]
    if not hours:
        return {}
    rows = select(EnvironmentRecord).where(
        EnvironmentRecord.laboratory_id == laboratory.laboratory_id,
        col(EnvironmentRecord.hour) >= min(hours),
        col(EnvironmentRecord.hour) <= max(hours),
    )
    wanted = {*keys}
    found = {(row.sensor, row.hour): row for row in (await change.session.exec(rows)).all()}
    return {key: row for key, row in found.items() if key in wanted}


def _differs(row: EnvironmentRecord, sent: _Sent) -> bool:
    return (row.temperature, row.humidity) != (sent.temperature, sent.humidity)


async def _save(
    change: Change,
    laboratory: Laboratory,
    institution: Institution,
    sent: dict[Key, _Sent],
    present: dict[Key, EnvironmentRecord],
    ground: str,
) -> dict[str, int]:
    counts, replaced = {"added": 0, "replaced": 0, "known": 0, "marked": 0}, list[Any]()
    hours = list[datetime]()  # of records that are new or another one now
    for key, one in sent.items():
        values = {"temperature": one.temperature, "humidity": one.humidity}
        row = present.get(key)
        if row is None:
            row = EnvironmentRecord(
                laboratory_id=laboratory.laboratory_id, sensor=one.sensor, hour=one.hour, **values
            )
            counts["added"] += 1
        elif _differs(row, one):
            replaced.append(row.model_dump(mode="json"))
            row.sqlmodel_update(values)
            counts["replaced"] += 1
        else:
            counts["known"] += 1
            continue
        hours.append(one.hour)
        change.session.add(row)
    if not hours:
        return counts
    await change.session.flush()
    counts["marked"] = await mark_of_hours(change, laboratory, institution, hours)
    span = {"first_hour": text_of(min(hours)), "last_hour": text_of(max(hours))}
    change.audit(
        "record_environment",
        f"laboratory/{laboratory.laboratory_id}",
        before={"replaced": replaced} if replaced else None,
        after={**counts, **span},
        ground=ground,
        bureau=institution.bureau,
    )
    return counts
