"""Recognises the rows below the headings that are no data: totals, notes, signatures, headings.

Such a row is left out and told of. Only a row that lacks a required cell can be one, so that no row
is left out that could have been imported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from law.identity import folded
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read.text import Row
from services.registry.imports.rows import cells, penalty_cells, permit_cells
from services.registry.imports.rows.columns import Binding, fields_of, is_needed
from services.registry.imports.rows.families import FamilyName
from services.registry.imports.rows.headings import plain

# What stands before the words of a footer: stars, dashes, brackets.
_MARKS = " *＊※★●■◆▲#/\\\"“'·•.…~-—_=(【[<《〈"
_LABEL = (
    "(?:填表|制表|填报|填写|审核|复核|审批|校对|编制|统计|经办|经手|负责|联系|单位负责|主要负责|科室负责|主管|录入"
    "|报送|送检|打印|导出|制单|登记|记录|建档|交表|收表|接收|签收|检定|核验|批准|授权签字|管理|计量|计量管理"
    "|台账管理|器具管理|分管|单位|领导|科长|所长|局长|数据来源|资料来源|来源|截止|附件|附|抄送|报|注意|提示)"
)
_FOOTER = re.compile(
    r"(?:[\u4e00-\u9fff]{0,4}(?:合计|总计|小计|共计|累计)|汇总)(?:$|[:\d(/、,]|台|件|共|数|金额)"
    r"|(?:注|备注|附注|说明|(?:填表|填报|填写)?(?:说明|要求)|注意事项|温馨提示)(?:[:;.、\d(]|$)"
    f"|{_LABEL}(?:人|者|员|人员|领导|单位|部门|机构|日期|时间|事项|电话|人及电话)?"
    "(?:签字|签名|盖章|签章|公章)?(?:[:(/]|$)"
    r"|(?:日期|电话|盖章|公章|签字|签章|(?:盖章|公章|签字)\)?|单位公章)(?:[:(]|$)"
    r"|以下(?:空白|无正文)|第\d+页|共\d+[页台件条份户家项]|以上(?:共|数据|各项|内容|情况)|特此(?:说明|证明)"
    "|(?:填表|制表|填报|审核|复核|经办)人|截至\\d|[\u4e00-\u9fff]{2,6}\\((?:盖章|公章|签字|签名|签章)\\)"
    "|本(?:表|台账|清单|名册)(?:由|一式|所|中|共|为|内|填|数据|解释|仅|统计|未|不|按|以|系|用|自|经)"
    r"|(?:subtotal|total|grandtotal|notes?|remarks?|preparedby|checkedby|approvedby|signature"
    r"|signed|printed)(?:$|[:\d(])|page\d+(?:of\d+)?$"
)
# Alone in its row, a day or the number of a page is none either.
_ALONE = re.compile(
    r"(?:\d{4}|[二〇○零一三四五六七八九]{4})?年(?:\d{1,2}|[一二三四五六七八九十]{1,3})?月"
    r"(?:(?:\d{1,2}|[一二三四五六七八九十]{1,3})?日)?|\d+/\d+页?|-*"
)


class Reason(NamedTuple):
    """Why a row is left out: a stable code, and the explanation in both languages."""

    code: str
    zh: str
    en: str


FOOTER = Reason(
    "FOOTER", "疑似表尾说明，未读取", "seems to be a total, a note or a signature: not read"
)
HEADING_AGAIN = Reason("HEADING_AGAIN", "重复的表头，未读取", "the headings again: not read")
HIDDEN = Reason(
    "HIDDEN_ROW",
    "此行被隐藏或筛选掉，未读取；要读取的，请在核对各列时确认",
    "the row is hidden or filtered out: not read unless that is confirmed",
)
NATURAL_PERSON = Reason(
    "NATURAL_PERSON",
    "自然人的处罚或者许可，未读取、未保存：不公开，只查询、共享",
    "a natural person's penalty or permit, neither read nor stored",
)
UNKNOWN_PARTY = Reason(
    "UNKNOWN_PARTY",
    "未写明行政相对人类别，也没有有效的统一社会信用代码，按自然人处理，未读取、未保存；是单位的，请补充后再导入",
    "neither a kind of party nor a valid credit code: taken for a natural person, neither read nor"
    " stored; add one of them if it is a firm",
)
OTHER_LAW = Reason(
    "OTHER_LAW",
    "处罚依据不是计量法律法规，未读取、未保存",
    "it does not rest on the law of metrology: neither read nor stored",
)
OTHER_PERMIT = Reason(
    "OTHER_PERMIT",
    "不是计量行政许可，未读取、未保存",
    "no permit of metrology: neither read nor stored",
)
# Why a row is left out that is a decision of the bureau, though none for the register.
TURNED_AWAY = (NATURAL_PERSON, UNKNOWN_PARTY, OTHER_LAW, OTHER_PERMIT)
# In which field the mark of a row stands that was turned away before it was stored.
_MARKED = {FamilyName.PENALTIES: "basis", FamilyName.PERMITS: "document_name"}


class LeftOut:
    """Tells which rows of one file are left out."""

    def __init__(self, header: pb.ImportHeader, binding: Binding) -> None:
        self._with_hidden = header.hidden_rows
        marked = _MARKED.get(FamilyName(header.family), "")
        self._marked = [binding.columns[marked]] if marked in binding.columns else []
        self._headings = [plain(name) for name in binding.names]
        fields = fields_of(header)
        self._needed = [
            place for name, place in binding.columns.items() if is_needed(header, fields[name])
        ]

    def reason(self, row: Row) -> Reason | None:
        """Returns why a row is left out; None for a row that is read."""
        if row.hidden and not self._with_hidden:
            return HIDDEN
        if row.broken:
            return None
        if self._marked and (reason := _of_published(self._of(row, self._marked))):
            return reason
        if self._is_heading(row):
            return HEADING_AGAIN
        if all(map(_filled, self._of(row, self._needed))):
            return None
        return FOOTER if _is_footer(row.cells) else None

    def begins_headings(self, cell: str) -> bool:
        """Returns whether the first cell of a row is that of the headings."""
        return plain(cells.clean(cell)) == self._headings[0]

    def _is_heading(self, row: Row) -> bool:
        """Whether a row has the headings once more, as printed pages do."""
        first = row.cells[0] if row.cells else ""
        if not self.begins_headings(first):  # most rows: spares folding every cell
            return False
        return [plain(cells.clean(cell)) for cell in row.cells] == self._headings

    def _of(self, row: Row, places: Sequence[int]) -> Sequence[str]:
        return [row.cells[place] if place < len(row.cells) else "" for place in places]


def _of_published(marked: Sequence[str]) -> Reason | None:
    """Why the row of a published penalty or permit was turned away before it was stored."""
    mark = "".join(marked)
    if mark == penalty_cells.NATURAL_PERSON:
        return NATURAL_PERSON
    if mark == penalty_cells.UNKNOWN_PARTY:
        return UNKNOWN_PARTY
    if mark in (permit_cells.OTHER_PERMIT, permit_cells.NO_NAME):
        return OTHER_PERMIT
    turned_away = mark.startswith(penalty_cells.OTHER_LAW) or mark == penalty_cells.NO_BASIS
    return OTHER_LAW if turned_away else None


def _is_footer(row: Sequence[str]) -> bool:
    """Whether the first words of a row are those of a total, a note, a signature or a page."""
    written = list(filter(_filled, row))
    first = folded(written[0]) if written else ""
    if len(written) == 1 and _ALONE.fullmatch(first):
        return True
    return bool(_FOOTER.match(first.lstrip(_MARKS)))


def _filled(cell: str) -> bool:
    return bool(cells.clean(cell))
