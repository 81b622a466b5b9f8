"""Compares every watched row of a database with the digest that its last change left.

A row that somebody changed, added or removed without the platform is named by table and id. Rows of
before the first release with digests get theirs at the first start (`take_stock`): what happened to
them earlier cannot be proven.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import WrongState
from plumbing.audit import AuditEntry
from plumbing.change import Change, Changes
from plumbing.chunks import chunks
from plumbing.identity import Caller, service_caller
from plumbing.row_digests import AuditRow, Proven
from plumbing.service import Findings

PORTION = 1000
STOCK, STOCK_TAKEN = "take_stock", "tables"
_CHANGED = (
    "内容与审计记录不符，是绕过平台改动的",
    "The row is not as its last audited change left it: it was changed past the platform",
)
_UNKNOWN = (
    "没有对应的审计记录，是绕过平台写入的",
    "No audited change wrote this row: it was added past the platform",
)
_GONE = (
    "审计记录有而数据库没有，是绕过平台删除的",
    "An audited change wrote this row and none deleted it: it was removed past the platform",
)


async def check_rows(session: AsyncSession, tables: Sequence[Proven], findings: Findings) -> None:
    """Reports each row that differs from its last audited change, in a snapshot of the database.

    The figure `rows.of_stock` counts rows that are proven only since `take_stock`.
    """
    findings.figures |= {"rows.proven": 0, "rows.of_stock": 0}
    for table in tables:
        known = 0
        async for rows in _portions(session, table):
            known += await _compare(session, table, rows, findings)
        if known != await _living(session, table):
            await _name_missing(session, table, findings)


async def _compare(
    session: AsyncSession, table: Proven, rows: Sequence[sa.Row[Any]], findings: Findings
) -> int:
    """Compares some rows; returns how many of them an audited change wrote."""
    unknown, proven, of_stock = 0, 0, 0
    keys = [table.key(row) for row in rows]
    last = await _last_digests(session, table, keys)
    for key, row in zip(keys, rows, strict=True):
        found = last.get(key)
        if found is None or found.digest is None:
            findings.differ("row.unknown", f"{table.table}/{key}", *_UNKNOWN)
            unknown += 1
        elif table.digest_of(row, found.salt) != found.digest:
            findings.differ("row.changed", f"{table.table}/{key}", *_CHANGED)
        elif found.action == STOCK:
            of_stock += 1
        else:
            proven += 1
    findings.figures["rows.proven"] += proven
    findings.figures["rows.of_stock"] += of_stock
    return len(rows) - unknown


class _Last(NamedTuple):
    """What a row's last audited change left: the row's digest, and the change's salt and action."""

    digest: str | None
    salt: str
    action: str


async def _last_digests(
    session: AsyncSession, table: Proven, keys: Sequence[str]
) -> dict[str, _Last]:
    query = (
        select(AuditRow.row_key, AuditRow.digest, AuditEntry.salt, AuditEntry.action)
        .join(AuditEntry, col(AuditEntry.entry_id) == col(AuditRow.entry_id))
        .where(col(AuditRow.table_name) == table.table, col(AuditRow.row_key).in_(keys))
        .order_by(col(AuditRow.entry_id))
    )
    return {key: _Last(*last) for key, *last in await session.exec(query)}


async def _portions(session: AsyncSession, table: Proven) -> AsyncIterator[Sequence[sa.Row[Any]]]:
    """All rows of a table as their watched columns, in the order of their keys.

    They are not made objects, which would take longer than everything else.
    """
    last: tuple[Any, ...] | None = None
    columns = sa.select(*(table.model.__table__.c[name] for name in table.columns))
    connection = await session.connection()
    while rows := (await connection.execute(_next_rows(table, columns, last))).all():
        last = table.place(rows[-1])
        yield rows


def _next_rows(table: Proven, rows: Any, last: tuple[Any, ...] | None) -> Any:
    """Those of the rows after a place, in the order of their keys, as a query."""
    columns = [getattr(table.model, name) for name in table.keys]
    query = rows.order_by(*columns).limit(PORTION)
    return query if last is None else query.where(sa.tuple_(*columns) > last)


