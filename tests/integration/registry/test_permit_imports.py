"""Published permits (双公示): taken in the national columns, kept, listed and undone."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.registry.v1 import permits_pb2 as permits
from tests.integration.registry.import_files import (
    everything_stored,
    firm_on_file,
    header,
    processed,
    reasons,
    rejected,
    start,
    undo,
    upload,
)
from tests.integration.registry.permits import (
    CODE,
    CONTENT,
    ENDS,
    NUMBER,
    STATE,
    end,
    listed,
    of,
    permit,
    published,
)
from tests.integration.registry.running_registry import (
    TODAY,
    Client,
    RunningRegistry,
    credit_code,
    refused,
)
from tests.unit.services.registry.permit_rows import ID_NUMBER, PERSON

AUTHORITY_CODE = "1133010099900001XW"


@pytest.fixture
async def caseworker(registry: RunningRegistry) -> Client:
    """The caseworker of the district, who sends the file."""
    await registry.bureau()
    return registry.client(Role.CASEWORKER)


@pytest.mark.parametrize("family", ["auto", "permits"])
async def test_a_permit_is_taken_without_mapping_and_only_once(
    caseworker: Client, family: str
) -> None:
    subject = await firm_on_file(caseworker)
    row = permit(subject)
    batch = await upload(caseworker, family, published(row))
    assert (batch.family, batch.state, batch.changed) == ("permits", "applied", 1)
    assert [(one.kind, one.made, one.altered) for one in batch.effects] == [("permit", 1, 0)]
    [entry] = await of(caseworker, subject)
    on_file = entry.permit
    assert (entry.subject_name, entry.state, entry.permit.matter) == (
        *(subject.name, "in_force"),
        "measurement_standard",
    )
    assert entry.cite == "METROLOGY-LAW 6; METROLOGY-LAW 7; METROLOGY-LAW 8"
    assert (on_file.document_no, on_file.decided_on, on_file.valid_until) == (
        *(row[NUMBER], "2026-08-10"),
        "2031-08-09",
    )
    assert (on_file.authority_code, on_file.version) == ("", 1)
    again = await upload(caseworker, family, published(row))
    assert (again.state, again.unchanged) == ("unchanged", 1)
    # The next file has it in another writing, and with the code of the authority.
    number = row[NUMBER].replace("〔", "[").replace("〕", "]")
    other = row | {NUMBER: number, "许可机关统一社会信用代码": AUTHORITY_CODE}
    later = await upload(caseworker, family, published(other, permit(subject)))
    assert (later.changed, later.unchanged) == (2, 0)
    found = {one.permit.permit_id: one.permit for one in await of(caseworker, subject)}
    assert len(found) == 2
    assert found[on_file.permit_id].authority_code == AUTHORITY_CODE
    assert found[on_file.permit_id].document_no == row[NUMBER]
    third = await upload(caseworker, family, published(row, other))
    assert (third.state, third.unchanged) == ("unchanged", 2)


async def test_a_changed_row_is_an_update_that_undoing_takes_back(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    row = permit(subject)
    await upload(caseworker, "permits", published(row))
    [before] = await of(caseworker, subject)
    changed = row | {ENDS: "长期", CONTENT: "另一种检定装置"}
    checked = await upload(caseworker, "permits", published(changed), mode="check")
    assert [(one.kind, one.made, one.altered) for one in checked.effects] == [("permit", 0, 1)]
    assert await of(caseworker, subject) == [before]
    batch = await upload(caseworker, "permits", published(changed, permit(subject)))
    assert batch.changed == 2
    after = {one.permit.permit_id: one.permit for one in await of(caseworker, subject)}
    now = after[before.permit.permit_id]
    assert (now.valid_until, now.open_ended, now.content) == ("", True, "另一种检定装置")
    assert (await undo(caseworker, batch)).state == "undone"
    [restored] = await of(caseworker, subject)
    assert restored.permit.version > before.permit.version
    restored.permit.version = before.permit.version
    assert restored == before


async def test_rejected_rows_and_held_files_have_no_persons(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject = await firm_on_file(caseworker)
    rows = (
        permit(subject),
        permit(subject, 许可决定日期="待定"),
        permit(subject, **{CODE: credit_code()}),
        permit(subject, 行政相对人类别="自然人", 证件号码=ID_NUMBER),
        permit(subject, 行政许可决定文书名称="食品经营许可证", 许可证书名称="", 许可内容="饭店"),
    )
    waiting = await processed(
        caseworker, await start(caseworker, header("auto", confirm_columns=True), published(*rows))
    )
    assert (waiting.family, waiting.state) == ("permits", "matching")
    batch = await upload(caseworker, "permits", published(*rows), mode="good_rows")
    assert (batch.changed, batch.rejected, batch.left_out) == (1, 2, 2)
    assert await reasons(caseworker, batch) == [
        (3, "许可决定日期", "NOT_A_DATE"),
        (4, CODE, "BY_NAME"),
    ]
    hints = {reason for _, _, reason in await reasons(caseworker, batch, warnings=True)}
    assert {"NATURAL_PERSON", "OTHER_PERMIT", "NOT_STORED"} <= hints
    given_back = (await rejected(caseworker, batch)).decode()
    held = await everything_stored(registry)
    assert subject.name in held
    for hidden in (PERSON, ID_NUMBER, "饭店"):
        assert hidden not in held
        assert hidden not in given_back


@pytest.mark.parametrize(
    ("column", "value"),
    [(STATE, "撤销"), (STATE, "注销"), (STATE, "异议"), ("备注", "已被撤销")],
)
async def test_what_is_not_in_force_any_more_is_looked_at_by_a_person(
    caseworker: Client, column: str, value: str
) -> None:
    subject = await firm_on_file(caseworker)
    row = permit(subject)
    await upload(caseworker, "permits", published(row))
    before = await of(caseworker, subject)
    rows = row | {column: value}, permit(subject, **{column: value})
    batch = await upload(caseworker, "permits", published(*rows), mode="good_rows")
    hints = await reasons(caseworker, batch, warnings=True)
    assert (3, column, "NOT_ENTERED") in hints
    if value == "异议":  # there is nothing to do until the dispute is settled
        assert (batch.state, batch.unchanged) == ("unchanged", 2)
        assert (2, column, "DISPUTED") in hints
    else:
        assert await reasons(caseworker, batch) == [(2, column, "NOT_IN_FORCE")]
    assert await of(caseworker, subject) == before


async def test_a_person_ends_a_permit_and_no_file_brings_it_back(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    row = permit(subject)
    first = await upload(caseworker, "permits", published(row))
    [before] = await of(caseworker, subject)
    with refused("INVALID_INPUT", "ended_on"):
        await caseworker.permits.EndPermit(
            permits.EndPermitRequest(
                request_id=new_request_id(),
                permit_id=before.permit.permit_id,
                ended="revoked",
                ended_on="2026-08-09",
                ground="早于决定",
            )
        )
    ended = await end(caseworker, before, "revoked")
    assert (ended.state, ended.permit.ended, ended.permit.ended_on) == (
        *("ended", "revoked"),
        TODAY.isoformat(),
    )
    with refused("WRONG_STATE"):
        await end(caseworker, before, "revoked")
    # The file that says the same changes nothing; one that says otherwise is looked at.
    same = await upload(caseworker, "permits", published(row | {STATE: "撤销"}))
    assert (same.state, same.unchanged) == ("unchanged", 1)
    still = await upload(caseworker, "permits", published(row | {"备注": "第二周"}))
    assert (still.state, still.unchanged) == ("unchanged", 1)
    assert "ENDED" in {one[2] for one in await reasons(caseworker, still, warnings=True)}
    other = await upload(
        caseworker, "permits", published(row | {CONTENT: "又一种"}), mode="good_rows"
    )
    assert await reasons(caseworker, other) == [(2, NUMBER, "ENDED")]
    with refused("WRONG_STATE", f"permit/{before.permit.permit_id}"):
        await undo(caseworker, first)
    restored = await end(caseworker, before, "in_force")
    restored.permit.version = before.permit.version
    assert restored == before
    assert (await undo(caseworker, first)).state == "undone"
    assert await of(caseworker, subject) == []


async def test_a_permit_that_is_on_file_twice_is_for_a_person(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    row = permit(subject)
    code = {"许可机关统一社会信用代码": AUTHORITY_CODE}
    other = row | {"许可机关": "市市场监管局"} | code
    for one in (row, other):
        assert (await upload(caseworker, "permits", published(one))).changed == 1
    both = {one.permit.authority_code: one for one in await of(caseworker, subject)}
    assert set(both) == {"", AUTHORITY_CODE}
    third = published(row | code | {CONTENT: "另一种检定装置"}, permit(subject))
    batch = await upload(caseworker, "permits", third, mode="good_rows")
    assert (batch.changed, await reasons(caseworker, batch)) == (
        1,
        [(2, "许可机关", "TWICE_ON_FILE")],
    )
    await end(caseworker, both[""], "cancelled")
    assert (await upload(caseworker, "permits", third)).changed == 1
    found = {one.permit.permit_id: one.permit for one in await of(caseworker, subject)}
    assert found[both[AUTHORITY_CODE].permit.permit_id].content == "另一种检定装置"
    assert found[both[""].permit.permit_id].content != "另一种检定装置"


async def test_a_number_that_was_missing_is_added_to_the_permit_on_file(
    caseworker: Client,
) -> None:
    subject = await firm_on_file(caseworker)
    whole = permit(subject, 许可编号="样量标〔2026〕8号")
    await upload(caseworker, "permits", published(whole | {NUMBER: ""}))
    [before] = await of(caseworker, subject)
    assert before.permit.document_no == "样量标〔2026〕8号"
    batch = await upload(caseworker, "permits", published(whole))
    [after] = await of(caseworker, subject)
    assert (after.permit.permit_id, after.permit.document_no) == (
        before.permit.permit_id,
        whole[NUMBER],
    )
    for again in (whole, whole | {NUMBER: ""}):
        assert (await upload(caseworker, "permits", published(again))).state == "unchanged"
    renewed = whole | {NUMBER: permit()[NUMBER], "许可决定日期": "2026-08-11"}
    assert (await upload(caseworker, "permits", published(renewed))).changed == 1
    assert len(await of(caseworker, subject)) == 2
    assert (await undo(caseworker, batch)).state == "undone"


async def test_a_file_that_has_the_number_in_one_row_only_tells_of_one_permit(
    caseworker: Client,
) -> None:
    subject = await firm_on_file(caseworker)
    whole = permit(subject, 许可编号="样量标〔2026〕9号")
    without = whole | {NUMBER: ""}
    batch = await upload(caseworker, "permits", published(without, whole))
    assert (batch.changed, batch.unchanged) == (1, 1)
    [entry] = await of(caseworker, subject)
    assert entry.permit.document_no == whole[NUMBER]
    otherwise = without | {CONTENT: "另一种检定装置"}
    batch = await upload(caseworker, "permits", published(whole, otherwise), mode="good_rows")
    assert await reasons(caseworker, batch) == [(2, "", "DUPLICATE"), (3, "", "DUPLICATE")]
    # Of several decisions about one permit nobody knows which one is meant.
    several = [permit(subject, 许可编号="样量标〔2026〕10号") for _ in range(2)]
    unclear = several[0] | {NUMBER: ""}
    assert (await upload(caseworker, "permits", published(*several, unclear))).changed == 3


async def test_faults_name_the_cell(caseworker: Client) -> None:
    subject = await firm_on_file(caseworker)
    same, revoked = permit(subject), permit(subject)
    rows = (
        permit(subject, **{NUMBER: "", "许可编号": "无"}),
        permit(subject, 有效期至="2026-01-01"),
        permit(subject, 许可决定日期="2099-01-01"),
        permit(subject, 许可证书名称="制造计量器具许可证", 许可内容="", 许可决定日期="2020-01-01"),
        permit(subject, **{STATE: "1"}),
        same,
        same | {CONTENT: "另一种"},
        permit(subject, **{NUMBER: "", "许可编号": "样量标〔2026〕7号"}),
        revoked,
        revoked | {STATE: "撤销"},
    )
    batch = await upload(caseworker, "permits", published(*rows), mode="good_rows")
    assert await reasons(caseworker, batch) == [
        (2, NUMBER, "NO_NUMBER"),
        (3, ENDS, "CONTRADICTION"),
        (4, "许可决定日期", "CONTRADICTION"),
        (5, "许可决定日期", "NOT_IN_LAW"),
        (6, STATE, "DOUBTFUL"),
        (7, "", "DUPLICATE"),
        (8, "", "DUPLICATE"),
        (10, "", "DUPLICATE"),
        (11, "", "DUPLICATE"),
    ]
    [entry] = await of(caseworker, subject)
    assert entry.permit.document_no == "样量标〔2026〕7号"


async def test_permits_are_found_by_state_last_day_and_text(
    caseworker: Client,
) -> None:
    subject = await firm_on_file(caseworker)
    soon, word = TODAY + timedelta(days=20), uuid4().hex
    rows = (
        permit(subject, **{ENDS: soon.isoformat(), CONTENT: word}),
        permit(subject, **{ENDS: "2026-08-11"}),
        permit(subject, **{ENDS: "长期"}),
        permit(subject, 有效期自="2098-01-01", **{ENDS: "2098-12-31"}),
    )
    await upload(caseworker, "permits", published(*rows))
    whose = {"subject_id": subject.subject_id}
    assert len(await listed(caseworker, state="in_force", **whose)) == 2
    [ended] = await listed(caseworker, state="expired", **whose)
    assert (ended.permit.valid_until, ended.state) == ("2026-08-11", "expired")
    [coming] = await listed(caseworker, state="to_come", **whose)
    assert coming.permit.valid_from == "2098-01-01"
    [ending] = await listed(caseworker, ends_within_days=20, **whose)
    assert ending.permit.valid_until == soon.isoformat()
    assert await listed(caseworker, ends_within_days=19, **whose) == []
    assert await listed(caseworker, contains=word) == [ending]
    assert len(await listed(caseworker, contains=subject.name)) == 4
    assert await listed(caseworker, matter="authorisation", **whose) == []
    request = permits.GetPermitRequest(permit_id=ending.permit.permit_id[:12])
    assert (await caseworker.permits.GetPermit(request)).permit == ending


async def test_each_sees_what_is_theirs_and_the_public_nothing(
    registry: RunningRegistry, caseworker: Client
) -> None:
    subject, other = await firm_on_file(caseworker), await firm_on_file(caseworker)
    await upload(caseworker, "permits", published(permit(subject), permit(other)))
    [entry] = await of(caseworker, subject)
    firm = registry.client(Role.OPERATOR, subject_id=subject.subject_id)
    assert await listed(firm) == [entry]
    assert await of(firm, other) == []
    [foreign] = await of(caseworker, other)
    request = permits.GetPermitRequest(permit_id=foreign.permit.permit_id)
    with refused("NOT_PERMITTED"):
        await firm.permits.GetPermit(request)
    elsewhere = registry.client(Role.CASEWORKER, bureau="330110")
    assert await of(elsewhere, subject) == []
    with refused("NOT_PERMITTED"):
        await registry.client(Role.PUBLIC).permits.ListPermits(permits.ListPermitsRequest())
