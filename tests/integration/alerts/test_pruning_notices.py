"""Old notices of daily work are removed, and what proves that somebody was told stays."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from plumbing.identity import service_caller
from plumbing.migrations import watched_tables
from plumbing.row_checks import check_rows
from plumbing.service import Findings
from services.alerts.notices import mail
from services.alerts.notices.pruning import NoticePruner
from services.alerts.tables import Alert, NoticeAttempt, NoticeKind
from tests.integration.alerts.running_alerts import TODAY, RunningAlerts, instrument, verification
from tests.integration.alerts.test_alerts_notices import penalty

KEPT = timedelta(days=1100)


async def at_once() -> None:
    await asyncio.sleep(0)


async def kinds(alerts: RunningAlerts) -> list[str]:
    return sorted(notice.kind.value for notice in await alerts.notices())


async def deliver(alerts: RunningAlerts) -> None:
    for notice in await alerts.notices():
        async with alerts.changes.change(service_caller("alerts")) as change:
            await mail.mark_delivered(change, notice.notice_id)


async def test_digests_go_with_time_and_proofs_of_telling_stay(alerts: RunningAlerts) -> None:
    pruner = NoticePruner(alerts.changes, KEPT)
    await alerts.put(instrument(), verification(valid_until=TODAY + timedelta(days=1)), penalty())
    await alerts.watch_days(1)
    assert await kinds(alerts) == ["adverse_record", "digest", "result"]
    alerts.clock.moment += timedelta(days=1200)
    assert await pruner.prune(at_once) == {"notice": 0}, "it is not delivered yet"
    await deliver(alerts)
    raised = await alerts.rows(Alert)
    assert len(await alerts.rows(NoticeAttempt)) == 3
    assert await pruner.prune(at_once) == {"notice": 2}
    [kept] = await alerts.notices()
    assert kept.kind is NoticeKind.ADVERSE_RECORD
    assert [row.notice_id for row in await alerts.rows(NoticeAttempt)] == [kept.notice_id]
    assert await alerts.rows(Alert) == raised
    findings = Findings()
    async with alerts.database.snapshot() as session:
        await check_rows(session, watched_tables("alerts"), findings)
    assert findings.problems == []
