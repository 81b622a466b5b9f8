"""Showing answers: tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table
from rich.text import Text

console = Console(highlight=False)

COLOUR_STYLES = {"green": "green", "yellow": "yellow", "red": "bold red"}
COLOUR_NAMES = {"none": "正常", "green": "绿色提示", "yellow": "黄色预警", "red": "红色警示"}


def plain(message: Message) -> dict[str, Any]:
    """An answer as JSON values, with the field names of the contract."""
    return MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def json_out(value: Message | Mapping[str, Any] | Sequence[Any]) -> None:
    """Prints an answer as JSON."""
    said = plain(value) if isinstance(value, Message) else value
    print(json.dumps(said, ensure_ascii=False, indent=2))  # noqa: T201 - the output itself


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table."""
    shown = Table(title=title, title_justify="left", header_style="bold")
    for head in heads:
        shown.add_column(head, overflow="fold")
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else str(cell) for cell in row))
    console.print(shown)


def card(title: str, lines: Mapping[str, object]) -> None:
    """Prints one thing, a line per field."""
    table(title, ("项目", "内容"), [(name, value) for name, value in lines.items() if value != ""])


def colour(name: str) -> Text:
    """A colour's name, never told by colour alone."""
    return Text(COLOUR_NAMES.get(name, name), style=COLOUR_STYLES.get(name, ""))
