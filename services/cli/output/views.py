"""Builds the screen output of a response from its parts (`layouts` says what of them is shown).

A list is a table, a single message a block; sentences and letters are text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from services.cli.output.cells import cell, head
from services.cli.output.columns import paths_of
from services.cli.output.console import styled
from services.cli.output.language import choose, language
from services.cli.output.layouts import BLOCKS, DOCUMENTS, TABLES, UNSHOWN
from services.cli.output.names import Names
from services.cli.output.show import GAP, block_of, table_of
from services.cli.output.titles import title
from services.cli.output.words import grade_name, ruleset_name, word


def view(response: Message, names: Names) -> RenderableType:
    """Builds the screen output for a response."""
    own = VIEWS.get(response.DESCRIPTOR.name)
    parts = [*(own(response, names) if own else _parts(response, names))]
    return Group(*chain.from_iterable((part, "") for part in parts[:-1]), *parts[-1:])


def table(messages: Sequence[Any], names: Names, of: Descriptor) -> RenderableType:
    """Builds a table of messages of one kind, with one row for each message."""
    if not messages:
        return block_of(title(of.name), [("", styled(choose("无", "none")))])
    columns = TABLES[of.name].split()
    rows = [[cell(message, column, names) for column in columns] for message in messages]
    filled = [n for n in range(len(columns)) if any(row[n].plain for row in rows)]
    heads = [head(of, columns[n]) for n in filled]
    return table_of(title(of.name), heads, [[row[n] for n in filled] for row in rows])


def block(message: Any, names: Names) -> RenderableType:
    """Builds a block for one message, with one line for each field that is set."""
    of = message.DESCRIPTOR
    lines = [(head(of, name), cell(message, name, names)) for name in _lines(of)]
    return block_of(
        title(of.name, single=True), [(name, text) for name, text in lines if text.plain]
    )


def _lines(of: Descriptor) -> list[str]:
    if of.name in BLOCKS:
        return BLOCKS[of.name].split()
    paths = [path for path in paths_of(of) if path[-1].name not in UNSHOWN]
    return [
        ".".join(field.name for field in path)
        for path in paths
        if not (path[-1].is_repeated and path[-1].message_type)
    ]


def _parts(message: Any, names: Names) -> Iterator[RenderableType]:
    """Every part of a response: its own scalars, single messages and lists."""
    scalars = [field for field in message.DESCRIPTOR.fields if not _holds_messages(field)]
    lines = [
        (head(message.DESCRIPTOR, field.name), cell(message, field.name, names))
        for field in scalars
        if field.name not in UNSHOWN
    ]
    if filled := [(name, text) for name, text in lines if text.plain]:
        yield block_of("", filled)
    yield from _sentences(message)
    for field in message.DESCRIPTOR.fields:
        if not _holds_messages(field):
            continue
        if field.is_repeated:
            yield from _list(field.message_type, getattr(message, field.name), names)
        elif message.HasField(field.name):
            yield from _single(getattr(message, field.name), names)


def _holds_messages(field: Any) -> bool:
    of = field.message_type
    return of is not None and not of.full_name.startswith("google.")


def _list(of: Descriptor, messages: Sequence[Any], names: Names) -> Iterator[RenderableType]:
    if of.name in TABLES:
        yield table(messages, names, of)
    if of.name in DOCUMENTS:
        title_field, body_field = DOCUMENTS[of.name]
        for message in messages:
            if body := getattr(message, body_field):
                yield _document(getattr(message, title_field), body)


def _single(message: Any, names: Names) -> Iterator[RenderableType]:
    yield block(message, names)
    for field in message.DESCRIPTOR.fields:
        if field.is_repeated and _holds_messages(field) and getattr(message, field.name):
            if field.message_type.name in TABLES and field.name != "moves":
                yield table(getattr(message, field.name), names, field.message_type)
        elif field.name == "repair" and message.HasField("repair"):
            conditions = message.repair.conditions
            yield from _list(
                message.repair.DESCRIPTOR.fields_by_name["conditions"].message_type,
                conditions,
                names,
            )


def _document(name: str, body: str) -> RenderableType:
    return Group("", Rule(styled((name, "bold")), align="left"), styled(body))


def _sentences(message: Any) -> Iterator[RenderableType]:
    """The explanation of a response, a line for each sentence."""
    field = f"explanation_{language().value}"
    if sentences := getattr(message, field, ()):
        yield Group(*(styled(f"  {sentence}") for sentence in sentences))


def _case(response: Any, names: Names) -> Iterator[RenderableType]:
    """A case with the shop, the records it is about, its steps and its letters."""
    yield from _single(response.case, names)
    if shop := names.subjects.get(response.case.subject_id):
        yield block(shop, names)
    records = [names.records[one] for one in response.case.record_ids if one in names.records]
    if records:
        yield table(records, names, records[0].DESCRIPTOR)
    yield from _contested(response.case, names)
    yield from _list(
        response.DESCRIPTOR.fields_by_name["steps"].message_type, response.steps, names
    )
    yield from _list(
        response.DESCRIPTOR.fields_by_name["letters"].message_type, response.letters, names
    )


def _contested(case: Any, names: Names) -> Iterator[RenderableType]:
    """What a case contests, where that is more than records with one outcome, and the grade."""
    if any(one.target != "record" for one in case.items) or case.outcome == "by_item":
        yield table(case.items, names, case.items[0].DESCRIPTOR)
    if case.HasField("contested_grade"):
        yield block(case.contested_grade, names)
        yield from _sentences(case.contested_grade)


def _colours(response: Any, names: Names) -> Iterator[RenderableType]:
    """Instruments by bureau and colour."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for count in response.counts:
        counts[count.bureau][count.colour] = count.instruments
    order = ("red", "yellow", "green", "none")
    rows = [
        [styled(names.name("bureau", bureau) or bureau), *(_number(by.get(c, 0)) for c in order)]
        for bureau, by in sorted(counts.items())
    ]
    sums = [_number(sum(by.get(c, 0) for by in counts.values())) for c in order]
    heads = [choose("机关", "bureau"), *(choose(word("colour", c), c) for c in order)]
    heading = choose(f"器具颜色 {response.on}", f"colours of instruments {response.on}")
    yield table_of(heading, heads, [*rows, [styled(choose("合计", "total")), *sums]])


