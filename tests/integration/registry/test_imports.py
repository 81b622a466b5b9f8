"""Importing files: which rows are applied or refused, who may import, and what is announced."""

from __future__ import annotations

import pytest

from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import (
    header,
    owner,
    reasons,
    rejected,
    rows_of,
    send,
    subject_rows,
    subjects_named,
    table,
    unique_name,
    upload,
)
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    OTHER_DISTRICT,
    RunningRegistry,
    refused,
)


async def test_a_file_is_taken_announced_and_audited_once(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER, name="importer")
    mark = unique_name()
    names = [f"{mark}{n}" for n in range(3)]
    content = table(*subject_rows(*names, bureau=DISTRICT))
    batch = await upload(client, "subjects", content, baseline=True)
    assert (batch.state, batch.rows, batch.changed, batch.rejected) == ("applied", 3, 3, 0)
    assert (batch.bureau, batch.imported_by, batch.encoding) == (DISTRICT, "importer", "utf-8-sig")
    [event] = await registry.events_of(f"batch/{batch.batch_id}")
    assert event.change.cause == events.CAUSE_IMPORTED
    assert (event.change.batch_id, event.change.baseline) == (batch.batch_id, True)
    assert {subject.name for subject in event.subjects} == set(names)
    [entry] = await registry.audited(f"import/{batch.batch_id}")
    assert entry.after
    assert entry.after["things"] == {"subject": 3}
    assert entry.after["sha256"] == batch.sha256
    read = await client.imports.GetBatch(pb.GetBatchRequest(batch_id=batch.batch_id))
    assert read.batch == batch
    listed = await client.imports.ListBatches(pb.ListBatchesRequest(page_size=1))
    assert list(listed.batches) == [batch]
    assert {row.name for row in await subjects_named(client, mark)} == set(names)


