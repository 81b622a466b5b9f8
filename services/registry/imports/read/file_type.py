"""Determines the type of a file by its content, never by its name, and refuses unusable types."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

from services.registry.imports.read.limits import MIB, BadFile, FileLimits
from services.registry.imports.read.text import Sheet, open_text
from services.registry.imports.read.workbook import Workbook, corrupt, encrypted
from services.registry.imports.read.workbook_parts import ZIP

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Office files, and any that are encrypted
WEB_PAGE = (b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta", b"<head")
OTHERS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"SQLite format 3",
    b"\x7fELF",
    b"{\\rtf",
)
OLD_WORKBOOKS = ("Workbook", "Book")  # streams of .xls files of Excel 97 and 5
WORKBOOK_PART = "xl/workbook.xml"
MOST_PARTS = 5_000
RATIO_MATTERS_FROM = 32 * MIB  # a small workbook of equal rows is packed very well
ENCRYPTED_FLAG = 0x1


def open_file(
    content: bytes, sheet: str, limits: FileLimits, *, heads: bool = False
) -> Sheet | Workbook:
    """Opens a workbook or a text file for reading.

    `sheet` names the sheet of a workbook; empty means its first visible sheet that is not blank.
    `heads` asks for the first rows of its other sheets too.
    Raises BadFile for a file that is no table or exceeds a limit.
    """
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(ZIP):
        _check_parts(content, limits)
        return Workbook(content, sheet, limits, heads=heads)
    if content.startswith(COMPOUND):
        raise _refused_compound(content)
    if start.startswith(WEB_PAGE):
        zh = "内容是网页或 XML，不是表格；请在表格软件中打开后另存为 .xlsx"
        raise BadFile("WEB_PAGE", zh, "is a web page or XML; open it and save it as .xlsx")
    if content.startswith(OTHERS):
        raise _unsupported()
    return open_text(content, limits)


def for_headings(limits: FileLimits) -> FileLimits:
    """Returns limits under which only as many rows of a workbook are read as have its headings."""
    return replace(limits, rows=0)


def _check_parts(content: bytes, limits: FileLimits) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise corrupt() from error
    if any(part.flag_bits & ENCRYPTED_FLAG for part in parts):
        raise encrypted()
    if WORKBOOK_PART not in {part.filename for part in parts}:
        raise _unsupported()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > limits.unpacked:
        zh = f"工作簿解压后有 {len(parts)} 个部分、{unpacked} 字节，过大"
        en = f"the workbook unpacks to {len(parts)} parts and {unpacked} bytes"
        raise limits.exceeded("TOO_LARGE", zh, en, "unpacked_bytes")
    if unpacked > max(RATIO_MATTERS_FROM, limits.ratio * len(content)):
        zh = f"工作簿解压后是文件的 {unpacked // len(content)} 倍，疑似压缩炸弹"
        en = f"the workbook unpacks to {unpacked // len(content)} times its size"
        raise limits.exceeded("TOO_LARGE", zh, en, "ratio")


def _refused_compound(content: bytes) -> BadFile:
    """Why an old Office file is refused: encrypted, an old workbook, or another document."""
    if _has_stream(content, "EncryptedPackage"):
        return encrypted()
    if any(_has_stream(content, stream) for stream in OLD_WORKBOOKS):
        zh = "这是旧版 .xls 工作簿，不能直接导入；请在表格软件中打开，另存为 .xlsx 后再导入"
        en = "is an old .xls workbook; open it in a spreadsheet program and save as .xlsx"
        return BadFile("OLD_WORKBOOK", zh, en)
    return _unsupported()


def _has_stream(content: bytes, stream: str) -> bool:
    return stream.encode("utf-16-le") in content


def _unsupported() -> BadFile:
    zh = "不是可以导入的文件；请使用 .xlsx 或 CSV"
    return BadFile("UNSUPPORTED_FORMAT", zh, "is no file to import; use .xlsx or CSV")
