"""What kind of file it is, by what it holds and never by its name; and what is refused unread."""

from __future__ import annotations

import io
import zipfile

from services.registry.imports.read import text as sheet
from services.registry.imports.read.limits import MIB, BadFile, FileLimits
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
OTHER_DOCUMENTS = ("WordDocument", "PowerPoint Document", "__properties_version1.0")
WORKBOOK_PART = "xl/workbook.xml"
MOST_PARTS = 5_000
RATIO_MATTERS_FROM = 32 * MIB  # a small workbook of equal rows is packed very well, and harmless
ENCRYPTED_FLAG = 0x1


def open_file(content: bytes, wanted_sheet: str, limits: FileLimits) -> sheet.Sheet | Workbook:
    """A file, ready to be read. Raises BadFile for what is no table, or asks for too much."""
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(ZIP):
        _check_parts(content, limits)
        return Workbook(content, "xlsx", wanted_sheet, limits)
    if content.startswith(COMPOUND):
        _check_compound(content)
        return Workbook(content, "xls", wanted_sheet, limits)
    if start.startswith(WEB_PAGE):
        zh = "内容是网页或 XML，不是表格；请在表格软件中打开后另存为 .xlsx"
        raise BadFile("WEB_PAGE", zh, "is a web page or XML; open it and save it as .xlsx")
    if content.startswith(OTHERS):
        raise _unsupported()
    return sheet.look_at(content, limits)


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


def _check_compound(content: bytes) -> None:
    if _names(content, "EncryptedPackage"):
        raise encrypted()
    if any(_names(content, stream) for stream in OTHER_DOCUMENTS):
        raise _unsupported()


def _names(content: bytes, stream: str) -> bool:
    return stream.encode("utf-16-le") in content


def _unsupported() -> BadFile:
    zh = "不是可以导入的文件；请使用 .xlsx、.xls 或 CSV"
    return BadFile("UNSUPPORTED_FORMAT", zh, "is no file to import; use .xlsx, .xls or CSV")
