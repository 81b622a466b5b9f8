"""Files to be filled in: the columns of a family, with what may stand in them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from law.reader.texts import spell_out
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import cells
from services.registry.imports.rows.families import FAMILIES, FamilyName, Field
from services.registry.imports.rows.field_help import EXPLAINED

NAMES = {
    FamilyName.BUREAUS: "机关",
    FamilyName.SUBJECTS: "信用主体",
    FamilyName.INSTRUMENTS: "计量器具",
    FamilyName.VERIFICATIONS: "检定记录",
    FamilyName.RECORDS: "信用信息",
}
EXPLANATION, OPTIONS = "字段说明", "选项"  # sheets that the importer passes over
LAST_ROW = 1_048_575
WIDTH = 18
HEADS = ("字段", "代码", "必填", "填写要求", "可选值", "示例", "依据")
FLAGS = ["是", "否"]


def template(request: pb.GetTemplateRequest) -> pb.GetTemplateResponse:
    """An empty file of a family, as a workbook or as CSV."""
    family = FamilyName(request.family)
    fields = [one for one in FAMILIES[family].fields.values() if request.baseline or not _late(one)]
    if request.format == "csv":
        header = ",".join(map(_headed, fields)) + "\r\n"
        return pb.GetTemplateResponse(content=header.encode("utf-8-sig"))
    return pb.GetTemplateResponse(content=_workbook(family, fields))


def _late(one: Field) -> bool:
    return one.name == "entered_on"


def _headed(one: Field) -> str:
    return f"{one.header}*" if one.required else one.header


def _options(one: Field) -> list[str]:
    if isinstance(one.read, cells.Choice):
        return one.read.labels.words
    return FLAGS if one.read is cells.flag else []


def _workbook(family: FamilyName, fields: Sequence[Field]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        _Book(book, fields).write(family)
    return file.getvalue()


class _Book:
    """A template in the making: the sheet to fill in, its explanation, and what may be chosen."""

    def __init__(self, book: Any, fields: Sequence[Field]) -> None:
        self._book, self._fields = book, fields
        self._bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})

    def write(self, family: FamilyName) -> None:
        """Writes all three sheets; the one to fill in is the first."""
        page = self._book.add_worksheet(NAMES[family])
        explained = self._book.add_worksheet(EXPLANATION)
        choices = self._book.add_worksheet(OPTIONS)
        choices.hide()
        page.freeze_panes(1, 0)
        for place, one in enumerate(self._fields):
            page.set_column(place, place, WIDTH, self._format(one))
            page.write_string(0, place, _headed(one), self._bold)
            self._restrict(page, choices, place, one)
        self._explain(explained, family)

    def _format(self, one: Field) -> Any:
        """Text, so that no zero and no digit is lost; days as days, whole numbers as numbers."""
        form = "yyyy-mm-dd" if one.read is cells.day else "0" if one.read is cells.whole else "@"
        return self._book.add_format({"num_format": form})

    def _restrict(self, page: Any, choices: Any, place: int, one: Field) -> None:
        options = _options(one)
        if not options:
            return
        choices.write_column(0, place, options)
        column = xl_col_to_name(place, True)
        source = f"={OPTIONS}!{column}$1:{column}${len(options)}"
        said = {"validate": "list", "source": source, "ignore_blank": True}
        told = {"error_title": one.header, "error_message": "请从列表中选择"}
        page.data_validation(1, place, LAST_ROW, place, said | told)

    def _explain(self, page: Any, family: FamilyName) -> None:
        page.freeze_panes(1, 0)
        for place, width in enumerate((18, 18, 6, 40, 40, 24, 44)):
            page.set_column(place, place, width, self._wrapped)
        page.write_row(0, 0, HEADS, self._bold)
        for row, one in enumerate(self._fields, 1):
            said = EXPLAINED[family][one.name]
            cite = spell_out(said.cite, "zh") if said.cite else ""
            required = "是" if one.required else "否"
            told = "；".join(filter(None, (_form(one), said.note)))
            options = "、".join(_options(one))
            cells_of_row = (one.header, one.name, required, told, options, said.example, cite)
            for place, cell in enumerate(cells_of_row):
                page.write_string(row, place, cell, self._wrapped)


def _form(one: Field) -> str:
    if one.read is cells.day:
        return "日期，如 2026-09-14"
    if one.read is cells.whole:
        return "整数"
    if _options(one):
        return "从列表中选择"
    longest = f"，不超过 {one.limits.longest} 个字" if one.limits.longest else ""
    return f"{'文本格式' if one.identifier else '文字'}{longest}"
