"""Who hears of a case: what counts as a change, what was shared before it, and how it is named."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from unittest.mock import AsyncMock

import pytest

from law.errors import InvalidInput
from law.evidence import SubjectKind
from law.objection import CaseKind, Outcome
from plumbing.clock import SHANGHAI
from plumbing.identity import service_caller
from protos.grading.v1.grading_pb2 import Grade
from protos.objection.v1.sharings_pb2 import RecordSharingRequest
from protos.registry.v1.publication_pb2 import Publication
from protos.registry.v1.registry_pb2 import Bureau, Record, Retention, Subject
from services.objection.effects import grade_changed
from services.objection.grade_names import grade_zh
from services.objection.letters import GradeFacts, Office
from services.objection.sharings.concerned import was_before
from services.objection.sharings.informing import is_carried_out
from services.objection.sharings.reading import to_share
from services.objection.sharings.tables import Sharing
from services.objection.sharings.texts import shared_records, what_a_case_did
from services.objection.tables import Case

OFFICE = Office("测试区市场监督管理局")


def case(*items: tuple[str, str, Outcome], **columns: Any) -> Case:
    fields: dict[str, Any] = {
        "kind": CaseKind.OBJECTION,
        "number": "异议〔2026〕330106-0001号",
        "outcome": Outcome.BY_ITEM,
        "record_ids": [],
        "records_as_lodged": [],
        "items": [{"target": t, "id": i, "outcome": outcome} for t, i, outcome in items],
        "grade_before": "untrusted",
        "grade_after": "trusted",
    }
    return Case(**{**fields, **columns})


def sharing(**columns: Any) -> Sharing:
    fields: dict[str, Any] = {
        "record_ids": ["r1"],
        "with_grade": True,
        "receiver": "测试银行",
        "document": "",
        "way": "letter",
        "shared_on": date(2026, 9, 10),
        "entered_at": datetime(2026, 9, 10, 9, 0, tzinfo=SHANGHAI),
    }
    return Sharing(**{**fields, **columns})


def test_a_correction_of_an_instrument_that_changes_the_grade_is_told() -> None:
    corrected = case(("instrument", "i1", Outcome.CORRECT))
    assert is_carried_out(corrected)
    title, body, named = what_a_case_did(corrected, sharing(), ["r1"], "测试加油站", OFFICE)
    assert (title, named) == ("计量信用信息变更：测试加油站", [])
    assert "信用等级由失信变为守信。" in body
    assert not is_carried_out(case(("instrument", "i1", Outcome.CORRECT), grade_after="untrusted"))
    assert not is_carried_out(case(("record", "r1", Outcome.DELETE), grade_after=None))


def test_a_repair_is_told_to_whoever_got_a_circular_without_a_record() -> None:
    repaired = case(
        kind=CaseKind.REPAIR,
        outcome=Outcome.CONFIRM_REPAIR,
        record_ids=["r1"],
        grade_after="untrusted",
    )
    told = sharing(way="circular", document="通报〔2026〕330106-0001号")
    _, body, named = what_a_case_did(repaired, told, [], "测试加油站", OFFICE)
    assert named == []
    assert "以通报〔2026〕330106-0001号向贵单位通报了测试加油站的计量信用情况" in body
    assert "该主体获准信用修复。" in body
    assert "r1" not in body
    assert "你单位" not in body


def test_a_case_about_the_record_that_gave_way_in_a_joining_is_told() -> None:
    deleted = case(("record", "gone", Outcome.DELETE))
    followed = sharing(record_ids=["stays"], with_grade=False)
    _, body, named = what_a_case_did(deleted, followed, ["gone", "stays"], "测试加油站", OFFICE)
    assert named == ["gone"]
    assert "：已删除。" in body


def test_a_case_that_let_everything_stand_changed_no_grade() -> None:
    upheld = case(("record", "r1", Outcome.UPHOLD), outcome=Outcome.UPHOLD)
    assert not grade_changed(upheld)
    assert not is_carried_out(upheld)


@pytest.mark.parametrize(
    ("changed", "before"),
    [
        ({"shared_on": date(2026, 9, 14)}, True),  # decided on the 12th, carried out on the 14th
        ({"shared_on": date(2026, 9, 15)}, False),
        ({"way": "platform", "entered_at": datetime(2026, 9, 14, 9, tzinfo=SHANGHAI)}, True),
        ({"way": "platform", "entered_at": datetime(2026, 9, 14, 11, tzinfo=SHANGHAI)}, False),
    ],
)
def test_whoever_got_the_records_after_a_case_was_carried_out_got_them_right(
    changed: dict[str, Any], before: bool
) -> None:
    carried_out = case(
        ("record", "r1", Outcome.DELETE),
        decided_at=datetime(2026, 9, 12, 10, tzinfo=SHANGHAI),
        settled_at=datetime(2026, 9, 14, 10, tzinfo=SHANGHAI),
    )
    assert was_before(sharing(**changed), carried_out) is before


def test_a_grade_has_the_name_that_its_text_gives_it() -> None:
    named = [grade_zh(one) for one in ("A", "3", "untrusted", "")]
    assert named == ["A", "三类", "失信", ""]
    assert GradeFacts("3", "receipt", []).named == "三类"


def test_what_is_shared_says_that_an_objection_runs() -> None:
    record = Record(kind="penalty", source_ref="罚〔2026〕1号", determined_on="2026-09-01")
    told = {"receiver": "测试银行", "subject": "测试加油站", "office": OFFICE, "purpose": "参考"}
    grade = Grade(grade="3")
    _, quiet = shared_records(records=[record], grade=grade, **told)  # type: ignore[arg-type]
    assert "信用等级：三类\n" in quiet
    assert "异议" not in quiet
    record.contested = grade.contested = True
    _, contested = shared_records(records=[record], grade=grade, **told)  # type: ignore[arg-type]
    assert "认定日期：2026年9月1日），主体对其提出的异议正在办理\n" in contested
    assert "信用等级：三类，所依据的记录有异议正在办理\n" in contested


async def test_the_platform_mails_no_grade_of_a_natural_person() -> None:
    clients, today = AsyncMock(), date(2026, 9, 14)
    facts: dict[str, Any] = {"kind": "award", "status": "active", "determined_on": "2026-09-01"}
    commended = Record(record_id="r1", bureau="330106", **facts)
    clients.records.return_value = [commended]
    clients.bureaus.return_value = {"330106": Bureau(code="330106", name="测试区市场监督管理局")}
    clients.retention.return_value = Retention(disclosed_until="2027-09-14")
    clients.publication.return_value = Publication(classification="open")
    clients.grade.return_value = Grade(grade="3")
    request = RecordSharingRequest(record_ids=["r1"], way="platform", with_grade=True)
    caller = service_caller("objection")
    clients.subject.return_value = Subject(kind=SubjectKind.ORGANISATION)
    assert "信用等级：三类" in (await to_share(clients, request, caller, today)).letter[1]
    clients.subject.return_value = Subject(kind=SubjectKind.NATURAL_PERSON)
    with pytest.raises(InvalidInput) as refusal:
        await to_share(clients, request, caller, today)
    told = {one.field: one.cite for one in refusal.value.faults}
    assert told["with_grade"] == "S4 三(五)"
