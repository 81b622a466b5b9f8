"""`quanheng setup`: checks a workbook as a whole, shows what it would do, and does it if asked.

An administrator brings the bureaus and the accounts; a caseworker logs in and brings the rest, as
nobody who runs the platform fills its register. Each may run the command again: what is there
already stays, and it goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from plumbing.client import Refusal, ask
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import Client, with_client
from services.cli.machine.directory import platform_settings
from services.cli.output import show
from services.cli.output.language import choose
from services.cli.output.options import AsJson, Data
from services.cli.output.to_file import in_a_folder, write
from services.cli.output.words import word
from services.cli.setup import people, sheets
from services.cli.setup.people import Fault, Person
from services.cli.setup.sheets import Checked
from services.cli.setup.workbook import ACCOUNTS, BadWorkbook, SetupBook

PASSWORDS = "setup-passwords.txt"
SHOWN = 50  # faults
REFUSED, HELD = 1, 3
COUNTED = ("sheet", "rows", "changed", "waiting", "wrong")
DONE = ("applied", "unchanged", "checked")


@dataclass
class Outcome:
    """What `setup` found and did; `left` says what somebody else does, or who waits for what."""

    checks: list[Checked] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    new: list[Person] = field(default_factory=list)
    batches: list[pb.Batch] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)

    @property
    def well(self) -> bool:
        """Whether no sheet has an error."""
        return not self.faults and not any(one.errors for one in self.checks)

    @property
    def exit_code(self) -> int:
        """1 if a sheet has an error, 3 if an import waits for approval, else 0."""
        held = any(batch.state not in DONE for batch in self.batches)
        return (HELD if held else 0) if self.well else REFUSED


def setup(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="工作簿 | workbook")] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            dir_okay=False,
            callback=in_a_folder,
            help="写一份空白工作簿 | write an empty one",
        ),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="办理；不加只核对 | do it; without it, only check")
    ] = False,
    passwords: Annotated[
        Path,
        typer.Option(
            "--passwords", callback=in_a_folder, help="初始密码写入此文件 | first passwords go here"
        ),
    ] = Path(PASSWORDS),
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """用一个工作簿开局建账：先核对全部工作表，加 --apply 才办理。

    Sets a bureau up from one workbook. It shows what it would do and each fault by sheet and row;
    with --apply it does it. An administrator brings bureaus and accounts, a caseworker the rest;
    running it again goes on where it stopped. Exits with 1 if a sheet has an error, with 3 if an
    import waits for approval.
    """
    if template is not None:
        _write_template(template, data)
        return
    by_mail = bool(platform_settings(data).smtp_url)
    book = _read(file)
    outcome = with_client(data, lambda client: _run(client, book, passwords, apply, by_mail))
    _show(outcome, apply=apply, passwords=passwords, as_json=as_json)
    if status := outcome.exit_code:
        raise typer.Exit(status)


def _write_template(path: Path, data: Path | None) -> None:
    request = pb.GetTemplateRequest(family="setup", format="xlsx")
    answer = with_client(data, lambda client: client.imports.GetTemplate(request))
    write(path, answer.content)
    show.done(f"已写入 {path}", f"wrote {path}")


def _read(file: Path | None) -> SetupBook:
    if file is None or not file.is_file():
        raise typer.BadParameter("请指明工作簿 | name the workbook", param_hint="FILE")
    try:
        return SetupBook.read(file)
    except BadWorkbook as wrong:
        zh = f"{file.name} 不是开局工作簿（{wrong}）；请用 quanheng setup --template 取一份"
        show.refuse(zh, f"{file.name} is no workbook for setup; --template writes one")
        raise typer.Exit(1) from wrong


async def _run(
    client: Client, book: SetupBook, passwords: Path, apply: bool, by_mail: bool
) -> Outcome:
    caller = await client.identity.GetCaller(identity.GetCallerRequest())
    administers = identity.ROLE_ADMINISTRATOR in caller.account.roles
    outcome = Outcome()
    for family in book.families:
        if administers or family != sheets.ADMINISTRATORS:
            outcome.checks.append(await sheets.check(client, book, family))
    listed = people.people_of(book)
    outcome.faults += people.faults_of(listed)
    if administers:
        present = await people.existing(client)
        outcome.new = [one for one in listed if one.name not in present]
    if apply and outcome.well:
        await _apply_sheets(client, book, outcome, administers=administers)
        if administers:
            await _make_accounts(client, outcome, passwords, by_mail=by_mail)
    _say_what_is_left(outcome, administers=administers)
    return outcome


async def _apply_sheets(
    client: Client, book: SetupBook, outcome: Outcome, *, administers: bool
) -> None:
    """Imports the sheets that are the caller's, in order; stops at one that is not applied."""
    for checked in outcome.checks:
        if administers is not (checked.family == sheets.ADMINISTRATORS):
            continue
        again = await sheets.check(client, book, checked.family)
        if not again.batch.changed and not again.errors and not again.waiting:
            continue
        batch = await sheets.apply(client, book, checked.family)
        outcome.batches.append(batch)
        if batch.state not in DONE:
            state = word("batch_state", batch.state)
            outcome.left.append((f"{checked.sheet}：{state}", f"{checked.family} waits"))
            return


