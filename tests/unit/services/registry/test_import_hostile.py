"""Hostile and malformed files: each fault named, memory bounded, and never a crash."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import subprocess
import sys
import zipfile
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read.file_type import COMPOUND
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.read.text import LONGEST_ROW
from services.registry.imports.rows.file import FileContent, read_file
from tests.unit.services.registry.workbooks import patched, xlsx

TODAY = date(2026, 9, 14)
FLEET = ("使用单位", "器具类型", "出厂编号")
HEAD = ",".join(FLEET) + "\n"
GOOD = ("甲", "W", "1")
SHEET = "xl/worksheets/sheet1.xml"
LIMITS = FileLimits()
MIB = 1024 * 1024


def read_rows(content: str | bytes, limits: FileLimits = LIMITS) -> FileContent:
    data = content.encode() if isinstance(content, str) else content
    return read_file(pb.ImportHeader(family="instruments"), data, TODAY, limits)


def reasons(done: FileContent) -> list[tuple[int, str]]:
    """Row and reason of every fault."""
    assert all(note.zh and note.en for note in done.notes.notes)
    return [(note.row, note.reason) for note in done.notes.in_order() if not note.warning]


def limited(**limits: int) -> FileLimits:
    return dataclasses.replace(LIMITS, **limits)


def book(*more: tuple[Any, ...]) -> bytes:
    return xlsx([FLEET, GOOD, *more])


def with_rows(xml: bytes) -> bytes:
    """A workbook whose sheet has further rows."""
    return patched(book(), SHEET, b"</sheetData>", xml + b"</sheetData>")


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/").replace("_", "."), content)
    return file.getvalue()


def compound(*streams: str) -> bytes:
    """The beginning of an old Office file that names these streams."""
    return (
        COMPOUND + bytes(504) + b"".join(name.encode("utf-16-le") + bytes(64) for name in streams)
    )


def refused(
    content: str | bytes, reason: str, limits: FileLimits = LIMITS, setting: str = ""
) -> None:
    """The file as a whole is refused for one reason, which names the setting."""
    done = read_rows(content, limits)
    seen = [note for note in done.notes.notes if not note.warning]
    assert [(note.row, note.reason) for note in seen] == [(done.notes.header_row, reason)]
    assert done.notes.header_is_bad
    assert f"QUANHENG_IMPORT_MAX_{setting}" in seen[0].zh or not setting
    assert f"QUANHENG_IMPORT_MAX_{setting}" in seen[0].en or not setting


def test_a_bomb_is_refused_before_anything_of_it_is_unpacked() -> None:
    bomb = with_rows(b" " * 40 * MIB)
    assert len(bomb) < MIB
    refused(bomb, "TOO_LARGE", setting="RATIO")
    refused(with_rows(b" " * MIB), "TOO_LARGE", limited(unpacked=MIB // 2), "UNPACKED_BYTES")
    many = {f"p{n}": b"" for n in range(5001)} | {"xl__workbook_xml": b""}
    refused(zipped(**many), "TOO_LARGE")


def test_a_bomb_that_lies_about_its_size_meets_the_limits_of_its_reader() -> None:
    small, large = with_rows(b""), with_rows(b"<!--" + b" " * 40 * MIB + b"-->")
    with zipfile.ZipFile(io.BytesIO(small)) as parts:
        seen = parts.getinfo(SHEET).file_size
    with zipfile.ZipFile(io.BytesIO(large)) as parts:
        true = parts.getinfo(SHEET).file_size
    lying = large.replace(true.to_bytes(4, "little"), seen.to_bytes(4, "little"))
    assert lying != large
    assert reasons(read_rows(lying)) in ([(1, "CORRUPT")], [(1, "TOO_LARGE")], [])


@pytest.mark.parametrize("where", ["XFD1048576", "AAA900000"])
def test_a_cell_at_the_end_of_the_sheet_does_not_take_the_memory_between(where: str) -> None:
    row = where.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    far = with_rows(f'<row r="{row}"><c r="{where}"><v>1</v></c></row>'.encode())
    refused(far, "TOO_LARGE", setting="MEMORY_BYTES")


def test_entities_that_multiply_are_not_expanded() -> None:
    names = "abcdefghij"
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(names)
    )
    bomb = f'<!DOCTYPE z [<!ENTITY a "{"x" * 10}">{entities}]><worksheet'.encode()
    cell = b'<row r="9"><c r="A9" t="inlineStr"><f>1</f><is><t>&j;</t></is></c></row>'
    content = patched(with_rows(cell), SHEET, b"<worksheet", bomb)
    assert reasons(read_rows(content)) == [(1, "CORRUPT")]


def test_reading_ends_when_its_time_is_over() -> None:
    far = with_rows(b'<row r="1000000"><c r="T1000000"><v>1</v></c></row>')
    refused(far, "TOO_SLOW", limited(seconds=1), "SECONDS")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EMPTY_FILE"),
        (xlsx([]), "EMPTY_FILE"),
        (HEAD, "NO_ROWS"),
        (xlsx([FLEET]), "NO_ROWS"),
        (book()[:-60], "CORRUPT"),
        (book()[: len(book()) // 2], "CORRUPT"),
        (b"PK\x03\x04" + bytes(100), "CORRUPT"),
        (zipped(word__document_xml=b"<w/>"), "UNSUPPORTED_FORMAT"),
        (compound("WordDocument"), "UNSUPPORTED_FORMAT"),
        (compound("EncryptionInfo", "EncryptedPackage"), "ENCRYPTED"),
        (compound("Workbook"), "OLD_WORKBOOK"),
        (compound("Workbook", "_VBA_PROJECT"), "OLD_WORKBOOK"),
        (compound("Book"), "OLD_WORKBOOK"),
        (compound("PowerPoint Document"), "UNSUPPORTED_FORMAT"),
        ("<html><table><tr><td>使用单位</td></tr></table></html>", "WEB_PAGE"),
        ('\ufeff<?xml version="1.0"?><Workbook/>', "WEB_PAGE"),
        (b"%PDF-1.7\n", "UNSUPPORTED_FORMAT"),
        (b"\x1f\x8b\x08\x00", "UNSUPPORTED_FORMAT"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else "",
)
def test_what_is_no_table_is_refused_by_name(content: str | bytes, reason: str) -> None:
    refused(content, reason)


def test_an_encrypted_part_is_said_to_be_encrypted() -> None:
    content = bytearray(book())
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        first = parts.infolist()[0].filename.encode()
    central = content.index(b"PK\x01\x02")
    assert content[central + 46 :].startswith(first)
    content[central + 8] |= 1
    refused(bytes(content), "ENCRYPTED")


def test_a_workbook_is_known_by_what_it_holds_and_its_macros_are_told_of() -> None:
    file = io.BytesIO(book())
    with zipfile.ZipFile(file, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"code")
    done = read_rows(file.getvalue())
    assert [note.reason for note in done.notes.notes] == ["MACROS"]


def test_too_many_rows_columns_characters_and_faults_are_named_with_their_limits() -> None:
    few = limited(rows=3, columns=4, cell=10, faults=2)
    rows = [GOOD] * 4
    for content in (xlsx([FLEET, *rows]), HEAD + "甲,W,1\n" * 4):
        refused(content, "TOO_MANY_ROWS", few, "ROWS")
    for content in (xlsx([(*FLEET, "", "x")]), HEAD[:-1] + ",,x\n"):
        refused(content, "TOO_MANY_COLUMNS", few, "COLUMNS")
    wide = xlsx([FLEET, ("甲", "W", "1", *["x"] * 16_000)])
    refused(wide, "TOO_MANY_COLUMNS", setting="COLUMNS")
    for content in (
        xlsx([FLEET, ("甲", "W", "长" * 11), GOOD]),
        HEAD + f"甲,W,{'长' * 11}\n甲,W,1\n",
    ):
        done = read_rows(content, few)
        assert reasons(done) == [(2, "HUGE_CELL")]
        assert len(done.items) == 1
    done = read_rows(HEAD + ",,1\n甲,,2\n", few)
    assert reasons(done) == [(1, "TOO_MANY_FAULTS"), (2, "MISSING"), (2, "MISSING")]
    assert done.notes.header_is_bad


def test_sixteen_thousand_columns_and_doubled_headers() -> None:
    refused(",".join(f"c{n}" for n in range(16_384)) + "\n1\n", "TOO_MANY_COLUMNS")
    done = read_rows(xlsx([(*FLEET, "出厂编号"), (*GOOD, "2")]))
    assert reasons(done) == [(1, "DUPLICATE_COLUMN")]


def test_no_zero_bytes_and_no_half_characters_come_through() -> None:
    done = read_rows(HEAD.encode() + "甲,W,1\n甲,W\0,2\n".encode() + b"\xed\xa0\x80,W,3\n")
    assert reasons(done) == [(3, "BAD_ENCODING"), (4, "BAD_ENCODING")]
    assert [row.number for row in done.rejected({3, 4})] == [3, 4]
    assert "\0" not in json.dumps([row.cells for row in done.rejected({3, 4})], ensure_ascii=False)
    refused(HEAD.replace("单", "\0") + "甲,W,1\n", "BAD_ENCODING")
    utf16 = (HEAD + "甲,W,1\n").encode("utf-16-le") + b"\x00\xd8,\x00W\x00,\x003\x00\n\x00"
    assert reasons(read_rows(b"\xff\xfe" + utf16)) == [(3, "BAD_ENCODING")]
    control = with_rows(b'<row r="3"><c r="A3" t="inlineStr"><is><t>&#1;</t></is></c></row>')
    assert reasons(read_rows(control))[0][1] in {"CORRUPT", "BAD_CHARACTER"}


def test_rows_in_another_encoding_than_the_file_are_named() -> None:
    lines = [HEAD.encode(), *["甲,W,1\n".encode()] * 3, "乙,W,2\n".encode("gb18030")]
    done = read_rows(b"".join(lines))
    assert (done.encoding, reasons(done)) == ("utf-8-sig", [(5, "BAD_ENCODING")])


def test_a_row_without_end_is_one_fault_and_the_next_line_is_read_again() -> None:
    endless = "甲,W," + "x," * LONGEST_ROW + "\n"
    done = read_rows(HEAD + endless + "甲,W,1\n")
    assert reasons(done) == [(2, "HUGE_ROW")]
    assert [item.row for item in done.items] == [3]
    many_lines = '"\n",' * (LONGEST_ROW // 4 + 10)
    assert reasons(read_rows(HEAD + many_lines))[0] == (2, "HUGE_ROW")
    assert reasons(read_rows(HEAD + '甲,W,"1\n' * 3))[0][1] == "BAD_QUOTES"


def test_formulas_are_text_and_nothing_else() -> None:
    done = read_rows(HEAD + "=cmd|' /C calc'!A0,W,1\n+1+1,@x,2\n")
    assert reasons(done) == []
    assert done.items[0].values["owner"] == "=cmd|' /C calc'!A0"


def test_an_old_workbook_is_refused_with_what_to_do() -> None:
    done = read_rows(compound("Workbook"))
    [note] = done.notes.notes
    assert "另存为 .xlsx" in note.zh
    assert "save as .xlsx" in note.en


def test_no_flipped_byte_makes_it_crash() -> None:
    content = book()
    chance = random.Random(20260914)  # noqa: S311 - the same bytes in every run
    for _ in range(15):
        damaged = bytearray(content)
        for place in chance.sample(range(len(damaged)), 3):
            damaged[place] ^= chance.randrange(1, 256)
        done = read_rows(bytes(damaged))
        assert done.items or done.notes.bad_rows


MEASURED = """
import resource, sys
from datetime import date
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows.file import read_file
content = sys.stdin.buffer.read()
limit = len(content) * 3 + 768 * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
done = read_file(pb.ImportHeader(family="instruments"), content, date(2026, 9, 14))
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(used // 1024, child // 1024, done.notes.notes[-1].reason)
"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("," * 64 * MIB, "HUGE_ROW"),
        (HEAD + '"\n",' * 600_000, "TOO_MANY_FAULTS"),
        (HEAD + "x,,\n" * 1_000_001, "TOO_MANY_ROWS"),
        (with_rows(b'<row r="1048576"><c r="ZZ1048576"><v>1</v></c></row>'), "TOO_LARGE"),
    ],
    ids=["one line", "one record", "million rows", "far cell"],
)
def test_the_memory_it_takes_is_bounded(content: str | bytes, reason: str) -> None:
    data = content.encode() if isinstance(content, str) else content
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], input=data, capture_output=True, check=True, timeout=120
    )
    used, child, seen = done.stdout.split()
    assert seen.decode() == reason
    assert int(used) < 200 + 2 * len(data) // MIB
    assert int(child) * MIB <= LIMITS.memory
