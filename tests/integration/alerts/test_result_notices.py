"""An owner hears once a day of results that were passed and of certificates; nobody else does."""

from __future__ import annotations

from datetime import timedelta

from protos.registry.v1 import events_pb2 as events
from services.alerts.notices.links import path_of
from services.alerts.notices.tables import UntoldResult
from services.alerts.tables import NoticeState
from tests.integration.alerts.running_alerts import (
    TODAY,
    RunningAlerts,
    instrument,
    subject,
    verification,
)
from tests.integration.alerts.test_ways_of_notices import prefer

LATER = TODAY + timedelta(days=300)


def uploaded(number: int, version: int = 1, reason: str = "") -> events.CertificateUploaded:
    return events.CertificateUploaded(verification_id=f"v{number}", version=version, reason=reason)


async def test_a_result_and_its_certificate_of_one_day_are_one_line(alerts: RunningAlerts) -> None:
    passed = verification(1, LATER, certificate_no="JD-1")
    for _ in range(2):  # it comes twice
        await alerts.put(instrument(1), passed)
        await alerts.announce(uploaded(1), aggregate="subject/s1")
    assert await alerts.notices("result") == [], "the watch tells"
    await alerts.watch_days(1)
    [notice] = await alerts.notices("result")
    assert (notice.subject_id, notice.address) == ("s1", "unit1@test.example")
    assert path_of(notice) == "/verifications/v1"
    for part in (
        "1. 试验用器具 NO-1：2025-09-01 检定合格",
        f"有效期至 {LATER}",
        "检定机构 测试检定机构，编号 JD-1",
        "检定证书的文件已上传",
    ):
        assert part in notice.body
    await alerts.put(passed)
    await alerts.watch_days(2)
    assert len(await alerts.notices("result")) == 1
    assert await alerts.rows(UntoldResult) == []


async def test_a_hundred_results_are_one_mail_and_a_replaced_file_says_why(
    alerts: RunningAlerts,
) -> None:
    await alerts.put(*(instrument(n) for n in range(1, 101)))
    await alerts.put(*(verification(n, LATER) for n in range(1, 101)))
    await alerts.watch_days(1)
    [many] = await alerts.notices("result")
    assert "100 项" in many.title
    assert path_of(many) == "/certificate-files"
    for event in (uploaded(7), uploaded(7, 2, "数值更正"), uploaded(7)):
        await alerts.announce(event, aggregate="subject/s1")
    await alerts.watch_days(1)
    _, replaced = await alerts.notices("result")
    assert "已更换为第 2 版，理由：数值更正。" in replaced.body
    assert "检定合格" not in replaced.body, "that was told before"


async def test_it_goes_to_who_owns_the_instrument_by_then(alerts: RunningAlerts) -> None:
    await alerts.put(subject(2), instrument(1), verification(1, LATER))
    await alerts.announce(uploaded(1), aggregate="subject/s1")
    await alerts.put(instrument(1, version=2, subject_id="s2"))
    await alerts.watch_days(1)
    [notice] = await alerts.notices("result")
    assert notice.subject_id == "s2"


async def test_what_is_no_news_is_not_told(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(1), verification(1, LATER), baseline=True)
    await alerts.put(instrument(2), verification(2, TODAY - timedelta(days=1)))
    await alerts.put(instrument(3), verification(3, LATER))
    await alerts.put(verification(3, LATER, version=2, removed=True))
    await alerts.put(instrument(4), verification(4, result="reject"))
    await alerts.put(instrument(6), verification(6, LATER))
    await alerts.put(verification(7, instrument_id="i6", result="reject", verified_on="2026-09-14"))
    await alerts.put(instrument(5, in_review=True), verification(5, LATER))
    await alerts.watch_days(1)
    assert await alerts.notices("result") == []
    assert await alerts.rows(UntoldResult) == [], "it is forgotten"


async def test_a_rejection_that_is_corrected_to_a_pass_is_news(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(1), verification(1, result="reject"))
    await alerts.watch_days(1)
    assert await alerts.notices("result") == []
    for _ in range(2):
        await alerts.put(verification(1, LATER, version=2))
    await alerts.watch_days(2)
    [notice] = await alerts.notices("result")
    assert "2025-09-01 检定合格" in notice.body


async def test_the_paper_of_a_rejection_is_called_so(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(1), verification(1, result="reject"))
    await alerts.announce(uploaded(1), aggregate="subject/s1")
    await alerts.watch_days(1)
    [notice] = await alerts.notices("result")
    assert "检定结果通知书的文件已上传" in notice.body
    assert "合格" not in notice.body


async def test_the_owner_chooses_week_language_and_way(alerts: RunningAlerts) -> None:
    await prefer(alerts, rhythm="weekly", weekday=3, language="en", portal_only=["result"])
    await alerts.put(instrument(1), verification(1, LATER))
    await alerts.watch_days(1)  # Tuesday
    assert await alerts.notices("result") == []
    await alerts.watch_days(1)
    [notice] = await alerts.notices("result")
    assert notice.state is NoticeState.INBOX
    assert "passed on 2025-09-01" in notice.body_en
