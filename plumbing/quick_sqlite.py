"""SQLite for asyncio, with few visits to other threads.

aiosqlite gives each connection a thread, and SQLAlchemy visits it for each step of a statement:
cursor, execution, rows, close. A visit costs more processor time than most statements. Here a
statement that is quick runs in the event loop; any other takes one visit.

Quick are reads within QUICK_SECONDS, insertions of few values, and the beginning of a change while
no other process writes. A read that takes longer is stopped and done again in the thread, so that
it does not hold up other calls, and its statement goes to the thread at once the next LONG_FOR
times. So does whatever may wait for the disk or has no bound: the commit of a change, and changes
of rows that a condition selects.
"""
# ruff: noqa: SLF001 - the libraries beneath show their connections only by private names

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_

QUICK_SECONDS = 0.002
# Instructions of SQLite between two looks at the clock: some ten microseconds.
LOOK_EVERY = 1000
PRIMARY_CODE = 0xFF  # of an error code: the rest says more of the same, such as who is busy
MOST_VALUES = 100  # of an insertion that is quick
LONG_FOR, LONG_KNOWN = 50, 1000  # how often a long read is not tried, and how many are known
BEGIN_READING, BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"
BUSY_MILLISECONDS = 30_000  # for which another process that writes is waited for

T = TypeVar("T")
Rows = deque[Any]


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor whose statements end at once or take one visit; it holds all rows."""

    __slots__ = ()
    _awaitable_cursor_close = False
    _adapt_connection: _Connection

    def _make_new_cursor(self, connection: Any) -> Any:
        try:
            return connection._conn.cursor()
        except Exception as error:
            self._adapt_connection._handle_exception(error)

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    def execute(self, operation: Any, parameters: Any = None) -> None:
        connection, values = self._adapt_connection, parameters or ()
        try:
            work = partial(self._run, operation, values)
            self._rows = connection.run(operation, len(values), work)
        except Exception as error:
            connection._handle_exception(error)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        connection, rows = self._adapt_connection, list(seq_of_parameters)
        work = partial(self._run_many, operation, rows)
        try:
            self._rows = connection.run(operation, sum(map(len, rows)), work)
        except Exception as error:
            connection._handle_exception(error)

    def _run(self, operation: str, values: Sequence[Any]) -> Rows:
        cursor: Any = self._cursor
        cursor.execute(operation, values)
        return deque(cursor.fetchall() if cursor.description else ())

    def _run_many(self, operation: str, rows: Sequence[Sequence[Any]]) -> Rows:
        cursor: Any = self._cursor
        cursor.executemany(operation, rows)
        return deque()


class _Connection(AsyncAdapt_aiosqlite_connection):
    """A connection that runs statements in the event loop or in its thread."""

    _cursor_cls = _Cursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        # One for each visit that has not ended, also where its caller was cancelled. Two threads
        # change the list; its appending and popping cannot be interrupted.
        self._visits: list[None] = []
        self._reads = False  # whether the open transaction only reads

    def run(self, operation: str, values: int, work: Callable[[], Rows]) -> Rows:
        """Runs a statement with so many values and returns its rows."""
        rows = None if self._visits else self._run_quickly(operation, values, work)
        return self.visit(work) if rows is None else await_(_at_once(rows))

    def visit(self, work: Callable[[], T]) -> T:
        """Runs work in the thread of the connection, after what it does at present."""
        self._reads = False
        self._visits.append(None)
        return await_(self._connection._execute(self._leaving, work))  # type: ignore[no-any-return]

    def commit(self) -> None:
        raw = self._connection._connection
        if raw is not None and self._reads and not self._visits:
            raw.commit()  # nothing was written, so nothing waits for the disk
        else:
            super().commit()

    def rollback(self) -> None:
        # A connection comes back to its pool with a rollback, usually after the commit.
        raw = self._connection._connection
        if raw is not None and self._reads and not self._visits:
            raw.rollback()
        elif self._visits or (raw is not None and raw.in_transaction):
            super().rollback()

    def _leaving(self, work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            self._visits.pop()

    def _run_quickly(self, operation: str, values: int, work: Callable[[], Rows]) -> Rows | None:
        """Runs a statement in the event loop; None if it is not quick."""
        if operation == BEGIN_READING:
            self._reads = True
        elif operation == BEGIN_WRITING:
            return self._begin_quickly(work)
        elif operation.startswith("SELECT"):
            return self._read_quickly(operation, work)
        elif values > MOST_VALUES or not _inserts(operation):
            return None
        return work()

    def _begin_quickly(self, work: Callable[[], Rows]) -> Rows | None:
        """Begins a change; None while another process writes, which the thread waits for."""
        raw, self._reads = self._connection._conn, False
        raw.execute("PRAGMA busy_timeout=0")
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                raise
            return None
        finally:
            raw.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")

    def _read_quickly(self, operation: str, work: Callable[[], Rows]) -> Rows | None:
        """Runs a read for at most QUICK_SECONDS; None if it takes longer, or did so lately."""
        if _is_long(operation):
            return None
        raw, until = self._connection._conn, perf_counter() + QUICK_SECONDS
        raw.set_progress_handler(lambda: perf_counter() > until, LOOK_EVERY)
        try:
            return work()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            _note_long(operation)
            return None
        finally:
            raw.set_progress_handler(None, LOOK_EVERY)


_long: dict[str, int] = {}  # by statement, how often it is still taken for long


def _note_long(operation: str) -> None:
    if len(_long) < LONG_KNOWN:
        _long[operation] = LONG_FOR


def _is_long(operation: str) -> bool:
    """Whether a read took long when it was tried last; it is tried again after some times."""
    left = _long.pop(operation, 0)
    if left > 1:
        _long[operation] = left - 1
    return left > 0


async def _at_once(rows: Rows) -> Rows:
    """Returns the rows; SQLAlchemy demands that a statement is awaited."""
    return rows


def _inserts(operation: str) -> bool:
    return operation.startswith("INSERT") and "SELECT" not in operation


class QuickSqlite(AsyncAdapt_aiosqlite_dbapi):
    """The driver, for the `module` of SQLAlchemy's engine."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arguments: Any, **options: Any) -> _Connection:
        """Opens a connection, which the event loop and its thread use in turns."""
        options["check_same_thread"] = False
        return _Connection(self, super().connect(*arguments, **options)._connection)