async def test_errors_stand_before_hints_and_are_counted_by_kind(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    rows = [("名称", "主体类型", "行业领域", "监管机关代码", *(f"备注{n}" for n in range(20)))]
    rows += [(f"样例{n}", "个体户", "集市", DISTRICT, *[""] * 20) for n in range(3)]
    rows += [("", "神仙", "集市", DISTRICT, *[""] * 20) for n in range(5)]
    batch = await upload(client, "subjects", table(*rows), mode="check")
    asked = pb.CountFaultsRequest(batch_id=batch.batch_id)
    kinds = (await client.imports.CountFaults(asked)).kinds
    assert [(one.reason, one.column, one.warning, one.faults) for one in kinds] == [
        ("NOT_A_CHOICE", "主体类型", False, 5),
        ("MISSING", "名称", False, 5),
        ("UNKNOWN_COLUMN", "", True, 20),
    ]
    assert [one.row for one in kinds[0].first] == [5, 6, 7]
    listed = await client.imports.ListFaults(
        pb.ListFaultsRequest(batch_id=batch.batch_id, page_size=1000)
    )
    assert [one.warning for one in listed.faults] == [False] * 10 + [True] * 20
    errors = await client.imports.ListFaults(
        pb.ListFaultsRequest(batch_id=batch.batch_id, reason="MISSING", only_errors=True)
    )
    assert [one.row for one in errors.faults] == [5, 6, 7, 8, 9]
    found = await client.imports.ListFaults(
        pb.ListFaultsRequest(batch_id=batch.batch_id, column="备注3")
    )
    assert [one.reason for one in found.faults] == ["UNKNOWN_COLUMN"]


async def test_a_check_tells_what_an_import_would_do(registry: RunningRegistry) -> None:
    client = registry.client(Role.CASEWORKER)
    name = await owner(registry, client)
    rows = [("使用单位", "器具类型", "出厂编号", "状态"), (name, "NAWI-D", "A-1", "备用")]
    await upload(client, "instruments", table(*rows))
    rows = [
        rows[0],
        (name, "NAWI-D", "A—1", "在用"),  # on file with another dash, and not in use yet
        (name, "NAWI-D", "A-2", "备用"),
        (name, "NAWI-D", "A-2", "备用"),
    ]
    batch = await upload(client, "instruments", table(*rows), mode="check")
    assert [(one.kind, one.made, one.altered) for one in batch.effects] == [("instrument", 1, 1)]
    assert (batch.merged, batch.left_out, batch.would_be_held) == (2, 0, False)
    assert (await upload(client, "instruments", table(*rows))).effects == batch.effects


async def test_the_same_file_again_changes_nothing(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.INTEGRATOR)
    mark = unique_name()
    content = table(*subject_rows(mark, bureau=DISTRICT))
    await upload(client, "subjects", content)
    again = await upload(client, "subjects", content)
    other_bytes = await upload(client, "subjects", content.replace(b"\r\n", b"\n"))
    for batch in (again, other_bytes):
        assert (batch.state, batch.changed, batch.unchanged) == ("unchanged", 0, 1)
        assert await registry.events_of(f"batch/{batch.batch_id}") == []
    [subject] = await subjects_named(client, mark)
    assert subject.version == 1


async def test_a_repeated_request_answers_as_before_and_not_for_another_file(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    head = header("subjects")
    content = table(*subject_rows(unique_name(), bureau=DISTRICT))
    batch = await send(client, head, content)
    assert await send(client, head, content) == batch
    with refused("ALREADY_EXISTS"):
        await send(client, head, table(*subject_rows(unique_name(), bureau=DISTRICT)))


async def test_all_or_nothing_takes_nothing_and_a_check_neither(registry: RunningRegistry) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    mark = unique_name()
    good, bad = (
        subject_rows(f"{mark}1", bureau=DISTRICT),
        (f"{mark}2", "公司", "集贸市场", "330106"),
    )
    content = table(*good, bad)
    batch = await upload(client, "subjects", content)
    assert (batch.state, batch.changed, batch.rejected) == ("refused", 0, 1)
    assert await reasons(client, batch) == [(3, "主体类型", "NOT_A_CHOICE")]
    checked = await upload(client, "subjects", content, mode="check")
    assert (checked.state, checked.changed, checked.rejected) == ("checked", 1, 1)
    assert await subjects_named(client, mark) == []


async def test_good_rows_are_taken_and_the_others_come_back_to_be_put_right(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client = registry.client(Role.CASEWORKER)
    mark = unique_name()
    rows = [
        ("名称", "主体类型", "行业领域", "监管机关代码", "备注"),
        (f"{mark}1", "个体工商户", "集贸市场", DISTRICT, "x"),
        (f"={mark}2", "公司", "集贸市场", DISTRICT, "他说“好”,\n另行"),
        (f"{mark}3", "个体工商户", "不知道", "999999", '"'),
    ]
    batch = await upload(client, "subjects", table(*rows), mode="good_rows")
    assert (batch.state, batch.changed, batch.rejected) == ("applied", 1, 2)
    content = await rejected(client, batch)
    assert content.startswith(b"\xef\xbb\xbf")
    back = rows_of(content)
    assert [row["名称"] for row in back] == [f"'={mark}2", f"{mark}3"]
    assert back[0]["备注"] == "他说“好”,\n另行"
    assert "主体类型" in back[0]["原因"]
    assert "行业领域" in back[1]["原因"]
    for row in back:
        row |= {"主体类型": "个体工商户", "行业领域": "集贸市场", "监管机关代码": DISTRICT}
    fixed = table(list(back[0]), *(list(row.values()) for row in back))
    batch = await upload(client, "subjects", fixed)
    assert (batch.state, batch.changed) == ("applied", 2)
    names = {subject.name for subject in await subjects_named(client, mark)}
    assert names == {f"{mark}1", f"={mark}2", f"{mark}3"}


async def test_a_file_taken_in_part_is_looked_at_again(registry: RunningRegistry) -> None:
    client = registry.client(Role.CASEWORKER)
    known = await owner(registry, client)
    late = unique_name()
    rows = [("使用单位", "器具类型", "出厂编号"), (known, "NAWI-D", "1"), (late, "NAWI-D", "2")]
    batch = await upload(client, "instruments", table(*rows), mode="good_rows")
    assert (batch.changed, await reasons(client, batch)) == (1, [(3, "使用单位", "UNKNOWN_OWNER")])
    await upload(client, "subjects", table(*subject_rows(late, bureau=DISTRICT)))
    batch = await upload(client, "instruments", table(*rows), mode="good_rows")
    assert (batch.state, batch.changed, batch.unchanged) == ("applied", 1, 1)


async def test_rows_outside_the_scope_are_faults(registry: RunningRegistry) -> None:
    for bureau in (CITY, DISTRICT, OTHER_DISTRICT, FOREIGN):
        await registry.bureau(bureau)
    foreign = await registry.subject(bureau=FOREIGN)
    rows = list(subject_rows(unique_name(), bureau=DISTRICT))
    rows += [
        (unique_name(), "个体工商户", "集贸市场", bureau) for bureau in (OTHER_DISTRICT, FOREIGN)
    ]
    district, city = registry.client(Role.CASEWORKER), registry.client(Role.CASEWORKER, bureau=CITY)
    batch = await upload(district, "subjects", table(*rows), mode="check")
    assert [row for row, _, reason in await reasons(district, batch)] == [3, 4]
    batch = await upload(city, "subjects", table(*rows), mode="check")
    assert await reasons(city, batch) == [(4, "监管机关代码", "OUT_OF_SCOPE")]
    fleet = table(("使用单位", "器具类型", "出厂编号"), (foreign.credit_code, "NAWI-D", "1"))
    batch = await upload(city, "instruments", fleet)
    assert await reasons(city, batch) == [(2, "使用单位", "OUT_OF_SCOPE")]
    with refused("NOT_PERMITTED"):
        await upload(district, "subjects", table(*rows), bureau=FOREIGN)
    with refused("NOT_PERMITTED"):
        await district.imports.GetBatch(pb.GetBatchRequest(batch_id=batch.batch_id))
    batch = await upload(city, "subjects", table(*rows), bureau=DISTRICT, mode="check")
    assert [row for row, _, reason in await reasons(city, batch)] == [3, 4]
    assert batch.bureau == DISTRICT
    batch = await upload(city, "subjects", table(*rows), mode="check")
    listed = await district.imports.ListBatches(pb.ListBatchesRequest(page_size=1000))
    assert batch.batch_id not in {one.batch_id for one in listed.batches}


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.PUBLIC, Role.INSPECTOR, Role.UNIT_HEAD])
async def test_no_other_role_takes_in_files(registry: RunningRegistry, role: Role) -> None:
    client = registry.client(role)
    with refused("NOT_PERMITTED"):
        await upload(client, "subjects", b"x")


async def test_bureaus_are_the_administrators_and_the_first_one_covers_all(
    registry: RunningRegistry,
) -> None:
    content = table(("机关代码", "机关名称"), ("370100", "样例局"))
    with refused("NOT_PERMITTED"):
        await upload(registry.client(Role.CASEWORKER, bureau="370100"), "bureaus", content)
    password = (registry.settings.keys_dir / "administrator.password").read_text()
    login = identity.LoginRequest(name="administrator", password=password)
    answer = await registry.client_with().identity.Login(login)
    assert answer.account.bureau == "000000"
    administrator = registry.client_with(answer.token)
    batch = await upload(administrator, "bureaus", content)
    assert batch.state in {"applied", "unchanged"}
    assert batch.rejected == 0


async def test_pages_of_batches_go_from_the_newest_on(registry: RunningRegistry) -> None:
    await registry.bureau("331081")
    client = registry.client(Role.CASEWORKER, bureau="331081")
    batches = [
        await upload(client, "subjects", table(*subject_rows(unique_name(), bureau="331081")))
        for _ in range(5)
    ]
    listed_ids: list[str] = []
    request = pb.ListBatchesRequest(page_size=2)
    while True:
        page = await client.imports.ListBatches(request)
        listed_ids += [batch.batch_id for batch in page.batches]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert listed_ids == [batch.batch_id for batch in reversed(batches)]
    oldest_first = pb.ListBatchesRequest(page_size=1000, order_by="imported_at")
    listed = (await client.imports.ListBatches(oldest_first)).batches
    assert [batch.batch_id for batch in listed] == [batch.batch_id for batch in batches]
    state = batches[0].state
    listed = (await client.imports.ListBatches(pb.ListBatchesRequest(state=state))).batches
    assert {batch.state for batch in listed} == {state}
    undone = pb.ListBatchesRequest(state="undone")
    assert not (await client.imports.ListBatches(undone)).batches


async def test_a_file_that_does_not_begin_with_its_header_is_refused(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.CASEWORKER)
    await registry.bureau()
    piece = pb.ImportFileRequest(content=b"x")
    head = pb.ImportFileRequest(header=header("subjects"))
    for parts in ([], [piece], [head, head]):
        with refused("INVALID_INPUT", "header"):
            await client.imports.ImportFile(iter(parts))
    with refused("INVALID_INPUT", "header.bureau"):
        await upload(
            registry.client(Role.CASEWORKER, bureau=CITY), "subjects", b"x", bureau="330199"
        )
    with refused("INVALID_INPUT", "header.mode"):
        await upload(client, "subjects", b"x", mode="perhaps")
