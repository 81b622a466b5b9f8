"""Prints tables, blocks, JSON and refusals so that they fit the width of the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.cli.output.console import console, errors, styled
from services.cli.output.language import choose

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ["console", "errors", "styled"]  # other modules print by these

GAP = 2  # blank columns between two columns of a table


def plain(message: Message) -> dict[str, Any]:
    """Converts a protobuf message to JSON values, with the field names of the contract."""
    from google.protobuf.json_format import MessageToDict  # noqa: PLC0415 - only JSON needs it

    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def json_out(value: Message | Mapping[str, Any] | Sequence[Any]) -> None:
    """Prints a protobuf message or JSON values as JSON."""
    values: Any = value
    if hasattr(values, "DESCRIPTOR"):
        values = plain(values)
    print(json.dumps(values, ensure_ascii=False, indent=2))  # noqa: T201 - the output itself


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table, or one block for each row if a row would not fit the terminal."""
    console.print(table_of(title, heads, [[_text(cell) for cell in row] for row in rows]))


def card(title: str, lines: Mapping[str, object]) -> None:
    """Prints a block with one line for each heading and value; omits lines with an empty text."""
    console.print(block_of(title, [(head, _text(v)) for head, v in lines.items() if v != ""]))


def table_of(title: str, heads: Sequence[str], rows: Sequence[Sequence[Text]]) -> RenderableType:
    """Builds a table, or one block for each row if a row would not fit the terminal."""
    widths = [
        max(_width(cell) for cell in column) for column in zip(_texts(heads), *rows, strict=True)
    ]
    if sum(widths) + GAP * (len(widths) - 1) <= console.width and not _any_line_feed(rows):
        return _grid(title, heads, rows)
    return Group(_title(title), *(_flow(heads, row) for row in rows))


def block_of(title: str, lines: Sequence[tuple[str, Text]]) -> RenderableType:
    """Builds a block with one line for each heading and text; long texts are wrapped."""
    grid = Table.grid(padding=(0, GAP))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for head, cell in lines:
        grid.add_row(styled((head, "dim")), cell)
    return Group(_title(title), grid) if title else Group(grid, "")


def refuse(zh: str, en: str, faults: Iterable[tuple[str, str, str]] = ()) -> None:
    """Prints a refusal in Chinese and English, with each fault: field, Chinese, English."""
    errors.print(styled(("✗ ", "bold red"), f"{zh}\n  {en}"), soft_wrap=True)
    for field, fault_zh, fault_en in faults:
        errors.print(f"  · {field}: {fault_zh}  {fault_en}", soft_wrap=True)


def done(zh: str, en: str) -> None:
    """Prints, in the current language, one line about a completed action."""
    console.print(choose(zh, en), soft_wrap=True)


def _grid(title: str, heads: Sequence[str], rows: Sequence[Sequence[Text]]) -> RenderableType:
    shown = Table(box=None, header_style="bold underline", padding=(0, GAP, 0, 0), pad_edge=False)
    for head in heads:
        shown.add_column(head, no_wrap=True)
    for row in rows:
        shown.add_row(*row)
    return Group(_title(title), shown)


def _title(title: str) -> Text:
    return styled((title, "bold cyan"))


def _text(cell: object) -> Text:
    return cell if isinstance(cell, Text) else styled(str(cell))


def _texts(cells: Sequence[str]) -> list[Text]:
    return [_text(cell) for cell in cells]


def _width(cell: Text) -> int:
    return cell_len(cell.plain)


def _any_line_feed(rows: Sequence[Sequence[Text]]) -> bool:
    return any("\n" in cell.plain for row in rows for cell in row)


def _flow(heads: Sequence[str], row: Sequence[Text]) -> RenderableType:
    """A row over several lines: its first two cells, then each heading with its cell, unbroken."""
    first = Text("  ").join(cell for cell in row[:2] if cell.plain)
    first.stylize("bold")
    lines = [first]
    for name, cell in zip(heads[2:], row[2:], strict=True):
        if not cell.plain:
            continue
        item = Text.assemble(styled((name, "dim"), " "), cell)
        if len(lines) > 1 and _width(lines[-1]) + GAP + _width(item) <= console.width - GAP:
            lines[-1] = Text.assemble(lines[-1], " " * GAP, item)
        else:
            lines.append(item)
    return Group(lines[0], *(Padding(line, (0, 0, 0, GAP), expand=False) for line in lines[1:]))
