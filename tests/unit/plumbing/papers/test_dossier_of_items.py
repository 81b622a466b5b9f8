"""The dossier of a case names what it contests, the contested grade, and the agent."""

from __future__ import annotations

from datetime import UTC, datetime

from plumbing.papers.case_file.dossier import dossier
from plumbing.papers.case_file.reading import CaseFile
from protos.objection.v1 import archive_pb2
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1 import registry_pb2


def test_items_with_their_outcomes_the_grade_and_the_agent() -> None:
    changed = [pb.EntryValue(field="serial_no", value="K-1007")]
    filed = [pb.EntryValue(field="serial_no", value="K-1001")]
    case = pb.Case(
        state="closed",
        outcome="by_item",
        items=[
            pb.ContestedItem(target="record", id="r1", outcome="uphold"),
            pb.ContestedItem(
                target="instrument", id="i1", facts=filed, outcome="correct", values=changed
            ),
        ],
        contested_grade=pb.ContestedGrade(
            receipt_id="receipt-1", grade="C", grade_without="B", explanation_zh=["逐句"]
        ),
        agent=pb.Agent(name="测试代理人", mandate_id="m1", until="2026-12-31"),
    )
    file = CaseFile(
        read_at=datetime(2026, 9, 14, tzinfo=UTC),
        by_subject=True,
        answer=pb.GetCaseResponse(case=case),
        files=[],
        proof=archive_pb2.ProveCaseResponse(),
        receipts={},
        records=[],
        subject=registry_pb2.Subject(name="测试加油站"),
        bureaus={},
        people={},
    )
    page = dossier(file, edition="申请人的一份", places={}, proofs=[]).decode()
    for part in (
        "分项决定",
        "计量器具信息",
        "出厂编号：K-1001",
        "出厂编号更正为：K-1007",
        "不计所涉记录重新计算为 B",
        "代理人：测试代理人",
        "维持",
    ):
        assert part in page, part