def _living_keys(table: Proven) -> Any:
    """The keys of the rows that audited changes wrote and did not delete, as a query."""
    newest = sa.func.row_number().over(
        partition_by=col(AuditRow.row_key), order_by=col(AuditRow.entry_id).desc()
    )
    of_table = select(AuditRow.row_key, AuditRow.digest, newest.label("newest")).where(
        col(AuditRow.table_name) == table.table
    )
    rows = of_table.subquery()
    return sa.select(rows.c.row_key).where(rows.c.newest == 1, rows.c.digest.is_not(None))


async def _living(session: AsyncSession, table: Proven) -> int:
    connection = await session.connection()
    counted = sa.select(sa.func.count()).select_from(_living_keys(table).subquery())
    return int((await connection.execute(counted)).scalar_one())


async def _name_missing(session: AsyncSession, table: Proven, findings: Findings) -> None:
    """Names the rows that are gone; only called where the numbers differ."""
    present: set[str] = set()
    async for rows in _portions(session, table):
        present.update(map(table.key, rows))
    connection = await session.connection()
    async with connection.stream(_living_keys(table)) as keys:
        async for (key,) in keys:
            if key not in present:
                findings.differ("row.gone", f"{table.table}/{key}", *_GONE)


async def cover_again(change: Change, entry: AuditEntry, tables: Iterable[Proven]) -> None:
    """Covers the rows anew of which an audit entry has the last digest, as it is to be erased.

    Raises WrongState if such a row is not as its digest says: the difference would be lost.
    """
    query = select(AuditRow).where(col(AuditRow.entry_id) == entry.entry_id)
    covered = (await change.session.exec(query)).all()
    for table in tables:
        keys = [one.row_key for one in covered if one.table_name == table.table]
        for portion in chunks(keys, PORTION):
            last = await _last_digests(change.session, table, portion)
            for row in await _rows_with(change.session, table, portion):
                _cover_again(change, entry, table, row, last[table.key(row)])


def _cover_again(change: Change, entry: AuditEntry, table: Proven, row: Any, last: _Last) -> None:
    if last.salt != entry.salt:
        return  # a later entry has its last digest
    if last.digest != table.digest(row, entry.salt):
        raise WrongState(*_CHANGED, row=f"{table.table}/{table.key(row)}")
    change.note_row(row)


async def _rows_with(session: AsyncSession, table: Proven, keys: Sequence[str]) -> Sequence[Any]:
    """The rows with these keys; reads the whole table where a key has several columns."""
    columns = [sa.cast(getattr(table.model, name), sa.String) for name in table.keys]
    key: Any = columns[0]
    for column in columns[1:]:
        key = key + "/" + column
    return (await session.exec(select(table.model).where(key.in_(keys)))).all()


async def take_stock(changes: Changes, service: str, tables: Sequence[Proven]) -> None:
    """Stores a digest of every watched row that has none, once for each table.

    Runs at the start of a process, before the process writes anything else: at the first start
    after a table came to be watched, and never again, so that a row added past the platform is
    found.
    """
    async with changes.database.snapshot() as session:
        done = await _taken(session)
    missing = [table for table in tables if table.table not in done]
    if not missing:
        return
    caller = service_caller(service)
    for table in missing:
        await _take(changes, caller, table)
    async with changes.change(caller) as change:
        change.audit(
            "take_stock", STOCK_TAKEN, after={"tables": [table.table for table in missing]}
        )


async def _taken(session: AsyncSession) -> set[str]:
    of_tables = col(AuditEntry.action) == STOCK, col(AuditEntry.object) == STOCK_TAKEN
    stocks = await session.exec(select(AuditEntry.after).where(*of_tables))
    return {table for after in stocks for table in (after or {})["tables"]}


async def _take(changes: Changes, caller: Caller, table: Proven) -> None:
    last: tuple[Any, ...] | None = None
    while True:
        async with changes.change(caller) as change:
            # Locked: a replica that already serves must not change a row between here and the end.
            query = _next_rows(table, select(table.model), last).with_for_update()
            rows = (await change.session.exec(query)).all()
            if not rows:
                return
            known = await _last_digests(change.session, table, [table.key(row) for row in rows])
            unknown = [row for row in rows if table.key(row) not in known]
            for row in unknown:
                change.note_row(row)
            if unknown:
                change.audit("take_stock", f"table/{table.table}", after={"rows": len(unknown)})
            last = table.place(rows[-1])
