"""What the opening of every case has in common: its number, its records, no second case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import WrongState
from law.objection import OBJECTION_CITE, REPAIR_CITE, CaseKind
from plumbing.change import Change
from protos.registry.v1.registry_pb2 import Record
from services.objection.tables import OPEN, Case

_NEXT_NUMBER = (
    "INSERT INTO {series} (bureau, year, last) VALUES (:bureau, :year, 1)"
    " ON CONFLICT (bureau, year) DO UPDATE SET last = {series}.last + 1 RETURNING last"
)
_SERIES = {
    CaseKind.OBJECTION: sa.text(_NEXT_NUMBER.format(series="case_number")),
    CaseKind.REPAIR: sa.text(_NEXT_NUMBER.format(series="repair_number")),
}
KIND_ZH = {CaseKind.OBJECTION: "异议", CaseKind.REPAIR: "修复"}
_CITE = {CaseKind.OBJECTION: OBJECTION_CITE, CaseKind.REPAIR: REPAIR_CITE}


async def next_number(change: Change, kind: CaseKind, bureau: str) -> str:
    """The number of the next case of a kind.

    To be asked for first: its row makes the bureau's lodgings wait for one another, so that of
    two cases on one record the second sees the first.
    """
    connection = await change.session.connection()
    place = {"bureau": bureau, "year": change.today.year}
    last = int((await connection.execute(_SERIES[kind], place)).scalar_one())
    return f"{KIND_ZH[kind]}〔{change.today.year}〕{bureau}-{last:04d}号"


async def refuse_second_case(change: Change, kind: CaseKind, record_ids: Sequence[str]) -> None:
    """Raises WrongState naming the open case of that kind that one of the records has."""
    opened = OPEN[kind]
    wanted = (
        select(Case.number, Case.case_id, opened.record_id)
        .join(opened, col(opened.case_id) == col(Case.case_id))
        .where(col(opened.record_id).in_(record_ids))
        .order_by(col(Case.number))
    )
    found = (await change.session.exec(wanted)).first()
    if found is not None:
        number, case_id, record_id = found
        raise WrongState(
            f"记录{record_id}已在{number}案中办理",
            f"Record {record_id} is dealt with in case {number}",
            cite=_CITE[kind],
            case=case_id,
            number=number,
        )


async def free_records(change: Change, case: Case) -> None:
    """Lets other cases of the kind be lodged on the records of one that is settled."""
    held = OPEN[case.kind]
    ours = sa.delete(held).where(col(held.case_id) == case.case_id)
    await (await change.session.connection()).execute(ours)


def open_case(change: Change, case: Case) -> None:
    """Puts a new case and what it concerns into the database."""
    change.session.add(case)
    change.session.add_all(
        OPEN[case.kind](record_id=record_id, case_id=case.case_id) for record_id in case.record_ids
    )


def as_lodged(records: Iterable[Record]) -> list[dict[str, str]]:
    """What records say when a case on them is lodged."""
    names = ("record_id", "kind", "summary", "source_ref", "determined_on")
    return [{name: getattr(record, name) for name in names} for record in records]
