"""Polars and DuckDB take in the file of `benchmarks.imports`, into one table of a SQLite file.

    var/peers/bin/python -m benchmarks.peers.table_imports polars|duckdb FILE FOLDER

They check the columns as `benchmarks/import_ways.py` does by row, give each row an id, and hand the
rows to executemany. They do not find what is on file, announce nothing and cannot be undone.
Prints the seconds elapsed and those of the processor as JSON, without those of starting Python.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import polars as pl

from benchmarks.import_table import COLUMNS, INSERT, RESULTS, new_table

Rows = Iterable[Sequence[Any]]


def by_polars(file: Path) -> Rows:
    """The good rows of a file, checked by columns."""
    table = pl.read_csv(file, infer_schema_length=0)
    days = [pl.col(name).str.to_date(strict=False) for name in ("verified_on", "valid_until")]
    filled = [pl.col(name).fill_null("").str.len_bytes() > 0 for name in COLUMNS[:4]]
    good = table.filter(*filled, pl.col("result").is_in(RESULTS), days[0] <= days[1])
    return good.select(COLUMNS).iter_rows()


def by_duckdb(file: Path) -> Rows:
    """The good rows of a file, checked by a query."""
    filled = " AND ".join(f"{name} <> ''" for name in COLUMNS[:4])
    query = (
        f"SELECT {', '.join(COLUMNS)} FROM read_csv(?, all_varchar = true) WHERE {filled}"  # noqa: S608
        " AND result IN ('合格', '不合格')"
        " AND TRY_CAST(verified_on AS DATE) <= TRY_CAST(valid_until AS DATE)"
    )
    return duckdb.connect().execute(query, [str(file)]).fetchall()


WAYS: dict[str, Callable[[Path], Rows]] = {"polars": by_polars, "duckdb": by_duckdb}


def take(way: str, file: Path, folder: Path) -> int:
    """Writes the good rows into a new file; returns their number."""
    database = new_table(folder / f"{way}-{uuid4().hex}.db")
    database.execute("BEGIN")
    rows = ((uuid4().hex, *row) for row in WAYS[way](file))
    database.executemany(INSERT, rows)
    database.execute("COMMIT")
    count = int(database.execute("SELECT count(*) FROM verification").fetchone()[0])
    database.close()
    return count


def main(way: str, file: str, folder: str) -> None:
    """Measures one way once."""
    wall, processor = time.perf_counter(), time.process_time()
    rows = take(way, Path(file), Path(folder))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    sys.stdout.write(json.dumps({"rows": rows, "wall": wall, "processor": processor}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
