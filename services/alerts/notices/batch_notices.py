"""Notices to a bureau about an import batch that awaits approval or was decided."""

from __future__ import annotations

from plumbing.change import Change
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from services.alerts.notices import texts
from services.alerts.notices.issue import Matter, issue, office_of
from services.alerts.notices.texts import Text
from services.alerts.tables import NoticeKind

TITLES = {
    "awaiting_approval": "导入批次待批准",
    "applied": "导入批次已批准",
    "rejected": "导入批次未获批准",
    "expired": "导入批次逾期失效",
}


async def batch_decided(change: Change, received: Received[registry.BatchDecided]) -> None:
    """Issues one notice to the bureau for each estimate of an import batch and each decision on it.

    No notice is issued for a batch of the whole platform, because it belongs to no bureau. Raises
    TryLater for a bureau that is not known here yet.
    """
    batch = received.message.batch
    if batch.state not in TITLES:
        return
    bureau = await office_of(change.session, batch.bureau)
    if bureau is None:
        return
    key = f"batch/{batch.batch_id}/{batch.state}/{batch.estimate.digest}"
    text, matter = _text(received.message), Matter(f"batch/{batch.batch_id}")
    await issue(change, NoticeKind.BATCH, key, bureau, batch.bureau, text, matter)


def _text(decided: registry.BatchDecided) -> Text:
    batch, estimate = decided.batch, decided.batch.estimate
    sender = _person(decided.imported_by_name, batch.imported_by)
    file = f"{batch.file_name}，{batch.rows} 行"
    lines = [f"批次 {batch.batch_id}（{file}），由{sender}提交。"]
    if batch.HasField("estimate"):
        lines.append(f"预计新触发预警 {estimate.alerts} 件，涉及器具 {estimate.instruments} 件。")
        if estimate.unverified:
            lines.append(f"其中从未检定即在使用 {estimate.unverified} 件。")
        lines.append(f"预计等级下降 {estimate.drops} 个，已评级主体 {estimate.graded} 个。")
    if batch.state == "awaiting_approval":
        lines.append(
            "超过本平台设定的比例，尚未导入任何内容，须由提交人以外的单位负责人在平台上批准或退回。"
        )
    if batch.decided_by:
        lines.append(f"决定人：{_person(decided.decided_by_name, batch.decided_by)}")
    if batch.reasons:
        lines.append(f"理由：{batch.reasons}")
    return Text(f"{TITLES[batch.state]}：{batch.file_name}", texts.body(*lines))


def _person(name: str, account_id: str) -> str:
    """A person by name; an account without a name, such as that of a system, by its id."""
    return name or f"账号 {account_id} "
