"""The attacker may type: an operator, a caseworker, or whoever fills in the file that is imported.

They put into a serial number, a name, a ground or a file name what acts on the terminal, the mail,
the spreadsheet or the eyes of the next person who reads it: an escape sequence, markup, a mark that
reverses the writing, a space of no width, a formula. It is refused at entry with the reason, and
imports leave out what has no width. What was stored before there was such a rule is shown by signs.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from plumbing.characters import barred
from plumbing.client import new_request_id
from plumbing.identity import Role
from plumbing.papers.typesetting import _seen
from plumbing.spreadsheets import CsvRows, writing
from protos.registry.v1 import registry_pb2 as pb
from services.alerts.languages import Language
from services.alerts.notices import mail
from services.alerts.tables import Notice, NoticeKind, NoticeState
from services.cli.output.console import PlainConsole
from services.portal import rendering
from tests.integration.registry.conftest import _settings, nats_url, registry
from tests.integration.registry.import_files import faults, table, upload
from tests.integration.registry.running_registry import (
    DISTRICT,
    RunningRegistry,
    enter_record,
    put_instrument,
    put_subject,
    refused,
)

__all__ = ["_settings", "nats_url", "registry"]

BITING = {
    "escape": "A\x1b[2J-7",
    "C1": "A\x9b31m-7",
    "reversed": "A\u202e7-8",
    "isolated": "A\u2066-7",
    "no width": "A\u200b-7",
    "byte order": "A\ufeff-7",
    "new line": "A\n-7",
    "line separator": "A\u2028-7",
}
# Imports leave these out: they come along when a ledger is copied from a page.
LEFT_OUT = ("no width", "byte order")
EVERYTHING = "".join(BITING.values())


@pytest.mark.parametrize("text", BITING.values(), ids=BITING.keys())
async def test_what_bites_is_refused_at_its_field_in_both_languages(
    registry: RunningRegistry, text: str
) -> None:
    owner = await registry.subject()
    caseworker = registry.client(Role.CASEWORKER, bureau=owner.bureau)
    with refused("INVALID_INPUT", "instrument.serial_no") as refusals:
        await caseworker.registry.PutInstrument(put_instrument(owner.subject_id, serial_no=text))
    _, zh, en = refusals[0].faults[0]
    assert ("不能" in zh, "must" in en) == (True, True)
    with refused("INVALID_INPUT", "subject.name"):
        await caseworker.registry.PutSubject(put_subject(name=text))


async def test_a_ground_may_have_lines_but_nothing_hidden(registry: RunningRegistry) -> None:
    owner = await registry.subject()
    caseworker = registry.client(Role.CASEWORKER, bureau=owner.bureau)
    lines = enter_record(owner.subject_id, summary="一、事实\r\n二、依据")
    await caseworker.registry.EnterRecord(lines)
    with refused("INVALID_INPUT", "record.summary"):
        await caseworker.registry.EnterRecord(enter_record(owner.subject_id, summary="一\u202e二"))


async def test_an_imported_cell_that_hides_something_is_a_fault_of_its_cell(
    registry: RunningRegistry,
) -> None:
    owner = await registry.subject()
    client = registry.client(Role.CASEWORKER, bureau=owner.bureau)
    texts = [text for name, text in BITING.items() if name not in LEFT_OUT]
    rows = [(owner.name, "NAWI-D", text) for text in texts]
    batch = await upload(client, "instruments", table(("使用单位", "器具类型", "出厂编号"), *rows))
    found = await faults(client, batch)
    assert {one.row for one in found} == set(range(2, len(texts) + 2))
    assert {(one.column, one.reason) for one in found} == {("出厂编号", "BAD_CHARACTER")}
    with refused("INVALID_INPUT", "header.file_name"):
        await upload(client, "instruments", table(("使用单位",)), file_name="台账\u202evsc.exe")


@pytest.mark.parametrize("name", LEFT_OUT)
async def test_a_character_of_no_width_in_an_imported_cell_is_not_stored(
    registry: RunningRegistry, name: str
) -> None:
    owner = await registry.subject()
    client = registry.client(Role.CASEWORKER, bureau=owner.bureau)
    rows = ("使用单位", "器具类型", "出厂编号"), (owner.name, "NAWI-D", BITING[name])
    await upload(client, "instruments", table(*rows))
    listing = pb.ListInstrumentsRequest(subject_id=owner.subject_id)
    [instrument] = (await client.registry.ListInstruments(listing)).instruments
    assert instrument.serial_no == "A-7"


@pytest.mark.parametrize("token", ["\u202e", "权衡", "%%%", "a b", "'; drop table subject", "e30="])
async def test_a_page_token_that_was_made_up_is_refused_at_its_field(
    registry: RunningRegistry, token: str
) -> None:
    client = registry.client(Role.CASEWORKER, bureau=DISTRICT)
    with refused("INVALID_INPUT", "page_token"):
        await client.registry.ListSubjects(pb.ListSubjectsRequest(page_token=token))


async def test_half_a_character_in_a_page_token_is_no_internal_fault(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.CASEWORKER, bureau=DISTRICT)
    for _ in range(2):
        await registry.subject()
    request = pb.ListSubjectsRequest(page_size=1)
    token = (await client.registry.ListSubjects(request)).next_page_token
    question, key = json.loads(base64.urlsafe_b64decode(token))
    forged = json.dumps([question, ["\ud800", key[1]]])
    request.page_token = base64.urlsafe_b64encode(forged.encode()).decode()
    with refused("INVALID_INPUT", "page_token"):
        await client.registry.ListSubjects(request)


@pytest.mark.parametrize("address", ["<x>@y", "a b@c.example", "a@b@c.example", "a@x.example,b@y"])
async def test_what_is_no_address_is_taken_nowhere(registry: RunningRegistry, address: str) -> None:
    client = registry.client(Role.CASEWORKER, bureau=await registry.bureau())
    with refused("INVALID_INPUT", "subject.email"):
        await client.registry.PutSubject(put_subject(email=address))
    rows = (
        ("kind", "name", "sector", "bureau", "email"),
        ("organisation", f"样例{new_request_id()}", "market", DISTRICT, address),
    )
    batch = await upload(client, "subjects", table(*rows))
    assert [one.reason for one in await faults(client, batch)] == ["BAD_ADDRESS"]


def test_a_terminal_shows_old_rows_by_signs() -> None:
    written = io.StringIO()
    shown = PlainConsole(file=written, width=200)
    shown.print(f"[/x] {EVERYTHING}")
    said = written.getvalue()
    assert "[/x]" in said
    assert not barred(said, several_lines=True)


def test_a_mail_shows_old_rows_by_signs() -> None:
    notice = Notice(
        notice_id="n",
        kind=NoticeKind.REJECTED,
        key="k",
        subject_id="s",
        bureau=DISTRICT,
        address="a@x.example",
        title=f"器具 {EVERYTHING}",
        body=f"编号 {EVERYTHING}",
        state=NoticeState.PENDING,
        created_at=datetime(2026, 9, 14, tzinfo=UTC),
        language=Language.CHINESE,
    )
    message = mail.compose(notice, "q@x.example", "https://quanheng.example")
    parts = [part.get_content() for part in message.iter_parts()]
    assert len(parts) == 2
    for said in (message["Subject"], *parts):
        assert not barred(said, several_lines=True)


def test_a_letter_is_typeset_without_them() -> None:
    seen = _seen({"title": EVERYTHING, "paragraphs": [EVERYTHING], "date": [2026, 9, 14]})
    assert not barred(seen["title"] + seen["paragraphs"][0], several_lines=True)
    assert seen["date"] == [2026, 9, 14]


def test_a_page_shows_old_rows_by_signs() -> None:
    template = rendering._environment("zh").from_string("<p>{{ name }}</p>")
    said = template.render(name=f"{EVERYTHING}<b>")
    assert not barred(said, several_lines=True)
    assert "&lt;b&gt;" in said


def test_an_export_runs_no_formula_and_hides_nothing(tmp_path: Path) -> None:
    formulas = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1", "＝1", "\u200b=1"]
    text = io.StringIO(newline="")
    CsvRows(text).write([*formulas, EVERYTHING])
    for cell in next(csv.reader(io.StringIO(text.getvalue(), newline=""))):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "＝"))
        assert not barred(cell, several_lines=True)
    file = tmp_path / "list.xlsx"
    with writing(file, "表", ["甲"]) as writer:
        writer.write([*formulas, EVERYTHING])
    _, cells = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    for value in cells:
        assert isinstance(value, str)
        assert not barred(value, several_lines=True)
