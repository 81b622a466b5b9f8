"""A ZIP that is packed while it is sent, and the names of the files in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from plumbing.archives import LONGEST_NAME, Names, Packed, packed, plain_name
from plumbing.clock import SHANGHAI

AT = datetime(2026, 9, 14, 10, 0, tzinfo=SHANGHAI)
PIECE = b"x" * 100_000


async def piece_by_piece(times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield PIECE


async def files(*names: str) -> AsyncIterator[Packed]:
    for name in names:
        yield Packed(name, AT, piece_by_piece(30))


async def test_it_can_be_unpacked_and_no_file_is_held_whole() -> None:
    sent = [piece async for piece in packed(files("检字第1号.pdf", "b.ofd"))]
    assert max(map(len, sent)) < 2 * len(PIECE)
    with zipfile.ZipFile(io.BytesIO(b"".join(sent))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["检字第1号.pdf", "b.ofd"]
        assert archive.read("b.ofd") == PIECE * 30


async def test_an_empty_one_is_a_zip_too() -> None:
    content = b"".join([piece async for piece in packed(files())])
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == []


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("浙检字〔2026〕第1号", "浙检字〔2026〕第1号"),
        ("../../etc/passwd", "etc_passwd"),
        ('C:\\con"<b>\n\r', "C_con_b"),
        ("...", "file"),
        ("\u202egnp.exe", "gnp.exe"),
        ("长" * 500, "长" * LONGEST_NAME),
    ],
)
def test_a_name_is_one_that_every_system_can_store(wanted: str, name: str) -> None:
    assert plain_name(wanted) == name


def test_two_files_never_have_one_name() -> None:
    names = Names()
    given = [names.name(wanted, "pdf") for wanted in ("A/1", "a_1", "A_1")]
    assert given == ["A_1.pdf", "a_1-2.pdf", "A_1-3.pdf"]
