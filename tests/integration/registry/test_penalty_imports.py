"""Published penalties (双公示): taken in the national columns, and nothing personal is stored."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
import xlsxwriter

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    everything_stored,
    faults,
    firm_on_file,
    header,
    processed,
    reasons,
    rejected,
    rows_of,
    start,
    table,
    undo,
    upload,
)
from tests.integration.registry.questions import GROUND, answer, asked
from tests.integration.registry.running_registry import (
    Client,
    RunningRegistry,
    credit_code,
    refused,
)
from tests.patience import PATIENCE_SECONDS

NAME, KIND, CODE = "行政相对人名称", "行政相对人类别", "行政相对人代码_1(统一社会信用代码)"
PERSON, PERSON_ID, ID = "法定代表人", "法定代表人证件号码", "证件号码"
NUMBER, FACTS, BASIS = "行政处罚决定书文号", "违法事实", "处罚依据"
# The columns of 2018 in their order, as a bureau exports them.
COLUMNS = (
    *(NAME, KIND, CODE, "行政相对人代码_2(工商注册号)", PERSON, "法定代表人证件类型", PERSON_ID),
    *("证件类型", ID, NUMBER, "违法行为类型", FACTS, BASIS, "处罚类别", "处罚内容"),
    *("罚款金额（万元）", "没收违法所得、没收非法财物的金额（万元）", "暂扣或吊销证照名称及编号"),
    *("处罚决定日期", "处罚有效期", "公示截止期", "处罚机关", "处罚机关统一社会信用代码"),
    *("数据来源单位", "数据来源单位统一社会信用代码", "备注"),
)
BOSS, BOSS_ID = "欧阳测试", "110101199003074119"
METROLOGY = "《中华人民共和国计量法》第二十五条；《计量法实施细则》第四十三条"


def penalty(name: str, code: str = "", **values: str) -> dict[str, str]:
    """One row of the publication, by default a fine under the law of metrology."""
    defaults = {
        NAME: name,
        KIND: "法人及非法人组织",
        CODE: code,
        PERSON: BOSS,
        PERSON_ID: BOSS_ID,
        NUMBER: f"（合成）市监处罚〔2026〕{uuid4().int % 10**9}号",
        "违法行为类型": "使用未经检定的计量器具",
        FACTS: f"使用超期的加油机，负责人{BOSS}（{BOSS_ID}）承认",
        BASIS: METROLOGY,
        "处罚类别": "罚款",
        "处罚内容": "罚款人民币1000元整",
        "罚款金额（万元）": "0.100000",
        "处罚决定日期": "2026/08/10",
        "处罚有效期": "2099/12/31",
        "公示截止期": "2027/08/10",
        "处罚机关": "样例市市场监督管理局",
        "数据来源单位": "样例市市场监督管理局",
    }
    return defaults | values


def published(*rows: dict[str, str], columns: Sequence[str] = COLUMNS) -> bytes:
    """A CSV file of these rows."""
    return table(columns, *([row.get(name, "") for name in columns] for row in rows))


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district, who sends the file."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


async def penalties(client: Client, subject: pb.Subject) -> list[pb.Record]:
    """The records of a subject."""
    request = pb.ListRecordsRequest(subject_id=subject.subject_id)
    return list((await client.registry.ListRecords(request)).records)


async def test_a_published_penalty_becomes_a_record_that_is_not_final(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await firm_on_file(caseworker)
    row = penalty(subject.name, subject.credit_code)
    batch = await upload(caseworker, "penalties", published(row))
    assert (batch.state, batch.changed, batch.rejected) == ("applied", 1, 0)
    [record] = await penalties(caseworker, subject)
    assert (record.kind, record.verified, record.final) == ("penalty", True, False)
    assert (record.determined_on, record.occurred_on) == ("2026-08-10", "2026-08-10")
    assert record.source_ref == row[NUMBER]
    assert record.summary.endswith("；罚款人民币1000元整")  # the amount stands once
    assert BOSS not in record.summary
    assert BOSS_ID not in record.summary


async def test_it_is_recognised_by_its_columns_and_taken_once(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    row = penalty(subject.name, subject.credit_code)
    first = await upload(caseworker, "records", published(row))
    assert (first.family, first.changed) == ("penalties", 1)
    again = await upload(caseworker, "records", published(row))
    assert (again.state, again.unchanged) == ("unchanged", 1)
    # The next week's file has it once more, in another writing, beside others.
    number = row[NUMBER].replace("〔", "[").replace("〕", "]")
    other = row | {NUMBER: number, FACTS: "另一种写法"}
    later = await upload(
        caseworker, "penalties", published(other, penalty(subject.name, subject.credit_code))
    )
    assert (later.changed, later.unchanged) == (1, 1)
    assert len(await penalties(caseworker, subject)) == 2
    codes = {reason for _, _, reason in await reasons(caseworker, later, warnings=True)}
    assert {"OTHER_WRITING", "ON_FILE_OTHERWISE"} <= codes
    await undo(caseworker, later)
    assert len(await penalties(caseworker, subject)) == 1


async def test_nothing_personal_and_nothing_of_another_law_is_stored(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject, mark = await firm_on_file(caseworker), uuid4().hex
    person, food = f"甲{mark}", f"乙{mark}"
    rows = (
        penalty(subject.name, subject.credit_code),
        penalty(person, **{KIND: "自然人", ID: BOSS_ID}),
        penalty(food, **{BASIS: "《中华人民共和国食品安全法》第一百二十四条"}),
        penalty(f"丙{mark}", credit_code()),  # not on file: rejected
        penalty(subject.name, BOSS_ID, **{NUMBER: "", FACTS: BOSS_ID}),  # an ID number for a code
    )
    batch = await upload(caseworker, "penalties", published(*rows), mode="good_rows")
    assert (batch.rows, batch.changed, batch.rejected, batch.left_out) == (3, 1, 2, 2)
    found = await faults(caseworker, batch, warnings=True)
    left_out = {(one.row, one.reason, one.value) for one in found}
    assert (3, "NATURAL_PERSON", "（自然人，未保存）") in left_out
    assert (4, "OTHER_LAW", "（非计量法律：《中华人民共和国食品安全法》）") in left_out
    returned = rows_of(await rejected(caseworker, batch))
    assert [row[NAME] for row in returned] == [f"丙{mark}", subject.name]
    assert {row[PERSON] + row[PERSON_ID] + row[ID] for row in returned} == {""}
    held = await everything_stored(registry)
    assert subject.name in held
    for hidden in (BOSS, BOSS_ID, person, food):
        assert hidden not in held, hidden


async def test_what_waits_in_the_background_is_stored_without_persons_too(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await firm_on_file(caseworker)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet("处罚")
        page.write_row(0, 0, ["2026年第36周双公示"])
        page.write_row(1, 0, COLUMNS)
        row = penalty(subject.name, subject.credit_code)
        page.write_row(3, 0, [row.get(name, "") for name in COLUMNS])
        book.add_worksheet("说明").write(0, 0, BOSS_ID)
    head = pb.ImportHeader(
        request_id=new_request_id(),
        family="penalties",
        file_name="双公示.xlsx",
        mode="check",
        confirm_columns=True,
    )

    async def parts() -> Any:
        yield pb.StartImportRequest(header=head)
        yield pb.StartImportRequest(content=file.getvalue())

    batch = (await caseworker.imports.StartImport(parts(), timeout=PATIENCE_SECONDS)).batch
    assert batch.state == "waiting"
    texts = await everything_stored(registry)
    assert "负责人＊＊＊" in texts
    assert BOSS_ID not in texts
    checked = await upload(
        caseworker, "penalties", file.getvalue(), mode="check", file_name="双公示.xlsx"
    )
    assert (checked.state, checked.rows, checked.sheet) == ("checked", 1, "处罚")


def beside_instruments(subject: pb.Subject, row: dict[str, str]) -> bytes:
    """A workbook with an instrument of a subject, and a sheet of one published penalty."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        fleet, page = book.add_worksheet("器具"), book.add_worksheet("处罚")
        fleet.write_row(0, 0, ("使用单位", "器具类型", "出厂编号"))
        fleet.write_row(1, 0, (subject.name, "NAWI-D", uuid4().hex))
        page.write_row(0, 0, COLUMNS)
        page.write_row(1, 0, [row.get(name, "") for name in COLUMNS])
    return file.getvalue()


