"""Templates: empty files with the columns of a family of rows, to be filled in and imported."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from law.instruments import catalogue
from law.reader.texts import spell_out
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import cells
from services.registry.imports.rows.families import FAMILIES, FamilyName, Field
from services.registry.imports.rows.field_help import FIELD_HELP

NAMES = {
    FamilyName.BUREAUS: "机关",
    FamilyName.SUBJECTS: "信用主体",
    FamilyName.INSTRUMENTS: "计量器具",
    FamilyName.VERIFICATIONS: "检定记录",
    FamilyName.RECORDS: "信用信息",
}
HELP, OPTIONS = "字段说明", "选项"  # sheets that the importer skips
LAST_ROW = 1_048_575
WIDTH = 18
HELP_HEADINGS = ("字段", "代码", "必填", "填写要求", "可选值", "示例", "依据")
FLAGS = ["是", "否"]


def template(request: pb.GetTemplateRequest) -> pb.GetTemplateResponse:
    """Returns the empty file of a family of rows, as a workbook or as CSV in UTF-8."""
    family = FamilyName(request.family)
    fields = [
        field
        for field in FAMILIES[family].fields.values()
        if request.baseline or field.name != "entered_on"
    ]
    if request.format == "csv":
        header = ",".join(map(_heading, fields)) + "\r\n"
        return pb.GetTemplateResponse(content=header.encode("utf-8-sig"))
    return pb.GetTemplateResponse(content=_workbook(family, fields))


def _heading(field: Field) -> str:
    return f"{field.header}*" if field.required else field.header


def _options(field: Field) -> list[str]:
    if isinstance(field.read, cells.Choice):
        return field.read.labels.words
    if field.read is cells.instrument_type:
        return [one.name_zh for one in catalogue().values()]
    return FLAGS if field.read is cells.flag else []


def _workbook(family: FamilyName, fields: Sequence[Field]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        _Book(book, fields).write(family)
    return file.getvalue()


class _Book:
    """Writes a template: the sheet to fill in, the help, and the lists to choose from."""

    def __init__(self, book: Any, fields: Sequence[Field]) -> None:
        self._book, self._fields = book, fields
        self._bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})

    def write(self, family: FamilyName) -> None:
        """Writes the three sheets of a template; the first is the sheet to fill in."""
        page = self._book.add_worksheet(NAMES[family])
        help_page = self._book.add_worksheet(HELP)
        choices = self._book.add_worksheet(OPTIONS)
        choices.hide()
        page.freeze_panes(1, 0)
        for place, field in enumerate(self._fields):
            page.set_column(place, place, WIDTH, self._format(field))
            page.write_string(0, place, _heading(field), self._bold)
            self._restrict(page, choices, place, field)
        self._write_help(help_page, family)

    def _format(self, field: Field) -> Any:
        """Dates and whole numbers in their own formats; all else as text, to lose no digit."""
        form = "@"
        if field.read in cells.DAYS:
            form = "yyyy-mm-dd"
        elif field.read is cells.whole:
            form = "0"
        return self._book.add_format({"num_format": form})

    def _restrict(self, page: Any, choices: Any, place: int, field: Field) -> None:
        options = _options(field)
        if not options:
            return
        choices.write_column(0, place, options)
        column = xl_col_to_name(place, True)
        source = f"={OPTIONS}!{column}$1:{column}${len(options)}"
        rule = {"validate": "list", "source": source, "ignore_blank": True}
        message = {"error_title": field.header, "error_message": "请从列表中选择"}
        if field.read is cells.instrument_type:  # codes and names of the trade are read too
            message["error_type"] = "warning"
        page.data_validation(1, place, LAST_ROW, place, rule | message)

    def _write_help(self, page: Any, family: FamilyName) -> None:
        page.freeze_panes(1, 0)
        for place, width in enumerate((18, 18, 6, 40, 40, 24, 44)):
            page.set_column(place, place, width, self._wrapped)
        page.write_row(0, 0, HELP_HEADINGS, self._bold)
        for row, field in enumerate(self._fields, 1):
            example, cite, note = FIELD_HELP[family][field.name]
            cells_of_row = (
                field.header,
                field.name,
                "是" if field.required else "否",
                "；".join(filter(None, (_form(field), note))),
                "、".join(_options(field)),
                example,
                spell_out(cite, "zh") if cite else "",
            )
            for place, cell in enumerate(cells_of_row):
                page.write_string(row, place, cell, self._wrapped)


def _form(field: Field) -> str:
    if field.read in cells.DAYS:
        return "日期，如 2026-09-14"
    if field.read is cells.whole:
        return "整数"
    if _options(field):
        return "从列表中选择"
    longest = f"，不超过 {field.limits.longest} 个字" if field.limits.longest else ""
    return f"{'文本格式' if field.identifier else '文字'}{longest}"
