"""What the pages tell of an audit entry: names of fields and codes in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from protos.operations.v1 import operations_pb2 as pb
from services.portal.audit_content import FIELDS, MOST, Content
from services.portal.rendering import catalogue
from services.portal.wording import Words


def told(object_: str, before: dict[str, Any], after: dict[str, Any], language: str = "en") -> str:
    words = Words(catalogue(language).gettext, language)
    entry = pb.AuditEntry(object=object_, before=json.dumps(before), after=json.dumps(after))
    return Content(words).of(entry)


def test_only_what_changed_is_told_before_and_after() -> None:
    before = {"state": "in_use", "serial_no": "S-1", "version": 1}
    after = {"state": "scrapped", "serial_no": "S-1", "version": 2}
    assert told("instrument/i1", before, after, "zh-CN") == "状态: 在用 → 报废"


def test_what_is_of_the_machine_is_left_out() -> None:
    assert (
        told("import/b1", {}, {"sha256": "0" * 64, "digest_of_ids": "x", "encoding": "utf-8"}) == ""
    )


@pytest.mark.parametrize(
    ("object_", "name", "code", "words"),
    [
        ("subject/s1", "kind", "individual_business", "个体工商户"),
        ("record/r1", "status", "withdrawn", "已撤销"),
        ("case/c1", "state", "accepted", "已受理"),
        ("import/b1", "state", "applied", "已导入"),
        ("order/o1", "state", "in_work", "检定中"),
        ("escalation/s1/1", "step", "guidance_letter", "行政指导建议书"),
        ("account/a1", "roles", ["caseworker", "inspector"], "办案人员、检查人员"),
        ("record/r1", "final", True, "是"),
        ("record/r1", "kind", "of_an_older_release", "of_an_older_release"),
        ("escalation/s1/1", "meets_at", "2026-09-14T01:30:00Z", "2026-09-14 09:30"),
    ],
)
def test_a_code_is_told_by_what_it_means(object_: str, name: str, code: Any, words: str) -> None:
    assert told(object_, {}, {name: code}, "zh-CN").endswith(f": {words}")


def test_a_mark_that_was_never_set_is_not_told_and_one_that_ends_is() -> None:
    assert told("subject/s1", {}, {"in_review": False, "name": "A"}) == "Name: A"
    ended = told("subject/s1", {"in_review": True}, {"in_review": False}, "zh-CN")
    assert ended == "待核查: 是 → 否"


def test_no_more_than_a_few_fields_are_told() -> None:
    assert told("record/r1", {}, dict.fromkeys(FIELDS, "x")).count("; ") == MOST - 1