async def test_penalties_beside_other_sheets_are_stored_without_persons_too(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await firm_on_file(caseworker)
    row = penalty(subject.name, subject.credit_code)
    file, other = (beside_instruments(subject, row) for _ in range(2))
    several: list[dict[str, Any]] = [{"all_sheets": True}, {"sheets": ["处罚", "器具"]}]
    for sheets in (*several, {"sheet": "器具"}):
        head = header("auto", mode="check", confirm_columns=True, **sheets)
        started = await start(caseworker, head, file)
        assert (await processed(caseworker, started)).state == "matching"
        assert (await start(caseworker, head, file)).batch_id == started.batch_id
        with refused("ALREADY_EXISTS"):  # although the penalties, the first of two, are the same
            await start(caseworker, head, other)
    batch = await upload(caseworker, "instruments", file, sheet="器具")
    assert (batch.state, batch.changed) == ("applied", 1)
    mapped = {
        "owner": NAME,
        "source_ref": NUMBER,
        "determined_on": "处罚决定日期",
        "summary": FACTS,
    }
    for content, sheet in ((file, "处罚"), (published(row), "")):
        with refused("INVALID_INPUT", "file") as refusals:
            head = header("records", columns=mapped, sheet=sheet, confirm_columns=True)
            await start(caseworker, head, content)
        assert "双公示" in refusals[0].message_zh
    with refused("INVALID_INPUT", "file") as refusals:
        await start(caseworker, header("instruments", sheet="不存在", confirm_columns=True), file)
    assert "没有此工作表" in refusals[0].message_zh
    assert await penalties(caseworker, subject) == []
    held = await everything_stored(registry)
    assert row[NUMBER] in held
    for hidden in (BOSS, BOSS_ID):
        assert hidden not in held, hidden


async def test_a_file_that_is_none_is_refused_and_not_stored(
    registry: RunningRegistry, caseworker: Client
) -> None:
    with refused("INVALID_INPUT", "file") as refusals:
        await upload(caseworker, "penalties", table(("名称", PERSON_ID), ("甲", BOSS_ID)))
    assert "双公示" in refusals[0].message_zh
    assert BOSS_ID not in await everything_stored(registry)


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("CF_ZT", "1", "revoked"),
        ("备注", "当事人已申请行政复议", "disputed"),
        ("CF_ZT", "3", "other_state"),
    ],
)
async def test_what_is_not_simply_in_force_is_decided_by_a_person(
    registry: RunningRegistry, caseworker: Client, column: str, value: str, kind: str
) -> None:
    subject = await firm_on_file(caseworker)
    columns = tuple(dict.fromkeys((*COLUMNS, column)))
    row = penalty(subject.name, subject.credit_code, **{column: value})
    batch = await upload(caseworker, "penalties", published(row, columns=columns))
    assert (batch.state, batch.to_decide) == ("applied", 1)
    assert await penalties(caseworker, subject) == []
    [one] = await asked(caseworker, batch_id=batch.batch_id)
    assert (one.kind, one.state, one.source_ref) == (kind, "waiting", row[NUMBER])
    assert [*one.answers] == ["enter", "leave_out"]
    again = await upload(
        caseworker,
        "penalties",
        published(row, penalty("无此单位"), columns=columns),
        mode="good_rows",
    )
    assert (again.to_decide, again.unchanged) == (0, 1)
    with refused("INVALID_INPUT", "answer"):
        await answer(caseworker, one, "withdraw")
    await answer(caseworker, one, "enter")
    [record] = await penalties(caseworker, subject)
    assert (record.kind, record.final, record.source_ref) == ("penalty", False, row[NUMBER])
    [decided] = await asked(caseworker, batch_id=batch.batch_id, now=True)
    assert (decided.state, decided.answer, decided.ground) == ("decided", "enter", GROUND)
    [open_still] = await asked(caseworker, batch_id=batch.batch_id, kind="not_final")
    assert open_still.record_id == record.record_id
    [entry] = await registry.audited(f"question/{one.question_id}")
    assert (entry.action, entry.ground) == ("answer_question", GROUND)
    with refused("WRONG_STATE"):
        await answer(caseworker, one, "leave_out")


