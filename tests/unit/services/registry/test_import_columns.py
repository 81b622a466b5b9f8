"""The columns of a file as a person sees and confirms them, before its rows are read."""

from __future__ import annotations

from datetime import date
from typing import Any

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.file import FileContent, read_file
from services.registry.imports.rows.preview import Preview, preview
from tests.unit.services.registry.workbooks import xlsx

TODAY = date(2026, 9, 14)
FILE = """样例市计量器具台账,,,

代码,机关名称,机关名称,
330106,甲,乙,
330107,,丙,
330108,丁,戊,
"""


def shown(content: str, family: str = "bureaus", **header: Any) -> Preview:
    head = pb.ImportHeader(family=family, **header)
    return preview(head, content.encode(), FileLimits())


def read(content: bytes | str, *matches: tuple[int, str], family: str = "bureaus") -> FileContent:
    data = content.encode() if isinstance(content, str) else content
    head = pb.ImportHeader(family=family)
    head.matches.extend(pb.ColumnMatch(column=n, field=field) for n, field in matches)
    return read_file(head, data, TODAY)


def reasons(done: FileContent) -> list[tuple[str, str]]:
    return [(note.reason, note.column) for note in done.notes.in_order()]


def test_a_column_is_shown_with_heading_samples_and_the_field_that_fits() -> None:
    found = shown(FILE)
    assert found.header_row == 3
    assert found.skipped == [(1, "样例市计量器具台账")]
    columns = [(one.number, one.heading, list(one.samples), one.field) for one in found.columns]
    assert columns == [
        (1, "代码", ["330106", "330107", "330108"], ""),
        (2, "机关名称", ["甲", "丁"], "name"),
        (3, "机关名称", ["乙", "丙", "戊"], ""),
    ]


def test_long_values_are_shortened() -> None:
    found = shown(f"机关代码,机关名称\n330106,{'长' * 500}\n")
    assert len(found.columns[1].samples[0]) == 100


def test_the_confirmed_columns_are_read_and_no_other() -> None:
    done = read(FILE, (1, "code"), (3, "name"))
    assert [item.values for item in done.items] == [
        {"code": "330106", "name": "乙"},
        {"code": "330107", "name": "丙"},
        {"code": "330108", "name": "戊"},
    ]
    assert reasons(done) == []  # neither of the second 机关名称 nor of what is not used


def test_a_confirmed_column_that_the_file_lacks_is_a_fault() -> None:
    assert reasons(read(FILE, (1, "code"), (2, "name"), (9, "phone"))) == [
        ("MISSING_COLUMN", "phone")
    ]
    assert ("MISSING_COLUMN", "name") in reasons(read(FILE, (1, "code"), (9, "name")))


def test_the_cell_of_a_fault_is_that_of_the_confirmed_column() -> None:
    content = xlsx([["机关代码", "名", "名"], ["330106", "好", "长" * 101]])
    [fault] = read(content, (1, "code"), (3, "name")).notes.notes
    assert (fault.cell, fault.reason) == ("C2", "TOO_LONG")


def test_a_field_or_a_column_is_matched_once() -> None:
    matches = [
        pb.ColumnMatch(column=1, field="code"),
        pb.ColumnMatch(column=2, field="code"),
        pb.ColumnMatch(column=1, field="name"),
        pb.ColumnMatch(column=3, field="colour"),
    ]
    faults = list(mapping.match_faults("bureaus", matches))
    assert [fault.field for fault in faults] == ["matches.2", "matches.1", "matches.3"]
