"""The faults of a refused form, by field."""

from __future__ import annotations

import grpc

from plumbing.client import Refusal
from services.portal.visit import faults_by_field


def test_what_is_said_of_several_rows_is_said_of_their_field() -> None:
    refusal = Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        "WRONG_STATE",
        "不能公开",
        "Not now",
        (
            ("entries[0]", "甲：尚有异议", "A: an objection runs"),
            ("entries[1]", "乙：没有事由", "B: has no ground"),
            ("entries[1]", "乙：没有事由", "B: has no ground"),
            ("media", "须写明", "is required"),
        ),
    )
    assert faults_by_field(refusal, "zh-CN") == {
        "entries": "甲：尚有异议；乙：没有事由",
        "media": "须写明",
    }
    assert faults_by_field(refusal, "en")["entries"] == "A: an objection runs; B: has no ground"
