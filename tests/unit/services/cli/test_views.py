"""Every response as it is shown: plain text, within 80 columns, in Chinese and in English."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from rich.cells import cell_len

import protos
import services.cli
from plumbing.characters import visible
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.cli.output import show
from services.cli.output.answer import count_line, json_value, print_response
from services.cli.output.console import console
from services.cli.output.language import Language, set_language
from services.cli.output.layouts import BLOCKS, TABLES
from services.cli.output.names import Names, ids_in
from services.cli.output.views import view
from services.cli.output.words import words
from services.registry.imports.rows import labels

PROTOS = Path(protos.__path__[0])
CONTRACTS = tuple(
    ".".join(path.relative_to(PROTOS).with_suffix("").parts).removesuffix("_pb2")
    for path in sorted(PROTOS.glob("*/v1/*_pb2.py"))
)
MARKUP = "送检，[/red][bold]x[/] ^{1,40}$ :smile: [link=http://e.example]"
CONTROL = "a\x1b[31m\x07\x9b\u202eb\u200c"
IDS = "0123456789abcdef" * 2
CODES = {"step": "reminder", "roles": "caseworker", "colour": "red"}
DAY = "2026-09-14"


def responses() -> Iterator[Descriptor]:
    for name in CONTRACTS:
        module = importlib.import_module(f"protos.{name}_pb2")
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield method.output_type


RESPONSES = sorted({one.full_name: one for one in responses()}.items())


def filled(of: Descriptor, text: str) -> Any:
    """A message with every field set, its texts to this one."""
    message = GetMessageClass(of)()
    for field in of.fields:
        if field.message_type and field.message_type.full_name.startswith("google."):
            getattr(message, field.name).FromJsonString("2026-09-14T01:00:00Z")
        elif field.message_type and field.message_type.GetOptions().map_entry:
            of_value = field.message_type.fields_by_name["value"]
            getattr(message, field.name)[text] = value_of(of_value, text)
        elif field.message_type:
            nested = filled(field.message_type, text)
            if field.is_repeated:
                getattr(message, field.name).extend([nested, nested])
            else:
                getattr(message, field.name).CopyFrom(nested)
        elif field.is_repeated:
            getattr(message, field.name).extend([value_of(field, text)] * 2)
        else:
            setattr(message, field.name, value_of(field, text))
    return message


def value_of(field: FieldDescriptor, text: str) -> object:
    if field.enum_type:
        return 1
    if field.name in CODES:
        return CODES[field.name]
    if field.name.endswith(("_id", "_ids")):
        return IDS
    if field.name.endswith(("_on", "_from", "_to", "_until")) or field.name == "on":
        return DAY
    kind = field.cpp_type
    if field.type == FieldDescriptor.TYPE_BYTES:
        return text.encode()
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return text
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return True
    return 0.5 if kind == FieldDescriptor.CPPTYPE_DOUBLE else 7


def shown(response: Message, names: Names | None = None) -> str:
    with console.capture() as captured:
        console.print(view(response, names or Names()))
    return captured.get()


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(console, "width", 80)
    yield
    set_language(Language.ZH)


@pytest.mark.parametrize("language", [*Language])
@pytest.mark.parametrize(("name", "of"), RESPONSES)
def test_every_response_is_plain_text_within_80_columns(
    name: str, of: Descriptor, language: Language
) -> None:
    set_language(language)
    for text in (MARKUP, CONTROL, "很长的一段话" * 40, "短"):
        said = shown(filled(of, text))
        assert all(cell_len(line) <= 80 for line in said.splitlines()), name
        assert not set(said) & set("\x1b\x07\x9b\u202e\u200c"), name


@pytest.mark.parametrize("of", ["Case", "Record", "Subject", "Notice", "AuditEntry", "Exposure"])
def test_a_text_that_looks_like_markup_is_shown_whole(of: str) -> None:
    response = next(
        r
        for _, r in RESPONSES
        if any(f.is_repeated and f.message_type and f.message_type.name == of for f in r.fields)
    )
    said = "".join(shown(filled(response, "[/red]")).split())
    assert "[/red]" in said
    assert "[red]甲[/red]" in shown(
        objection.GetCaseResponse(
            case=objection.Case(grounds="[red]甲[/red]"),
            letters=[objection.Letter(title="函", body="一\n二")],
        )
    )


def test_characters_that_act_on_a_terminal_are_shown_by_a_sign() -> None:
    assert visible(CONTROL) == "a␛[31m␇<U+009B><U+202E>b<U+200C>"
    assert visible("一\n二") == "一\n二"
    assert visible("\x7f") == "␡"


def test_a_refusal_is_shown_as_it_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    show.refuse("正则 `^[a-z_]{1,40}$`", "[/red]\x1b[2J", [("a[0]", "[b]", "[/]")])
    said = capsys.readouterr().err
    for part in ("^[a-z_]{1,40}$", "[/red]␛[2J", "a[0]: [b]  [/]"):
        assert part in said


def test_a_table_that_does_not_fit_becomes_a_block_for_each_row() -> None:
    def lines(name: str) -> list[str]:
        subject = registry.Subject(subject_id=IDS, name=name, credit_code="9" * 18, sector="market")
        answer = registry.ListSubjectsResponse(subjects=[subject] * 3)
        return shown(answer).rstrip().splitlines()

    assert len(lines("样例食品店")) == 1 + 1 + 3  # title, headings, rows
    blocks = lines("名" * 30)
    assert len(blocks) == 1 + 3 * 2
    assert sum("名" * 30 in line for line in blocks) == 3  # no name is broken


def test_people_shops_and_bureaus_are_shown_by_name() -> None:
    case = objection.Case(
        case_id=IDS, subject_id="s1", bureau="330106", caseworker="a1", state="lodged"
    )
    names = Names(
        subject={"s1": "样例食品店"}, bureau={"330106": "西湖区局"}, account={"a1": "经办甲"}
    )
    said = shown(objection.AcceptObjectionResponse(case=case), names)
    for part in ("样例食品店 s1", "西湖区局", "经办甲", "已提交", IDS[:8]):
        assert part in said
    assert IDS not in said
    assert set(ids_in(case)) == {("subject", "s1"), ("bureau", "330106"), ("account", "a1")}


def test_a_case_shows_the_shop_the_records_and_the_evidence() -> None:
    record = registry.Record(record_id="r1", kind="penalty", summary="缺斤短两", points=5)
    names = Names(
        subjects={"s1": registry.Subject(subject_id="s1", name="样例食品店", address="某街 1 号")},
        records={"r1": record},
    )
    case = objection.Case(subject_id="s1", record_ids=["r1"], evidence=["检定证书 7 号"])
    said = shown(objection.GetCaseResponse(case=case), names)
    for part in ("某街 1 号", "行政处罚", "缺斤短两", "检定证书 7 号"):
        assert part in said


def test_a_colour_shows_shop_place_and_days_left() -> None:
    colour = alerts.InstrumentColour(
        instrument_id="i1",
        subject_id="s1",
        colour="red",
        valid_until="2026-09-01",
        type_code="NAWI-D",
    )
    names = Names(
        subject={"s1": "样例食品店"},
        instrument={"i1": registry.Instrument(instrument_id="i1", location="3 号摊位")},
        today=date(2026, 9, 14),
    )
    said = shown(alerts.ListColoursResponse(instruments=[colour]), names)
    for part in ("红色警示", "样例食品店", "3 号摊位", "-13"):
        assert part in said


def test_articles_are_named_and_our_own_readings_are_not() -> None:
    step = objection.Step(step="accept", cite="S3 28; C-12; R-114")
    said = "".join(shown(objection.GetCaseResponse(steps=[step])).split())
    assert "《杭州市计量信用管理办法（试行）》" in said
    assert "C-12" not in said
    assert "R-114" not in said


def test_a_list_says_how_many_there_are_and_how_to_get_the_others() -> None:
    cases = [objection.Case(case_id=str(n)) for n in range(100)]
    whole = objection.ListCasesResponse(cases=cases)
    assert count_line(whole) == "共 100 条"
    cut = objection.ListCasesResponse(cases=cases, next_page_token="t")
    assert "已列 100 条，还有更多" in count_line(cut)
    cut.total = 55_060
    assert "已列 100 条，共 55,060 条" in count_line(cut)
    assert "--export" in count_line(cut)
    assert count_line(objection.GetCaseResponse()) == ""


def test_json_is_the_message_itself(capsys: pytest.CaptureFixture[str]) -> None:
    case = objection.Case(case_id="c", grounds=MARKUP)
    assert json_value(objection.AcceptObjectionResponse(case=case)) == case
    batch = registry.GetBatchResponse(batch=registry.Batch(batch_id="b"))
    assert json_value(batch) == batch
    print_response(objection.AcceptObjectionResponse(case=case), as_json=True)
    assert MARKUP in capsys.readouterr().out


def test_words_that_are_exported_are_known_to_the_importer() -> None:
    importable: Mapping[str, Mapping[Any, Any]] = {
        "subject_kind": labels.SUBJECT_KINDS,
        "sector": labels.SECTORS,
        "instrument_state": labels.STATES,
        "result": labels.RESULTS,
        "severity": labels.SEVERITIES,
        "record_kind": labels.RECORD_KINDS,
    }
    for name, known in importable.items():
        read = labels.Labels(known)
        assert {code: read.value(zh) for code, zh in words(name).items()} == {
            code: code for code in words(name)
        }


def test_what_is_laid_out_is_in_the_contract() -> None:
    messages = {
        name
        for contract in CONTRACTS
        for name in importlib.import_module(
            f"protos.{contract}_pb2"
        ).DESCRIPTOR.message_types_by_name
    }
    assert set(TABLES) | set(BLOCKS) <= messages


def test_only_the_output_makes_consoles_and_styled_texts() -> None:
    makers = {"Console", "Text", "Table", "Style", "Markdown"}
    found = [
        f"{path}: {alias.name}"
        for path in Path(services.cli.__path__[0]).rglob("*.py")
        if path.parent.name != "output"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rich.")
        for alias in node.names
        if alias.name in makers and not _only_as_type(path, alias.name)
    ]
    assert found == []


def _only_as_type(path: Path, name: str) -> bool:
    """Whether a module calls nothing of this name: it then only says what a function takes."""
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return not any(ast.unparse(call.func).split(".")[0] == name for call in calls)
