"""Files come in: what is taken, what is refused, who may, and what is told of it."""

from __future__ import annotations

import pytest

from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.importing import (
    header,
    owner,
    rejected,
    rows_of,
    send,
    subject_rows,
    subjects_named,
    table,
    take,
    told,
    word,
)
from tests.integration.registry.offices import (
    CITY,
    DISTRICT,
    FOREIGN,
    OTHER_DISTRICT,
    Office,
    refused,
)


async def test_a_file_is_taken_announced_and_audited_once(office: Office) -> None:
    await office.bureau()
    desk = office.desk(Role.CASEWORKER, name="importer")
    mark = word()
    names = [f"{mark}{n}" for n in range(3)]
    content = table(*subject_rows(*names, bureau=DISTRICT))
    batch = await take(desk, "subjects", content, baseline=True)
    assert (batch.state, batch.rows, batch.changed, batch.rejected) == ("applied", 3, 3, 0)
    assert (batch.bureau, batch.imported_by, batch.encoding) == (DISTRICT, "importer", "utf-8-sig")
    [event] = await office.said(f"batch/{batch.batch_id}")
    assert event.change.cause == events.CAUSE_IMPORTED
    assert (event.change.batch_id, event.change.baseline) == (batch.batch_id, True)
    assert {subject.name for subject in event.subjects} == set(names)
    [entry] = await office.audited(f"import/{batch.batch_id}")
    assert entry.after
    assert entry.after["things"] == {"subject": 3}
    assert entry.after["sha256"] == batch.sha256
    read = await desk.imports.GetBatch(pb.GetBatchRequest(batch_id=batch.batch_id))
    assert read.batch == batch
    listed = await desk.imports.ListBatches(pb.ListBatchesRequest(page_size=1))
    assert list(listed.batches) == [batch]
    assert {row.name for row in await subjects_named(desk, mark)} == set(names)


async def test_the_same_file_again_changes_nothing(office: Office) -> None:
    await office.bureau()
    desk = office.desk(Role.INTEGRATOR)
    mark = word()
    content = table(*subject_rows(mark, bureau=DISTRICT))
    await take(desk, "subjects", content)
    again = await take(desk, "subjects", content)
    other_bytes = await take(desk, "subjects", content.replace(b"\r\n", b"\n"))
    for batch in (again, other_bytes):
        assert (batch.state, batch.changed, batch.unchanged) == ("unchanged", 0, 1)
        assert await office.said(f"batch/{batch.batch_id}") == []
    [subject] = await subjects_named(desk, mark)
    assert subject.version == 1


async def test_a_repeated_request_answers_as_before_and_not_for_another_file(
    office: Office,
) -> None:
    await office.bureau()
    desk = office.desk(Role.CASEWORKER)
    head = header("subjects")
    content = table(*subject_rows(word(), bureau=DISTRICT))
    batch = await send(desk, head, content)
    assert await send(desk, head, content) == batch
    with refused("ALREADY_EXISTS"):
        await send(desk, head, table(*subject_rows(word(), bureau=DISTRICT)))


async def test_all_or_nothing_takes_nothing_and_a_check_neither(office: Office) -> None:
    await office.bureau()
    desk = office.desk(Role.CASEWORKER)
    mark = word()
    good, bad = (
        subject_rows(f"{mark}1", bureau=DISTRICT),
        (f"{mark}2", "公司", "集贸市场", "330106"),
    )
    content = table(*good, bad)
    batch = await take(desk, "subjects", content)
    assert (batch.state, batch.changed, batch.rejected) == ("refused", 0, 1)
    assert await told(desk, batch) == [(3, "主体类型", "NOT_A_CHOICE")]
    checked = await take(desk, "subjects", content, mode="check")
    assert (checked.state, checked.changed, checked.rejected) == ("checked", 1, 1)
    assert await subjects_named(desk, mark) == []


async def test_good_rows_are_taken_and_the_others_come_back_to_be_put_right(
    office: Office,
) -> None:
    await office.bureau()
    desk = office.desk(Role.CASEWORKER)
    mark = word()
    rows = [
        ("名称", "主体类型", "行业领域", "监管机关代码", "备注"),
        (f"{mark}1", "个体工商户", "集贸市场", DISTRICT, "x"),
        (f"={mark}2", "公司", "集贸市场", DISTRICT, "他说“好”,\n另行"),
        (f"{mark}3", "个体工商户", "不知道", "999999", '"'),
    ]
    batch = await take(desk, "subjects", table(*rows), mode="good_rows")
    assert (batch.state, batch.changed, batch.rejected) == ("applied", 1, 2)
    content = await rejected(desk, batch)
    assert content.startswith(b"\xef\xbb\xbf")
    back = rows_of(content)
    assert [row["名称"] for row in back] == [f"'={mark}2", f"{mark}3"]
    assert back[0]["备注"] == "他说“好”,\n另行"
    assert "主体类型" in back[0]["原因"]
    assert "行业领域" in back[1]["原因"]
    for row in back:
        row |= {"主体类型": "个体工商户", "行业领域": "集贸市场", "监管机关代码": DISTRICT}
    fixed = table(list(back[0]), *(list(row.values()) for row in back))
    batch = await take(desk, "subjects", fixed)
    assert (batch.state, batch.changed) == ("applied", 2)
    names = {subject.name for subject in await subjects_named(desk, mark)}
    assert names == {f"{mark}1", f"={mark}2", f"{mark}3"}


