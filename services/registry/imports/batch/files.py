"""Decides what is imported of a file that was sent, and what of it may be stored.

Of a sheet of the national publication (双公示) no more is stored than `without_personal_data`
leaves, whatever workbook it stands in, and whatever family the file is sent as. Nothing is stored
of a file that cannot be read.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice

from law.errors import Fault, InvalidInput
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read import file_type
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.read.text import Row
from services.registry.imports.read.workbook_parts import HEADER_ROWS
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.families import PUBLISHED, FamilyName
from services.registry.imports.rows.published_file import (
    published,
    without_personal_data,
    without_published_sheets,
)
from services.registry.imports.rows.recognition import AUTO, recognised, sheet_names
from services.registry.imports.rows.templates import NAMES


class Files(list[tuple[pb.ImportHeader, bytes]]):
    """What is imported of one file: for each sheet its header, and what may be stored of it.

    `skipped` are sheets of which nothing is taken.
    """

    def __init__(self, files: Iterable[tuple[pb.ImportHeader, bytes]]) -> None:
        super().__init__(files)
        self.skipped: list[str] = []

    @cached_property
    def digests(self) -> Sequence[str]:
        """The SHA-256 of what may be stored of each."""
        return [hashlib.sha256(content).hexdigest() for _, content in self]


async def one_file(header: pb.ImportHeader, content: bytes, limits: FileLimits) -> bytes:
    """Returns what may be stored of a file, and sets its family if that was to be recognised.

    Raises InvalidInput for several sheets, for a header that contradicts itself, and for a file of
    which nothing may be stored or that is not what the header says.
    """
    if header.sheets or header.all_sheets:
        field = "header.sheets" if header.sheets else "header.all_sheets"
        zh, en = "这里一次只导入一个工作表", "one sheet at a time is imported here"
        raise InvalidInput(faults=[Fault(field, zh, en)])
    return (await files_of(header, content, limits))[0][1]


async def files_of(header: pb.ImportHeader, content: bytes, limits: FileLimits) -> Files:
    """Returns what is imported of a file: one sheet, the named ones, or all of them.

    Of all sheets, those that tell of no family are skipped. Raises InvalidInput as `one_file` does.
    """
    try:
        return await asyncio.to_thread(_files_of, header, content, limits)
    except BadFile as bad:
        raise InvalidInput(bad.zh, bad.en, faults=[Fault("file", bad.zh, bad.en)]) from bad


def _files_of(header: pb.ImportHeader, content: bytes, limits: FileLimits) -> Files:
    sent = _Sent(content, limits)
    if not (header.sheets or header.all_sheets):
        return Files([(header, sent.storable(header))])
    files = Files([])
    for name in header.sheets or sheet_names(content, limits):
        one = pb.ImportHeader()
        one.CopyFrom(header)
        one.sheet, one.all_sheets = name, False
        del one.sheets[:]
        try:
            files.append((one, sent.storable(one)))
        except BadFile:
            if header.sheets:
                raise
            files.skipped.append(name)
    if not files:
        zh, en = "没有一个工作表看得出是什么数据", "no sheet tells what its rows are"
        raise BadFile("NOT_RECOGNISED", zh, en)
    return files


class _Sent:
    """The content of a file that was sent."""

    def __init__(self, content: bytes, limits: FileLimits) -> None:
        self._content, self._limits = content, limits
        self._unpublished: bytes | None = None

    def storable(self, header: pb.ImportHeader) -> bytes:
        """Returns what may be stored if one sheet is imported, and sets the header's family.

        Published penalties and permits are recognised by themselves. Raises BadFile for what may
        not be stored or cannot be read, and InvalidInput for a header that contradicts itself.
        """
        rows = self._first_rows(header)
        _set_family(header, rows)
        mapping.check_header(header)
        if header.family in PUBLISHED:
            return without_personal_data(header, self._content, self._limits)
        if self._unpublished is None:  # of the other sheets of a workbook the same holds
            self._unpublished = without_published_sheets(self._content, header.sheet, self._limits)
        return self._unpublished

    def _first_rows(self, header: pb.ImportHeader) -> list[Row]:
        limits = file_type.for_headings(self._limits)
        rows = file_type.open_file(self._content, header.sheet, limits).rows()
        return [*islice(rows, HEADER_ROWS)]


def _set_family(header: pb.ImportHeader, rows: list[Row]) -> None:
    found = published(rows)
    mapped = bool(header.columns or header.matches)
    plain_records = header.family == FamilyName.RECORDS and not mapped
    fitting = header.family in (AUTO, found) or (found is FamilyName.PENALTIES and plain_records)
    if found and not fitting:
        raise _published_otherwise(found)
    if found:
        header.family = found
    elif header.family == AUTO:
        header.family = recognised(header, rows)
        header.file_missing &= header.family == FamilyName.VERIFICATIONS


def _published_otherwise(found: FamilyName) -> BadFile:
    """The refusal of a published sheet that is sent as another family."""
    name = NAMES[found]
    zh = (
        f"这是{name}，含有个人信息：请按{name}（{found}）导入，"
        "不能按其他类别或者另定的列导入；未保存任何内容"
    )
    en = (
        f"these are published {found}, with data of persons: import them as {found}, not as another"
        " family or by columns of your own; nothing was stored"
    )
    return BadFile(f"PUBLISHED_{found.name}", zh, en)
