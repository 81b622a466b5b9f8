"""Indices of areas over gRPC: assessed, published by another person, withdrawn; who sees which."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import grpc
import pytest
from google.protobuf.message import Message
from sqlmodel import SQLModel, col, select

from law.indices import rule as indices
from law.indices.data import Row, Scoring, table
from plumbing.audit import AuditEntry
from plumbing.client import new_request_id
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.outbox import Outbox
from plumbing.identity import Role
from protos.grading.v1 import assessments_pb2 as pb
from protos.grading.v1 import index_events_pb2 as events
from protos.grading.v1.assessments_pb2_grpc import AssessmentServiceStub
from services.grading.checks import check
from services.grading.tables import IndexAssessment
from tests.integration.grading.assessment_server import As, refused, serving_assessments
from tests.integration.grading.support import START
from tests.postgres import Databases

TAIZHOU, ABROAD = "331002", "331003"
Kept = TypeVar("Kept", bound=SQLModel)


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    database = await databases.migrated(tmp_path, "grading")
    yield database
    await database.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
async def sign_in(database: Database, clock: FixedClock, tmp_path: Path) -> AsyncIterator[As]:
    async with serving_assessments(database, clock, tmp_path) as sign_in:
        yield sign_in


def worker(sign_in: As, bureau: str = TAIZHOU) -> AssessmentServiceStub:
    return sign_in(Role.CASEWORKER, bureau=bureau, name="worker")


def head(sign_in: As, bureau: str = TAIZHOU) -> AssessmentServiceStub:
    return sign_in(Role.UNIT_HEAD, bureau=bureau, name="head")


_FITTING = {
    Scoring.PER_FINDING: 1,
    Scoring.EACH_TIME: 0,
    Scoring.PROPORTIONAL: 97.3,
    Scoring.THRESHOLD: 95,
    Scoring.JUDGEMENT: 1,
}


def fitting(row: Row) -> object:
    return _FITTING.get(row.scoring, row.part != "deduction")


def findings(kind: str = "scenic", **other: object) -> str:
    by_row = {row.key: fitting(row) for row in table(f"taizhou-{kind}").rows}
    return json.dumps(by_row | other)


def asking(kind: str = "scenic", **fields: object) -> pb.AssessIndexRequest:
    request = pb.AssessIndexRequest(
        request_id=new_request_id(),
        area_name="测试景区",
        area_kind=kind,
        bureau=TAIZHOU,
        findings_json=findings(kind),
    )
    request.MergeFrom(pb.AssessIndexRequest(**fields))  # type: ignore[arg-type]
    return request


async def assessed(sign_in: As) -> pb.Index:
    return (await worker(sign_in).AssessIndex(asking())).index


def publishing(index: pb.Index) -> pb.PublishIndexRequest:
    return pb.PublishIndexRequest(request_id=new_request_id(), index_id=index.index_id)


def withdrawing(index: pb.Index) -> pb.WithdrawIndexRequest:
    return pb.WithdrawIndexRequest(
        request_id=new_request_id(), index_id=index.index_id, ground="数据有误"
    )


async def rows(database: Database, kind: type[Kept]) -> list[Kept]:
    async with database.snapshot() as session:
        return list((await session.exec(select(kind))).all())


async def announced(database: Database) -> list[tuple[str, Message]]:
    async with database.snapshot() as session:
        rows = (await session.exec(select(Outbox).order_by(col(Outbox.seq)))).all()
    return [(row.aggregate, _event(row)) for row in rows]


def _event(one: Outbox) -> Message:
    kind: type[Message] = getattr(events, one.headers["ce-type"].rpartition(".")[2])
    return kind.FromString(one.payload)


@pytest.mark.parametrize("kind", ["scenic", "block"])
async def test_an_index_is_scored_by_the_law(sign_in: As, kind: str) -> None:
    answer = await worker(sign_in).AssessIndex(asking(kind))
    index = answer.index
    law = indices.assess(f"taizhou-{kind}", json.loads(findings(kind)))
    assert (index.state, index.assessed_on) == ("draft", "2026-09-14")
    assert (index.total, index.base) == (str(law.total), str(law.base))
    assert [(one.row, Decimal(one.points)) for one in index.rows] == [
        (one.row, one.points) for one in law.rows
    ]
    assert all(one.cite for one in index.rows)
    kept = await worker(sign_in).GetIndex(pb.GetIndexRequest(index_id=index.index_id))
    assert kept.index == index
    assert json.loads(kept.result_json) == law.to_json()
    assert index.table_hash == law.table.content_hash


async def test_an_assessment_is_stored_announced_and_audited(
    sign_in: As, database: Database
) -> None:
    index = await assessed(sign_in)
    [row] = await rows(database, IndexAssessment)
    assert row.findings == json.loads(findings())
    assert (row.assessed_by, index.assessed_by) == ("account/worker", "account/worker")
    [(aggregate, event)] = await announced(database)
    assert aggregate == f"index/{index.area_id}"
    assert isinstance(event, events.IndexAssessed)
    assert event.index == index
    [entry] = await rows(database, AuditEntry)
    assert (entry.action, entry.object) == ("assess_index", f"index/{index.index_id}")
    assert entry.ground == "S2 附件3"


async def test_a_repeated_request_gets_the_same_response(sign_in: As, database: Database) -> None:
    request = asking()
    first = await worker(sign_in).AssessIndex(request)
    assert await worker(sign_in).AssessIndex(request) == first
    publish = publishing(first.index)
    published = await head(sign_in).PublishIndex(publish)
    assert await head(sign_in).PublishIndex(publish) == published
    assert len(await rows(database, IndexAssessment)) == 1
    assert len(await rows(database, AuditEntry)) == 2


async def test_the_same_area_keeps_its_id_and_another_has_its_own(sign_in: As) -> None:
    first = await assessed(sign_in)
    again = await assessed(sign_in)
    other = (await worker(sign_in).AssessIndex(asking(area_name="另一景区"))).index
    assert again.area_id == first.area_id != other.area_id
    assert again.index_id != first.index_id
    request = pb.ListIndexesRequest(area_id=first.area_id)
    listed = await worker(sign_in).ListIndexes(request)
    assert {one.index_id for one in listed.indexes} == {first.index_id, again.index_id}


async def test_every_fault_of_the_findings_names_its_row(sign_in: As, database: Database) -> None:
    by_row = json.loads(findings())
    del by_row["S01.1"]
    by_row |= {"S01.2": "yes", "S02.1": -1, "S99": True, "S04.1": 10**7}
    request = asking(findings_json=json.dumps(by_row))
    refusal = await refused(worker(sign_in).AssessIndex(request))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    wrong = {"S01.1", "S01.2", "S02.1", "S99", "S04.1"}
    assert {path for path, _, _ in refusal.faults} == {f"findings.{row}" for row in wrong}
    assert await rows(database, IndexAssessment) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("no json", "findings_json"),
        ("[]", "findings_json"),
        ("[" * 5000, "findings_json"),
        ('{"S01.1": true, "S01.1": false}', "findings.S01.1"),
        ('{"\\ud800": 1e999}', "findings.?"),
        (findings(S02_1=0).replace("S02_1", "S" * 500), "findings." + "S" * 64),
        (json.dumps(json.loads(findings()) | {"S02.1": 1_000_000}), "findings.S02.1"),
    ],
)
async def test_findings_that_are_not_a_json_object_are_refused(
    sign_in: As, text: str, path: str
) -> None:
    refusal = await refused(worker(sign_in).AssessIndex(asking(findings_json=text)))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert path in {one for one, _, _ in refusal.faults}


async def test_an_assessment_in_the_future_is_refused(sign_in: As) -> None:
    ahead = asking(assessed_on="2026-09-15")
    refusal = await refused(worker(sign_in).AssessIndex(ahead))
    assert [path for path, _, _ in refusal.faults] == ["assessed_on"]
    before = await worker(sign_in).AssessIndex(asking(assessed_on="2026-09-01"))
    assert before.index.assessed_on == "2026-09-01"


async def test_the_assessor_may_not_publish(sign_in: As) -> None:
    both = sign_in(Role.CASEWORKER, Role.UNIT_HEAD, bureau=TAIZHOU, name="both")
    index = (await both.AssessIndex(asking())).index
    refusal = await refused(both.PublishIndex(publishing(index)))
    assert refusal.code is grpc.StatusCode.PERMISSION_DENIED
    published = (await head(sign_in).PublishIndex(publishing(index))).index
    assert (published.state, published.published_by) == ("published", "account/head")


async def test_each_step_needs_its_state_and_is_announced_and_audited(
    sign_in: As, database: Database
) -> None:
    index = await assessed(sign_in)
    early = await refused(head(sign_in).WithdrawIndex(withdrawing(index)))
    assert early.code is grpc.StatusCode.FAILED_PRECONDITION
    await head(sign_in).PublishIndex(publishing(index))
    again = await refused(head(sign_in).PublishIndex(publishing(index)))
    assert again.code is grpc.StatusCode.FAILED_PRECONDITION
    closed = (await head(sign_in).WithdrawIndex(withdrawing(index))).index
    assert (closed.state, closed.withdrawal_ground) == ("withdrawn", "数据有误")
    for call in (
        head(sign_in).PublishIndex(publishing(index)),
        head(sign_in).WithdrawIndex(withdrawing(index)),
    ):
        assert (await refused(call)).code is grpc.StatusCode.FAILED_PRECONDITION
    types = [type(event) for _, event in await announced(database)]
    assert types == [events.IndexAssessed, events.IndexPublished, events.IndexWithdrawn]
    entries = await rows(database, AuditEntry)
    assert [one.action for one in entries] == ["assess_index", "publish_index", "withdraw_index"]
    assert entries[2].ground == "数据有误"
    assert [one.before and one.before["state"] for one in entries] == [None, "draft", "published"]


async def test_only_the_bureau_acts_and_only_in_its_roles(sign_in: As) -> None:
    index = await assessed(sign_in)
    public = sign_in(Role.PUBLIC)
    calls = (
        worker(sign_in, ABROAD).AssessIndex(asking()),
        head(sign_in).AssessIndex(asking()),
        sign_in(Role.SERVICE).AssessIndex(asking()),
        head(sign_in, ABROAD).PublishIndex(publishing(index)),
        worker(sign_in).PublishIndex(publishing(index)),
        sign_in(Role.SERVICE).PublishIndex(publishing(index)),
        head(sign_in, ABROAD).WithdrawIndex(withdrawing(index)),
        public.WithdrawIndex(withdrawing(index)),
    )
    codes = {(await refused(call)).code for call in calls}
    assert codes == {grpc.StatusCode.PERMISSION_DENIED}
    unknown = pb.PublishIndexRequest(request_id=new_request_id(), index_id="unknown")
    assert (await refused(head(sign_in).PublishIndex(unknown))).code is grpc.StatusCode.NOT_FOUND
    city = head(sign_in, "331000")
    assert (await city.PublishIndex(publishing(index))).index.state == "published"


async def test_a_draft_is_seen_by_the_bureau_and_a_published_index_by_everyone(sign_in: As) -> None:
    index = await assessed(sign_in)
    others = (
        sign_in(Role.PUBLIC),
        sign_in(Role.OPERATOR, subject_id="subj-1"),
        worker(sign_in, ABROAD),
    )
    request = pb.GetIndexRequest(index_id=index.index_id)

    async def seen(stub: AssessmentServiceStub) -> bool:
        listed = (await stub.ListIndexes(pb.ListIndexesRequest())).indexes
        if not listed:
            assert (await refused(stub.GetIndex(request))).code is grpc.StatusCode.NOT_FOUND
            return False
        seen = (await stub.GetIndex(request)).index
        assert [one.index_id for one in listed] == [seen.index_id]
        assert (seen.assessed_by, seen.published_by) == ("", "")
        return True

    assert [await seen(one) for one in others] == [False] * 3
    await head(sign_in).PublishIndex(publishing(index))
    assert [await seen(one) for one in others] == [True] * 3
    await head(sign_in).WithdrawIndex(withdrawing(index))
    assert [await seen(one) for one in others] == [False] * 3
    assert (await worker(sign_in).GetIndex(request)).index.state == "withdrawn"


async def test_indices_are_listed_newest_first_page_by_page(sign_in: As, clock: FixedClock) -> None:
    made = []
    for _ in range(3):
        made.append(await assessed(sign_in))
        clock.moment += timedelta(seconds=1)
    await head(sign_in).PublishIndex(publishing(made[1]))
    stub, token = worker(sign_in), ""
    listed: list[pb.Index] = []
    while True:
        page = await stub.ListIndexes(
            pb.ListIndexesRequest(bureau=TAIZHOU, page_size=2, page_token=token)
        )
        listed += page.indexes
        if not (token := page.next_page_token):
            break
    assert [one.index_id for one in listed] == [one.index_id for one in reversed(made)]
    assert not any(one.rows for one in listed)
    drafts = await stub.ListIndexes(pb.ListIndexesRequest(state="draft"))
    assert len(drafts.indexes) == 2
    assert not (await stub.ListIndexes(pb.ListIndexesRequest(bureau=ABROAD))).indexes


async def test_indices_are_ranked_by_total_and_found_by_kind_and_name(sign_in: As) -> None:
    few = [row.key for row in table("taizhou-scenic").rows if row.scoring is Scoring.PER_FINDING]
    for found in (3, 0, 2):
        scored: dict[str, Any] = {few[0]: found}
        asked = asking(area_name=f"测试景区{found}", findings_json=findings(**scored))
        await worker(sign_in).AssessIndex(asked)
    await worker(sign_in).AssessIndex(asking("block", area_name="测试街区"))
    stub, token = worker(sign_in), ""
    totals: list[float] = []
    while True:
        request = pb.ListIndexesRequest(order_by="total desc", page_size=1, page_token=token)
        page = await stub.ListIndexes(request)
        totals += [float(one.total) for one in page.indexes]
        if not (token := page.next_page_token):
            break
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) >= 3

    async def names(**asked: Any) -> list[str]:
        answer = await stub.ListIndexes(pb.ListIndexesRequest(**asked))
        return [one.area_name for one in answer.indexes]

    scenic = [f"测试景区{found}" for found in (0, 2, 3)]
    assert await names(area_kind="scenic", order_by="area_name") == scenic
    assert await names(name_contains="区2") == ["测试景区2"]
    assert await names(name_contains="_") == []


async def test_a_check_computes_every_index_again(
    sign_in: As, database: Database, clock: FixedClock
) -> None:
    index = await assessed(sign_in)
    findings_ = await check(database, clock)
    assert (findings_.figures["indices"], findings_.problems) == (1, [])
    async with database.transaction() as session:
        row = await session.get_one(IndexAssessment, index.index_id)
        row.result = row.result | {"total": 100}
    [problem] = (await check(database, clock)).problems
    assert (problem.name, problem.object) == ("index.differs", f"index/{index.index_id}")
