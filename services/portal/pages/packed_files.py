"""Certificates of several sources as one ZIP with a list of them, while it is sent."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from plumbing.archives import Names, Packed
from plumbing.spreadsheets import CsvRows
from services.portal.visit import Visit
from services.portal.wording import N_

_HEADINGS = (
    *(N_("文件"), N_("证书编号"), N_("使用单位"), N_("器具"), N_("出厂编号")),
    *(N_("检定机构或者校准实验室"), N_("结果"), N_("检定或者校准日期"), N_("有效期至"), N_("版次")),
    *(N_("字节数"), "SHA-256", N_("说明")),
)


@dataclass(frozen=True)
class Held:
    """A certificate for the archive: its file, and its row of the list without name and remark.

    `file_id` names the file: one that several rows have is packed once. `pieces` is None if the
    file cannot be read.
    """

    file_id: str
    wanted_name: str
    extension: str
    sent: datetime
    pieces: AsyncIterator[bytes] | None
    row: Sequence[str]


async def with_list(
    visit: Visit, files: AsyncIterator[Held], at: datetime
) -> AsyncIterator[Packed]:
    """Yields the files, then a list of them; one that cannot be read stands in the list alone."""
    names, text, packed = Names(), io.StringIO(newline=""), dict[str, str]()
    rows = CsvRows(text)
    rows.write([visit.say(heading) for heading in _HEADINGS])
    async for one in files:
        is_new = one.file_id not in packed
        if is_new:
            name = names.name(one.wanted_name, one.extension) if one.pieces else ""
            packed[one.file_id] = name
        name = packed[one.file_id]
        missing = "" if name else visit.say(N_("文件不在存储中，请联系平台管理员"))
        rows.write((name, *one.row, missing))
        if one.pieces and is_new:
            yield Packed(name, one.sent, one.pieces)
    content = text.getvalue().encode("utf-8-sig")
    yield Packed(names.name(visit.say(N_("清单")), "csv"), at, _once(content))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
