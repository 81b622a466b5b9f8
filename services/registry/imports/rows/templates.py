"""Templates: empty files with the columns of a family of rows, to be filled in and imported."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from typing import Any

from law.instruments import catalogue
from law.reader.texts import spell_out
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.rows import cells
from services.registry.imports.rows.families import FAMILIES, PUBLISHED, FamilyName, Field
from services.registry.imports.rows.field_help import FIELD_HELP

NAMES = {
    FamilyName.BUREAUS: "机关",
    FamilyName.SUBJECTS: "信用主体",
    FamilyName.INSTRUMENTS: "计量器具",
    FamilyName.VERIFICATIONS: "检定记录",
    FamilyName.RECORDS: "信用信息",
    FamilyName.PENALTIES: "双公示行政处罚",
    FamilyName.PERMITS: "双公示行政许可",
}
# What a bureau published comes later, in the columns of the publication.
OF_SETUP = [family for family in FamilyName if family not in PUBLISHED]
HELP, OPTIONS = "字段说明", "选项"  # sheets that the importer skips
LAST_ROW = 1_048_575
WIDTH = 18
SETUP = "setup"
ACCOUNTS = "账号"
ACCOUNT_FIELDS = (
    ("用户名*", "登录用，小写字母、数字、点、横线", "li.ming"),
    ("姓名*", "显示给他人", "李明"),
    ("角色*", "从列表中选择；几个角色用“、”隔开", "办案人员"),
    ("机关代码", "所属监管机关；经营者不填", "330106"),
    ("主体", "经营者所属单位：统一社会信用代码或者名称", ""),
    ("检定机构", "检定机构账号：与检定记录中的名称一致", ""),
    ("电子邮箱", "设置密码的链接寄到这里；不填则由管理员当面交付初始密码", "li.ming@example.cn"),
)
ROLES = (
    *("经营者", "办案人员", "单位负责人", "市级复核人员", "检查人员", "检定机构"),
    *("对接系统", "平台管理员", "审计员"),
)
HELP_HEADINGS = ("字段", "代码", "必填", "填写要求", "可选值", "示例", "依据")
FLAGS = ["是", "否"]


def template(request: pb.GetTemplateRequest, only: Collection[str] = ()) -> pb.GetTemplateResponse:
    """Returns the empty file of a family of rows, as a workbook or as CSV in UTF-8.

    The family `setup` is a workbook with a sheet for each family and one for accounts. `only` names
    the fields that a file has, if it has not all of them.
    """
    if request.family == SETUP:
        return pb.GetTemplateResponse(content=_setup_workbook())
    family = FamilyName(request.family)
    fields = [
        field
        for field in FAMILIES[family].fields.values()
        if (request.baseline or field.name != "entered_on") and (not only or field.name in only)
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


def _new_book(file: io.BytesIO) -> Any:
    import xlsxwriter  # noqa: PLC0415 - slow to load, and templates are seldom asked for

    return xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})


def _workbook(family: FamilyName, fields: Sequence[Field]) -> bytes:
    file = io.BytesIO()
    with _new_book(file) as book:
        _Book(book, fields).write(family)
    return file.getvalue()


def _setup_workbook() -> bytes:
    file = io.BytesIO()
    with _new_book(file) as book:
        choices = book.add_worksheet(OPTIONS)
        for family in OF_SETUP:
            _Book(book, [*FAMILIES[family].fields.values()]).write_page(family, choices)
        _write_accounts(book)
        choices.hide()
        book.get_worksheet_by_name(NAMES[FamilyName.BUREAUS]).activate()
    return file.getvalue()


def _write_accounts(book: Any) -> None:
    page, text = book.add_worksheet(ACCOUNTS), book.add_format({"num_format": "@"})
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    page.freeze_panes(1, 0)
    for place, (heading, meaning, example) in enumerate(ACCOUNT_FIELDS):
        page.set_column(place, place, WIDTH, text)
        page.write_string(0, place, heading, bold)
        page.write_comment(0, place, f"{meaning}\n例：{example}" if example else meaning)
    rule = {"validate": "list", "source": [*ROLES], "error_type": "warning"}
    page.data_validation(1, 2, LAST_ROW, 2, rule)


class _Book:
    """Writes a template: the sheet to fill in, the help, and the lists to choose from."""

    def __init__(self, book: Any, fields: Sequence[Field]) -> None:
        self._book, self._fields = book, fields
        self._bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._wrapped = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})

    def write_page(self, family: FamilyName, choices: Any) -> None:
        """Writes the sheet of one family, with its lists, and an explanation of each heading."""
        page, first = self._book.add_worksheet(NAMES[family]), choices.dim_colmax or 0
        first = first + 1 if choices.dim_colmax is not None else 0
        page.freeze_panes(1, 0)
        for place, field in enumerate(self._fields):
            page.set_column(place, place, WIDTH, self._format(field))
            page.write_string(0, place, _heading(field), self._bold)
            page.write_comment(0, place, _explained(family, field))
            self._restrict(page, choices, place, field, first + place)

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
            self._restrict(page, choices, place, field, place)
        self._write_help(help_page, family)

    def _format(self, field: Field) -> Any:
        """Dates and whole numbers in their own formats; all else as text, to lose no digit."""
        form = "@"
        if field.read in cells.DAYS:
            form = "yyyy-mm-dd"
        elif field.read is cells.whole:
            form = "0"
        return self._book.add_format({"num_format": form})

    def _restrict(self, page: Any, choices: Any, place: int, field: Field, listed_at: int) -> None:
        options = _options(field)
        if not options:
            return
        from xlsxwriter.utility import xl_col_to_name  # noqa: PLC0415 - as for the book

        choices.write_column(0, listed_at, options)
        column = xl_col_to_name(listed_at, True)
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


def _explained(family: FamilyName, field: Field) -> str:
    example, _, note = FIELD_HELP[family][field.name]
    shown = f"例：{example}" if example else ""
    return "\n".join(filter(None, (_form(field), note, shown)))


def _form(field: Field) -> str:
    if field.read in cells.DAYS:
        return "日期，如 2026-09-14"
    if field.read is cells.whole:
        return "整数"
    if _options(field):
        return "从列表中选择"
    longest = f"，不超过 {field.limits.longest} 个字" if field.limits.longest else ""
    return f"{'文本格式' if field.identifier else '文字'}{longest}"
