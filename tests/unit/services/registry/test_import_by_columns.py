"""Rows that are read by columns are read as by the reader of rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import by_columns
from services.registry.imports.rows.by_columns import ColumnReader
from services.registry.imports.rows.file import FileContent, read_file
from services.registry.imports.rows.reader import RowReader

TODAY = date(2026, 9, 14)
VERIFICATIONS: Mapping[str, Sequence[str]] = {
    "owner": ("某超市", "", " 某超市 ", "使用单位", "合计"),
    "type_code": ("NAWI-D", "电子秤", "", "没有这种"),
    "serial_no": ("S001", "'=S1", "1E+05", "无", ""),
    "result": ("合格", "不合格", "pass", "不知道", ""),
    "verified_on": ("2026-05-01", "2026.5.1", "20260501", "2027-01-01", "昨天", ""),
    "valid_until": ("2027-04-30", "2026-04-30", "", "长期"),
    "institution": ("某检定院", "\ufeff某检定院", "", "\x07"),
    "certificate_no": ("C-1", "", "某\n号"),
}
RECORDS: Mapping[str, Sequence[str]] = {
    "owner": ("某超市", "", "91330100MA27XYJT8A"),
    "kind": ("penalty", "行政处罚", "没有"),
    "severity": ("general", "", "serious"),
    "occurred_on": ("2026-05-01", "2026.8.1", ""),
    "determined_on": ("2026-06-01", "2026-04-01", "2027-01-01"),
    "points": ("", "3 分", "三"),
    "verified": ("是", "否", "也许", ""),
    "source_ref": ("某罚〔2026〕1号", ""),
}
BUREAUS: Mapping[str, Sequence[str]] = {"code": ("330106", "机关代码"), "name": ("样例局", "")}


def files(columns: Mapping[str, Sequence[str]]) -> st.SearchStrategy[list[list[str]]]:
    """Rows of good, bad and blank cells, some of them too short or too long."""
    row = st.tuples(*map(st.sampled_from, columns.values())).map(list)
    broken = st.builds(lambda cells, more: cells[:-1] + more, row, st.sampled_from([[], ["", ""]]))
    headings = st.just([*columns])
    return st.lists(st.one_of(row, row, row, broken, headings), max_size=12)


def told(file: FileContent) -> Any:
    return file.rows, file.left_out, file.items, file.bad, [*file.notes.in_order()]


def read(columns: Sequence[str], rows: list[list[str]], **header: Any) -> FileContent:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([columns, *rows])
    return read_file(pb.ImportHeader(**header), text.getvalue().encode(), TODAY)


def by_rows(columns: Sequence[str], rows: list[list[str]], **header: Any) -> FileContent:
    def none(_self: ColumnReader, portion: Sequence[Any]) -> Sequence[None]:
        return [None] * len(portion)

    with patch.object(ColumnReader, "read", none):
        return read(columns, rows, **header)


@given(files(VERIFICATIONS), st.sampled_from([1, 3, 1000]))
def test_verifications_are_read_alike(rows: list[list[str]], portion: int) -> None:
    header = {"family": "verifications", "values": {"result:不知道": "合格"}}
    with patch.object(by_columns, "ROWS_AT_ONCE", portion):
        assert told(read([*VERIFICATIONS], rows, **header)) == told(
            by_rows([*VERIFICATIONS], rows, **header)
        )


@given(files(RECORDS), st.sampled_from([{}, {"provided_by": "某所"}, {"provided_by": "\x07"}]))
def test_records_with_constants_are_read_alike(
    rows: list[list[str]], constants: Mapping[str, str]
) -> None:
    header = {"family": "records", "constants": constants}
    assert told(read([*RECORDS], rows, **header)) == told(by_rows([*RECORDS], rows, **header))


@given(files(BUREAUS))
def test_headings_in_between_are_left_out_alike(rows: list[list[str]]) -> None:
    header = {"family": "bureaus"}
    assert told(read([*BUREAUS], rows, **header)) == told(by_rows([*BUREAUS], rows, **header))


@pytest.mark.parametrize("bureau", ["", "330106"])
def test_the_bureau_of_the_file_fills_blank_cells(bureau: str) -> None:
    rows = [["甲", "organisation", "market", "330110"], ["乙", "organisation", "market", ""]]
    names = ["name", "kind", "sector", "bureau"]
    header = {"family": "subjects", "bureau": bureau}
    done = read(names, rows, **header)
    assert told(done) == told(by_rows(names, rows, **header))
    filled = [item.values["bureau"] for item in done.items]
    assert filled == (["330110", "330106"] if bureau else ["330110"])


@pytest.mark.parametrize(
    ("family", "columns"), [("verifications", VERIFICATIONS), ("records", RECORDS)]
)
def test_good_rows_are_not_given_to_the_reader_of_rows(
    family: str, columns: Mapping[str, Sequence[str]]
) -> None:
    good = [values[0] for values in columns.values()]
    with patch.object(RowReader, "read") as asked:
        done = read([*columns], [good] * 3, family=family)
    assert len(done.items) == 3
    assert not asked.called