async def test_a_revoked_penalty_on_file_is_withdrawn_by_two_people(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await firm_on_file(caseworker)
    row = penalty(subject.name, subject.credit_code)
    await upload(caseworker, "penalties", published(row))
    columns = (*COLUMNS, "当前状态")
    batch = await upload(
        caseworker, "penalties", published(row | {"当前状态": "撤销"}, columns=columns)
    )
    [one] = await asked(caseworker, batch_id=batch.batch_id)
    assert [*one.answers] == ["leave_out", "withdraw"]
    response = await answer(caseworker, one, "withdraw")
    assert (response.proposal.act, response.question.state) == ("withdraw_record", "waiting")
    [record] = await penalties(caseworker, subject)
    assert record.status == "active"
    await registry.release(response.proposal)
    [record] = await penalties(caseworker, subject)
    assert record.status == "withdrawn"
    [decided] = await asked(caseworker, batch_id=batch.batch_id)
    assert (decided.state, decided.answer) == ("decided", "withdraw")


async def test_a_file_that_says_a_penalty_is_revoked_and_is_not_is_looked_at(
    caseworker: Client,
) -> None:
    subject = await firm_on_file(caseworker)
    row = penalty(subject.name, subject.credit_code)
    both = published(row, row | {"当前状态": "撤销"}, columns=(*COLUMNS, "当前状态"))
    batch = await upload(caseworker, "penalties", both, mode="good_rows")
    assert await reasons(caseworker, batch) == [(2, "", "DUPLICATE"), (3, "", "DUPLICATE")]
    assert await penalties(caseworker, subject) == []


async def test_a_penalty_becomes_final_when_two_people_say_so(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await firm_on_file(caseworker)
    row = penalty(subject.name, subject.credit_code)
    batch = await upload(caseworker, "penalties", published(row))
    assert batch.to_decide == 0
    [one] = await asked(caseworker, subject_id=subject.subject_id, kind="not_final")
    assert ([*one.answers], one.day) == (["final", "withdraw"], "2026-08-10")
    assert await asked(caseworker, subject_id=subject.subject_id, now=True) == []
    response = await answer(caseworker, one, "final")
    assert response.proposal.act == "correct_record"
    [record] = await penalties(caseworker, subject)
    assert not record.final
    await registry.release(response.proposal)
    [record] = await penalties(caseworker, subject)
    assert (record.final, record.status) == (True, "active")
    [decided] = await asked(caseworker, subject_id=subject.subject_id)
    assert (decided.state, decided.answer) == ("decided", "final")
    again = await upload(
        caseworker, "penalties", published(row, penalty("无此单位")), mode="good_rows"
    )
    assert (again.changed, again.unchanged) == (0, 1)


async def test_a_penalty_that_is_withdrawn_otherwise_is_asked_about_no_more(
    caseworker: Client,
) -> None:
    subject = await firm_on_file(caseworker)
    row = penalty(subject.name, subject.credit_code)
    batch = await upload(caseworker, "penalties", published(row))
    assert len(await asked(caseworker, batch_id=batch.batch_id)) == 1
    await undo(caseworker, batch)
    assert await asked(caseworker, batch_id=batch.batch_id) == []


async def test_what_was_entered_by_a_decision_stays_and_may_still_become_final(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await firm_on_file(caseworker)
    columns = (*COLUMNS, "当前状态", "失信严重程度")
    values = {"当前状态": "异议", "失信严重程度": "严重"}
    row = penalty(subject.name, subject.credit_code, **values)
    batch = await upload(caseworker, "penalties", published(row, columns=columns))
    [one] = await asked(caseworker, batch_id=batch.batch_id)
    await answer(caseworker, one, "enter")
    [record] = await penalties(caseworker, subject)
    assert (record.severity, record.final) == ("serious", False)
    await undo(caseworker, batch)
    [open_still] = await asked(caseworker, batch_id=batch.batch_id, kind="not_final")
    assert (open_still.record_id, open_still.state) == (record.record_id, "waiting")
    response = await answer(caseworker, open_still, "final")
    await registry.release(response.proposal)
    [record] = await penalties(caseworker, subject)
    assert (record.status, record.final) == ("active", True)


async def test_a_subject_found_by_its_name_only_is_decided_by_a_person(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    rows = penalty(subject.name), penalty(subject.name, "00000000000000000X")
    batch = await upload(caseworker, "penalties", published(*rows))
    assert (batch.to_decide, batch.in_review) == (2, 2)
    first, second = await asked(caseworker, batch_id=batch.batch_id)
    assert {first.kind, second.kind} == {"by_name"}
    await answer(caseworker, first, "leave_out")
    await undo(caseworker, batch)
    assert [one.state for one in await asked(caseworker, batch_id=batch.batch_id)] == ["decided"]
    assert await penalties(caseworker, subject) == []


async def test_amounts_and_codes_that_are_wrong_are_named(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    columns = (*COLUMNS, "失信严重程度")
    rows = (
        penalty(subject.name, subject.credit_code, **{"罚款金额（万元）": "1000"}),
        penalty(subject.name, subject.credit_code, **{"罚款金额（万元）": "一千"}),
        penalty(subject.name, subject.credit_code, 失信严重程度="2"),
        penalty(subject.name, subject.credit_code, 失信严重程度="3"),
        penalty(subject.name, subject.credit_code, 处罚决定日期="2027/01/01"),
    )
    batch = await upload(
        caseworker, "penalties", published(*rows, columns=columns), mode="good_rows"
    )
    assert await reasons(caseworker, batch) == [
        (3, "罚款金额（万元）", "NOT_AN_AMOUNT"),
        (4, "失信严重程度", "DOUBTFUL"),
        (6, "处罚决定日期", "CONTRADICTION"),
    ]
    hints = await reasons(caseworker, batch, warnings=True)
    assert (2, "罚款金额（万元）", "AMOUNT_DIFFERS") in hints
    assert sorted(one.severity for one in await penalties(caseworker, subject)) == ["", "serious"]


async def test_a_week_without_metrology_is_no_fault(caseworker: Client) -> None:
    rows = penalty("甲", **{BASIS: "《广告法》第五十五条"}), penalty("乙", **{KIND: "自然人"})
    batch = await upload(caseworker, "penalties", published(*rows))
    assert (batch.state, batch.rows, batch.left_out) == ("unchanged", 0, 2)
