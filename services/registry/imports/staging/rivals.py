"""Finds what others changed in the register between the planning of a batch and its application.

Every change of the register is announced in the outbox, in the transaction of the change. So a plan
still holds if no event since then tells of a thing on which it relies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault, WrongState
from law.identity import document_key, serial_key
from law.identity.records import record_key
from law.identity.verifications import certificate_of
from plumbing.events.envelope import Attributes
from plumbing.events.outbox import Outbox
from protos.registry.v1 import events_pb2 as events
from services.registry.imports.plan.plan import Kind, Plan, Planned
from services.registry.imports.rows.reader import Item

Key = tuple[str, ...]
# On PostgreSQL an event with a lower number may be committed after one with a higher number.
LOOKED_BACK = 1000
EVENTS_AT_ONCE = 50
_OF_RECORDS = ("kind", "source_ref", "determined_on", "occurred_on", "summary")
_NAMES = ("owner", "name", "credit_code", "external_ref")


class Overtaken(WrongState):
    """Others changed what a batch relies on, after it was compared with the register."""


@dataclass(frozen=True)
class Seen:
    """The events that a snapshot of the register had: up to `newest`, without the `missing`."""

    newest: int
    missing: frozenset[int]

    @classmethod
    async def of(cls, session: AsyncSession) -> Seen:
        """Reads which events a session's snapshot has."""
        connection = await session.connection()
        newest = await connection.scalar(sa.select(sa.func.max(Outbox.seq))) or 0
        first = max(newest - LOOKED_BACK, 0) + 1
        rows = await connection.scalars(sa.select(col(Outbox.seq)).where(col(Outbox.seq) >= first))
        return cls(newest, frozenset(range(first, newest)) - frozenset(rows))

    async def since(self, session: AsyncSession) -> AsyncIterator[tuple[str, bytes]]:
        """Yields the type and the body of each event that a session has and the snapshot had not.

        The events are read in small portions, since one may be large.
        """
        after = 0
        fresh = (col(Outbox.seq) > self.newest) | col(Outbox.seq).in_(self.missing)
        columns: list[Any] = [col(Outbox.seq), col(Outbox.headers), col(Outbox.payload)]
        query = sa.select(*columns).where(fresh).order_by(col(Outbox.seq)).limit(EVENTS_AT_ONCE)
        connection = await session.connection()
        while rows := (await connection.execute(query.where(col(Outbox.seq) > after))).all():
            for _, headers, payload in rows:
                yield Attributes.read(headers).type, payload
            after = rows[-1][0]


def _of_bureau(row: Any) -> Iterator[Key]:
    yield "bureau", row.code


def _of_subject(row: Any) -> Iterator[Key]:
    yield "subject", row.subject_id
    yield "of", "bureau", row.bureau
    for name in (row.name, row.credit_code, row.external_ref):
        yield "named", name


def _of_instrument(row: Any) -> Iterator[Key]:
    yield "instrument", row.instrument_id
    yield "of", "subject", row.subject_id
    yield "serial", row.type_code, serial_key(row.serial_no)
    if row.maker_code:
        yield "maker_code", row.maker_code


def _of_verification(row: Any) -> Iterator[Key]:
    yield "verification", row.verification_id
    yield "of", "instrument", row.instrument_id
    yield from _certificate(row.institution, row.certificate_no)
    yield "dated", row.instrument_id, row.verified_on, row.result


def _certificate(institution: str, number: str) -> Iterator[Key]:
    if found := certificate_of({"institution": institution, "certificate_no": number}):
        yield "certificate", *found


def _of_record(row: Any) -> Iterator[Key]:
    yield "record", row.record_id
    yield "of", "subject", row.subject_id
    values = {name: getattr(row, name) for name in _OF_RECORDS}
    yield "source", row.subject_id, *map(str, record_key(values))


def _of_permit(row: Any) -> Iterator[Key]:
    yield "permit", row.permit_id
    yield "of", "subject", row.subject_id
    yield "decision", row.subject_id, document_key(row.document_no)