def _grades(response: Any, _names: Names) -> Iterator[RenderableType]:
    """Subjects by text and grade."""
    by_text: dict[str, list[str]] = defaultdict(list)
    for count in response.counts:
        grade = grade_name(count.ruleset_id, count.grade) or choose("主体", "subjects")
        by_text[count.ruleset_id].append(f"{grade} {count.subjects:,}")
    for ruleset_id, counts in by_text.items():
        name = styled((ruleset_name(ruleset_id) or choose("不评价", "not graded"), "bold"))
        yield Group(name, Padding(styled(" · ".join(counts)), (0, 0, 0, GAP), expand=False))
    if response.deregistered:
        name = styled((choose("已注销，不再评级", "deregistered, graded no more"), "bold"))
        number = f"{choose('主体', 'subjects')} {response.deregistered:,}"
        yield Group(name, Padding(styled(number), (0, 0, 0, GAP), expand=False))


def _what_if(response: Any, names: Names) -> Iterator[RenderableType]:
    """The grade before and after some changes."""
    rows = [
        [styled(choose(zh, en)), cell(outcome, "grade", names), cell(outcome, "title", names)]
        for zh, en, outcome in (
            ("现状", "now", response.before),
            ("变更后", "after", response.after),
        )
    ]
    heads = ["", choose("等级", "grade"), choose("文件", "text")]
    yield table_of(choose(f"假设（{response.as_of}）", f"what if ({response.as_of})"), heads, rows)
    yield from _sentences(response)


def _explained(response: Any, _names: Names) -> Iterator[RenderableType]:
    yield from _sentences(response)


def _differences(response: Any, _names: Names) -> Iterator[RenderableType]:
    """How a receipt that was recomputed differs from what was kept."""
    same = choose("✓ 重新计算一致", "✓ recomputes to itself")
    yield Group(*map(styled, response.differences or [same]))


def _check_repair(response: Any, names: Names) -> Iterator[RenderableType]:
    """Every condition of a repair, and from when it may be applied for."""
    conditions = response.repair.conditions
    of = response.repair.DESCRIPTOR.fields_by_name["conditions"].message_type
    yield from _list(of, conditions, names)
    if response.may_lodge:
        yield styled(choose("现在可以申请", "may be applied for now"))
    elif response.may_lodge_from:
        day = response.may_lodge_from
        yield styled(choose(f"自 {day} 起可以申请", f"may be applied for from {day} on"))
    else:
        yield styled(choose("本文件没有申请修复", "this text knows no application for repair"))


def _number(count: int) -> Text:
    return styled(f"{count:,}")


View = Callable[[Any, Names], Iterator[RenderableType]]
# Responses that are not shown part by part.
VIEWS: Mapping[str, View] = {
    "CheckRepairResponse": _check_repair,
    "GetCaseResponse": _case,
    "GetReceiptResponse": _explained,
    "OutlookResponse": _explained,
    "SummariseColoursResponse": _colours,
    "SummariseGradesResponse": _grades,
    "VerifyReceiptResponse": _differences,
    "WhatIfResponse": _what_if,
}