async def test_a_file_taken_in_part_is_looked_at_again(office: Office) -> None:
    desk = office.desk(Role.CASEWORKER)
    known = await owner(office, desk)
    late = word()
    rows = [("使用单位", "器具类型", "出厂编号"), (known, "NAWI-D", "1"), (late, "NAWI-D", "2")]
    batch = await take(desk, "instruments", table(*rows), mode="good_rows")
    assert (batch.changed, await told(desk, batch)) == (1, [(3, "使用单位", "UNKNOWN_OWNER")])
    await take(desk, "subjects", table(*subject_rows(late, bureau=DISTRICT)))
    batch = await take(desk, "instruments", table(*rows), mode="good_rows")
    assert (batch.state, batch.changed, batch.unchanged) == ("applied", 1, 1)


async def test_rows_outside_the_scope_are_faults(office: Office) -> None:
    for bureau in (CITY, DISTRICT, OTHER_DISTRICT, FOREIGN):
        await office.bureau(bureau)
    foreign = await office.subject(bureau=FOREIGN)
    rows = list(subject_rows(word(), bureau=DISTRICT))
    rows += [(word(), "个体工商户", "集贸市场", bureau) for bureau in (OTHER_DISTRICT, FOREIGN)]
    district, city = office.desk(Role.CASEWORKER), office.desk(Role.CASEWORKER, bureau=CITY)
    batch = await take(district, "subjects", table(*rows), mode="check")
    assert [row for row, _, reason in await told(district, batch)] == [3, 4]
    batch = await take(city, "subjects", table(*rows), mode="check")
    assert await told(city, batch) == [(4, "监管机关代码", "OUT_OF_SCOPE")]
    fleet = table(("使用单位", "器具类型", "出厂编号"), (foreign.credit_code, "NAWI-D", "1"))
    batch = await take(city, "instruments", fleet)
    assert await told(city, batch) == [(2, "使用单位", "OUT_OF_SCOPE")]
    with refused("NOT_PERMITTED"):
        await take(district, "subjects", table(*rows), bureau=FOREIGN)
    with refused("NOT_PERMITTED"):
        await district.imports.GetBatch(pb.GetBatchRequest(batch_id=batch.batch_id))
    batch = await take(city, "subjects", table(*rows), bureau=DISTRICT, mode="check")
    assert [row for row, _, reason in await told(city, batch)] == [3, 4]
    assert batch.bureau == DISTRICT
    batch = await take(city, "subjects", table(*rows), mode="check")
    listed = await district.imports.ListBatches(pb.ListBatchesRequest(page_size=1000))
    assert batch.batch_id not in {one.batch_id for one in listed.batches}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PUBLIC, Role.INSPECTOR, Role.UNIT_HEAD])
async def test_no_other_role_takes_in_files(office: Office, role: Role) -> None:
    desk = office.desk(role)
    with refused("NOT_PERMITTED"):
        await take(desk, "subjects", b"x")


async def test_bureaus_are_the_administrators_and_the_first_one_covers_all(office: Office) -> None:
    content = table(("机关代码", "机关名称"), ("370100", "样例局"))
    with refused("NOT_PERMITTED"):
        await take(office.desk(Role.CASEWORKER, bureau="370100"), "bureaus", content)
    password = (office.settings.keys_dir / "administrator.password").read_text()
    login = identity.LoginRequest(name="administrator", password=password)
    answer = await office.desk_with().identity.Login(login)
    assert answer.account.bureau == "000000"
    administrator = office.desk_with(answer.token)
    batch = await take(administrator, "bureaus", content)
    assert batch.state in {"applied", "unchanged"}
    assert batch.rejected == 0


async def test_pages_of_batches_go_from_the_newest_on(office: Office) -> None:
    await office.bureau("331081")
    desk = office.desk(Role.CASEWORKER, bureau="331081")
    taken = [
        await take(desk, "subjects", table(*subject_rows(word(), bureau="331081")))
        for _ in range(5)
    ]
    found: list[str] = []
    request = pb.ListBatchesRequest(page_size=2)
    while True:
        page = await desk.imports.ListBatches(request)
        found += [batch.batch_id for batch in page.batches]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == [batch.batch_id for batch in reversed(taken)]


async def test_a_file_that_does_not_begin_with_its_header_is_refused(office: Office) -> None:
    desk = office.desk(Role.CASEWORKER)
    await office.bureau()
    piece = pb.ImportFileRequest(content=b"x")
    head = pb.ImportFileRequest(header=header("subjects"))
    for parts in ([piece], [head, head]):
        with refused("INVALID_INPUT", "part"):
            await desk.imports.ImportFile(iter(parts))
    with refused("INVALID_INPUT", "header"):
        await desk.imports.ImportFile(iter([]))
    with refused("INVALID_INPUT", "header.bureau"):
        await take(office.desk(Role.CASEWORKER, bureau=CITY), "subjects", b"x", bureau="330199")
    with refused("INVALID_INPUT", "header.mode"):
        await take(desk, "subjects", b"x", mode="perhaps")