_TOLD: Mapping[str, tuple[Any, str, Callable[[Any], Iterator[Key]]]] = {
    event.DESCRIPTOR.full_name: (event, rows, keys)
    for event, rows, keys in (
        (events.BureausChanged, "bureaus", _of_bureau),
        (events.SubjectsChanged, "subjects", _of_subject),
        (events.InstrumentsChanged, "instruments", _of_instrument),
        (events.VerificationsRecorded, "verifications", _of_verification),
        (events.RecordsChanged, "records", _of_record),
        (events.PermitsChanged, "permits", _of_permit),
    )
}


class Footprint:
    """The things of the register on which a batch relies, each with a row of its file, or 0.

    A key `("of", kind, id)` stands for whatever belongs to a thing.
    """

    def __init__(self, rows: Callable[[], Iterable[tuple[Key, int]]]) -> None:
        """Keeps what yields the things; it is asked once there is an event to compare them with."""
        self._of = rows

    @classmethod
    def of(cls, items: Iterable[Item], plan: Plan) -> Footprint:
        """Returns what a plan relies on, and the rows of its file."""

        def rows() -> Iterator[tuple[Key, int]]:
            for item in items:
                for key in _of_item(item.values):
                    yield key, item.row
            for kind, things in plan.things.items():
                for one in things:
                    for key in _of_planned(kind, one):
                        yield key, one.row

        return cls(rows)

    @cached_property
    def _rows(self) -> Mapping[Key, int]:
        found: dict[Key, int] = {}
        for key, row in self._of():
            found.setdefault(key, row)
        return found

    def row(self, *key: str) -> int:
        """Returns the row of the file that is about a thing; 0 if none is."""
        return self._rows.get(key, 0)

    async def require_untouched(self, session: AsyncSession, seen: Seen) -> None:
        """Raises Overtaken if an event since `seen` tells of one of these things."""
        async for kind, payload in seen.since(session):
            if kind not in _TOLD:
                continue
            event, rows, keys = _TOLD[kind]
            for row in getattr(event.FromString(payload), rows):
                found = [self._rows[key] for key in keys(row) if key in self._rows]
                if found:
                    raise overtaken(min(found))


def _of_item(values: Mapping[str, Any]) -> Iterator[Key]:
    for name in _NAMES:
        if values.get(name):
            yield "named", values[name]
    if values.get("serial_no"):
        yield "serial", str(values.get("type_code", "")), serial_key(values["serial_no"])
    if values.get("maker_code"):
        yield "maker_code", values["maker_code"]
    yield from _certificate(str(values.get("institution", "")), values.get("certificate_no", ""))


def _of_planned(kind: Kind, one: Planned) -> Iterator[Key]:
    values = one.values
    if not one.new:
        yield kind.value, one.thing_id
    for name in ("subject", "instrument"):
        if owner := values.get(f"{name}_id"):
            yield name, owner
    if bureau := values.get("bureau"):
        yield "bureau", bureau
    if kind is Kind.SUBJECT and values.get("name"):
        yield "named", values["name"]
    if kind is Kind.VERIFICATION and one.new and not certificate_of(values):
        yield "dated", values["instrument_id"], values["verified_on"].isoformat(), values["result"]
    if one.new:
        yield from _of_new_document(kind, values)


def _of_new_document(kind: Kind, values: Mapping[str, Any]) -> Iterator[Key]:
    if kind is Kind.RECORD:
        yield "source", values["subject_id"], *map(str, record_key(values))
    if kind is Kind.PERMIT:
        yield "decision", values["subject_id"], document_key(values["document_no"])


def overtaken(row: int) -> Overtaken:
    """Returns the error for a row of the file whose thing others changed meanwhile."""
    zh = "核对之后，他人改动了此行所指的事项"
    en = "somebody changed what this row is about after it was compared with the register"
    return Overtaken(
        f"第 {row} 行所指的事项正由他人改动；未导入任何内容，请稍后再试",
        f"What row {row} is about is being changed by others; nothing was imported, try again",
        faults=[Fault(f"row {row}", zh, en)],
    )
