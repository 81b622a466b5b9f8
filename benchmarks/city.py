"""Fills the databases of a sandbox with a city's register, by copying rows of the sample.

Every copy of a row has ids of its own and refers to the copy with the same number, so what
belongs together stays together. Rows are copied inside SQLite, a table at a time.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

# The tables of each service that are copied; what the platform did with them is not.
TABLES = {
    "registry": (
        "subject",
        "account",
        "instrument",
        "verification",
        "record",
        "record_version",
        "publication",
        "telling",
    ),
    "grading": ("subject", "record", "grade", "receipt"),
    "objection": ("objection_case", "case_step", "case_letter"),
    "alerts": (
        "subject",
        "instrument",
        "credit_record",
        "alert",
        "notice",
        "escalation",
        "escalation_alert",
        "escalation_step",
    ),
}
HEX_DIGITS = 6  # of an id that are replaced by the number of the copy
ID = re.compile(r"\b[0-9a-f]{32}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
STEP = 1_000_000  # between the numbers of a row and of its next copy
STAY_OPEN = 20  # of so many cases, one
YEARS = 5  # over which those that are closed were lodged
# What is over in a city that has run for long: most cases, and the delivery of every notice.
_OVER = {
    "objection": """
        UPDATE objection_case SET state = 'closed', outcome = 'delete',
          lodged_at = strftime('%Y-%m-%d %H:%M:%f000', lodged_at,
            :back || (rowid % :days) || ' days'),
          due_on = date(due_on, :back || (rowid % :days) || ' days') WHERE rowid % :open <> 0;
        UPDATE objection_case SET decided_at = lodged_at, closed_at = lodged_at,
          settled_at = lodged_at WHERE state = 'closed' AND :open;
    """,
    "alerts": """
        UPDATE notice SET state = 'delivered', attempts = 1, delivered_at = created_at
          WHERE state = 'pending' AND :open;
        UPDATE escalation SET state = 'closed', closed_at = opened_at, waits_from = NULL,
          due_on = NULL WHERE rowid % :open <> 0;
        UPDATE escalation_step SET state = 'void' WHERE state = 'proposed' AND :open
          AND escalation_id IN (SELECT escalation_id FROM escalation WHERE state = 'closed');
    """,
}
_HOW = {"open": STAY_OPEN, "days": YEARS * 365, "back": "-"}
_NOT_IDS = ("ruleset_id", "institution", "external_ref")
_JSON = {
    "record_version": ("state",),
    "receipt": ("document",),
    "objection_case": ("record_ids", "records_as_lodged", "record_versions"),
}


def fill(folder: Path, copies: int, cases: int) -> None:
    """Adds `copies` copies of the register, and copies of the cases until there are `cases`."""
    for service, tables in TABLES.items():
        with closing(sqlite3.connect(folder / f"{service}.db")) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.create_function("other_ids", 2, _other_ids, deterministic=True)
            times = _rounds(connection, cases) if service == "objection" else copies
            for table in tables:
                _copy(connection, table, times, copies)
            for statement in _OVER.get(service, "").split(";")[:-1]:
                connection.execute(statement, _HOW)
            connection.execute("ANALYZE")
            connection.commit()


def _rounds(connection: sqlite3.Connection, cases: int) -> int:
    """How many copies of each case make so many cases."""
    (present,) = connection.execute("SELECT count(*) FROM objection_case").fetchone()
    return cases // present if present else 0


def _copy(connection: sqlite3.Connection, table: str, times: int, copies: int) -> None:
    columns = list(_columns(connection, table))
    values = ", ".join(_value(table, name, kind, copies) for name, kind in columns)
    names = ", ".join(f'"{name}"' for name, _ in columns)
    connection.execute(
        "WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < ?)"  # noqa: S608
        f' INSERT INTO "{table}" ({names}) SELECT {values}'
        f' FROM (SELECT * FROM "{table}") AS it CROSS JOIN copy WHERE n <= ?',
        (times, times),
    )


def _columns(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, str]]:
    for _, name, kind, *_ in connection.execute(f'PRAGMA table_info("{table}")'):
        yield name, kind.upper()


def _value(table: str, name: str, kind: str, copies: int) -> str:
    """In SQL, the value of a column in copy `n` of the row `it`."""
    column = f'it."{name}"'
    if written := _UNIQUE.get((table, name)):
        return written
    if name in _NOT_IDS:
        return column
    if name.endswith(("_id", "seq")) and "INT" in kind:
        return f"{column} + n * {STEP}"
    # Cases outnumber the subjects: the hundredth case of a subject is still its own.
    number = "n" if name in _OWN_IDS.get(table, ()) else f"((n - 1) % {copies}) + 1"
    if name in _JSON.get(table, ()):
        return f"other_ids({column}, {number})"
    if name.endswith("_id") or name == "lodged_by":
        return _other_id(column, number)
    return column


def _other_id(column: str, number: str) -> str:
    """In SQL, an id of 32 digits, or one that begins so, with the number of a copy in it."""
    keep = 32 - HEX_DIGITS
    return (
        f"CASE WHEN length({column}) < 32 THEN {column} ELSE substr({column}, 1, {keep})"
        f" || printf('%0{HEX_DIGITS}x', {number}) || substr({column}, 33) END"
    )


def _other_ids(text: str | None, number: int) -> str | None:
    """A JSON text with the number of a copy in each of its ids."""
    if text is None:
        return None
    ending = f"{number:0{HEX_DIGITS}x}"
    return ID.sub(lambda found: other(found[0], ending), text)


def other(an_id: str, ending: str) -> str:
    """An id with other last digits."""
    return an_id[: 32 - HEX_DIGITS] + ending + an_id[32:]


# The ids that cases, of which there are more copies, have for themselves.
_OWN_IDS = {
    "objection_case": ("case_id",),
    "case_step": ("case_id",),
    "case_letter": ("case_id", "letter_id"),
}
_UNIQUE = {
    ("account", "name"): "it.name || '.' || n",
    ("subject", "name"): "it.name || ' ' || n",
    ("subject", "credit_code"): (
        "CASE WHEN it.credit_code = '' THEN '' ELSE"
        " substr(it.credit_code, 1, 8) || substr(it.credit_code, 14, 4) || printf('%06d', n) END"
    ),
    ("verification", "certificate_no"): "it.certificate_no || '-' || n",
    ("instrument", "serial_no"): "it.serial_no || '-' || n",
    ("alert", "serial_no"): "it.serial_no || '-' || n",
    ("objection_case", "number"): "it.number || '-' || n",
    ("notice", "key"): "it.key || '-' || n",
}