async def _make_accounts(
    client: Client, outcome: Outcome, passwords: Path, *, by_mail: bool
) -> None:
    for person in outcome.new:
        subject_id = await people.subject_of(client, person) if person.subject else ""
        if person.subject and not subject_id:
            zh = f"账号 {person.name} 的所属单位尚未登记：主体导入后再运行一次"
            outcome.left.append((zh, f"{person.name} waits for its subject to be on file"))
            continue
        try:
            answer = await ask(people.make(client, person, subject_id, passwords, by_mail=by_mail))
        except Refusal as refusal:
            wrong = (person.row, "", person.name, refusal.message_zh, refusal.message_en)
            outcome.faults.append(Fault(*wrong))
            continue
        outcome.made.append(person.name)
        if answer.HasField("proposal"):
            outcome.proposed.append(person.name)


def _say_what_is_left(outcome: Outcome, *, administers: bool) -> None:
    if administers:
        others = [one.sheet for one in outcome.checks if one.family != sheets.ADMINISTRATORS]
        todo = [one for one in outcome.checks if one.sheet in others and _does_something(one)]
        if todo:
            named = "、".join(one.sheet for one in todo)
            zh = f"{named}：由监管机关的办案人员登录后运行 quanheng setup FILE --apply"
            outcome.left.append((zh, "a caseworker of the bureau applies the other sheets"))
    for name in outcome.proposed:
        zh = f"账号 {name} 的角色待另一位平台管理员批准"
        outcome.left.append((zh, f"another administrator releases the roles of {name}"))


def _does_something(checked: Checked) -> bool:
    return bool(checked.batch.changed or checked.waiting)


def _show(outcome: Outcome, *, apply: bool, passwords: Path, as_json: bool) -> None:
    if as_json:
        show.json_out(_json(outcome))
        return
    rows = [[one.sheet, *_counts(one)] for one in outcome.checks]
    wrong_people = len({fault.row for fault in outcome.faults})
    if outcome.new or wrong_people:
        rows.append([ACCOUNTS, len(outcome.new), len(outcome.new) - wrong_people, 0, wrong_people])
    heads = choose(
        "工作表 行数 新增或变更 待前表导入 错误", "sheet rows new waiting errors"
    ).split()
    show.table(choose("核对结果", "what was found"), heads, rows)
    wrong = _faults(outcome)
    heads = choose("工作表 行 栏 内容 问题", "sheet row column value fault").split()
    if wrong:
        show.table(choose("错误", "errors"), heads, wrong[:SHOWN])
    if len(wrong) > SHOWN:
        show.done(f"另有 {len(wrong) - SHOWN} 处", f"and {len(wrong) - SHOWN} more")
    _show_done(outcome, apply=apply, passwords=passwords)


def _show_done(outcome: Outcome, *, apply: bool, passwords: Path) -> None:
    if not outcome.well:
        show.refuse(
            "有错误，没有办理任何事项" if not outcome.made else "部分账号没有建立",
            "there are errors" if not outcome.made else "some accounts were not made",
        )
    elif not apply:
        show.done("核对无误；加 --apply 办理", "all is well; add --apply to do it")
    for batch in outcome.batches:
        family, state = word("family", batch.family), word("batch_state", batch.state)
        zh, en = f"{family}：{batch.changed} 行（{state}）", f"{batch.family}: {batch.changed} rows"
        show.done(zh, en)
    if outcome.made:
        zh = (
            f"已建账号 {len(outcome.made)} 个；没有寄出链接的，初始密码在 {passwords}（仅本人可读）"
        )
        show.done(zh, f"{len(outcome.made)} accounts made; first passwords are in {passwords}")
    if any(batch.family == "verifications" for batch in outcome.batches):
        zh = "首次建档不惊动任何人；建档时已为红色的器具由另一人分批放行：quanheng alert untold"
        show.done(zh, "nobody was alarmed; somebody else releases what stood red: alert untold")
    for zh, en in outcome.left:
        show.done(f"· {zh}", en)


def _counts(one: Checked) -> Sequence[int]:
    wrong = len({fault.row for fault in one.errors})
    return one.batch.rows, one.batch.changed, one.waiting, wrong


def _faults(outcome: Outcome) -> list[list[Any]]:
    """The errors of all sheets: sheet, row, column, value and message."""
    of_sheets = [
        [
            one.sheet,
            fault.row,
            fault.column,
            fault.value,
            choose(fault.message_zh, fault.message_en),
        ]
        for one in outcome.checks
        for fault in one.errors
    ]
    of_people = [[ACCOUNTS, f.row, f.column, f.value, choose(f.zh, f.en)] for f in outcome.faults]
    return of_sheets + of_people


def _json(outcome: Outcome) -> dict[str, Any]:
    names = ("sheet", "row", "column", "value", "message")
    return {
        "well": outcome.well,
        "sheets": [
            dict(zip(COUNTED, (one.sheet, *_counts(one)), strict=True)) for one in outcome.checks
        ],
        "faults": [dict(zip(names, row, strict=True)) for row in _faults(outcome)],
        "new_accounts": [one.name for one in outcome.new],
        "made_accounts": outcome.made,
        "batches": [show.plain(batch) for batch in outcome.batches],
        "left": [zh for zh, _ in outcome.left],
    }
