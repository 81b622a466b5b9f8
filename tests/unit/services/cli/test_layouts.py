"""What commands print is laid out: no list and no message is dropped or headed by its code name."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from protos.registry.v1 import registry_pb2 as registry
from services.cli.commands.plain import method_of
from services.cli.commands.table import ROWS
from services.cli.output.console import console
from services.cli.output.headings import _HEADINGS, HEADINGS
from services.cli.output.layouts import DOCUMENTS, TABLES
from services.cli.output.names import Names
from services.cli.output.titles import TITLES
from services.cli.output.views import VIEWS, view

CHINESE = re.compile("[\u4e00-\u9fff]")
# What is read by programs, or shown by the command itself.
NOT_SHOWN = {"Figure", "Digest", "Sample", "ProvenEntry"}


def printed() -> Iterator[tuple[str, Descriptor]]:
    """The response of every command that makes one call, by the words of the command."""
    for row in ROWS:
        of = method_of(row.method).output_type
        if of.name not in VIEWS:
            yield row.words, of


def messages(of: Descriptor) -> Iterator[tuple[FieldDescriptor, str]]:
    """The fields of a response that hold messages, and the names of these messages."""
    for field in of.fields:
        nested = field.message_type
        if nested and not nested.full_name.startswith("google.") and nested.name not in NOT_SHOWN:
            yield field, nested.name


@pytest.mark.parametrize(("words", "of"), [*printed()])
def test_a_list_that_a_command_prints_is_a_table(words: str, of: Descriptor) -> None:
    lists = [name for field, name in messages(of) if field.is_repeated]
    assert [name for name in lists if name not in (*TABLES, *DOCUMENTS)] == [], words


@pytest.mark.parametrize(("words", "of"), [*printed()])
def test_what_a_command_prints_has_a_title(words: str, of: Descriptor) -> None:
    assert [name for _, name in messages(of) if name not in TITLES] == [], words


def test_headings_and_titles_are_chinese() -> None:
    bare = {name for name, zh in (*HEADINGS.items(), *TITLES.items()) if not CHINESE.search(zh)}
    assert bare <= {"sha256", "ContestedItem.id"}


def test_no_field_has_two_headings() -> None:
    entries = (one.split() for one in re.split(r"[|\n]", _HEADINGS))
    fields = [entry[0] for entry in entries if entry]
    assert len(fields) > 1
    assert sorted(fields) == sorted(set(fields))


def test_columns_that_are_not_read_are_each_named_and_their_row_only_once() -> None:
    unused = [
        registry.RowFault(row=1, column=name, warning=True, message_zh=f"列“{name}”未使用")
        for name in ("序号", "备注")
    ]
    kind = registry.FaultKind(reason="UNKNOWN_COLUMN", warning=True, faults=20, first=unused)
    with console.capture() as captured:
        console.print(view(registry.CountFaultsResponse(kinds=[kind]), Names()))
    said = captured.get()
    assert "列“序号”未使用；列“备注”未使用" in said
    assert "第 1 行，另有 18 条" in said
