"""The changes of a delivery, each in one transaction. (The watch's own is in `watch`.)"""

from __future__ import annotations

from law.errors import WrongState
from plumbing.change import Change
from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import events_pb2
from services.alerts import wire
from services.alerts.notices import issue as notices
from services.alerts.tables import Bureau, Notice, NoticeState, Subject


async def retry_delivery(
    change: Change, request: pb.RetryDeliveryRequest
) -> pb.RetryDeliveryResponse:
    """Tries a delivery again that failed or had no address, to the address known by now.

    Raises NotFound, NotPermitted outside the caller's bureaus, WrongState.
    """
    notice = await notices.load(change.session, request.notice_id, lock=True)
    change.caller.require_bureau(notice.bureau)
    before = notice.state
    if before not in (NoticeState.FAILED, NoticeState.NO_ADDRESS):
        raise WrongState(
            "只有投递失败或没有地址的通知可以重新投递", "Only a failed delivery is retried"
        )
    notice.address = await _address(change, notice)
    if not notice.address:
        raise WrongState("仍没有登记电子邮箱", "There is still no address on file")
    notice.state, notice.error = NoticeState.PENDING, ""
    _audit(change, "retry_delivery", notice, before)
    await notices.announce(change, f"notice/{notice.notice_id}", [notice])
    return pb.RetryDeliveryResponse(notice=wire.notice(notice))


async def _address(change: Change, notice: Notice) -> str:
    owner = (Subject, notice.subject_id) if notice.subject_id else (Bureau, notice.bureau)
    row: Subject | Bureau | None = await change.session.get(*owner)
    return row.email if row else notice.address


async def note_attempt(change: Change, notice_id: str, error: str) -> None:
    """Keeps what the mail server said to an attempt, for those who look."""
    notice = await notices.load(change.session, notice_id, lock=True)
    if notice.state is NoticeState.PENDING:
        notice.attempts, notice.error = notice.attempts + 1, error


async def mark_delivered(change: Change, notice_id: str) -> None:
    """Notes that the mail server took a notice. Twice is as good as once."""
    notice = await notices.load(change.session, notice_id, lock=True)
    if notice.state is not NoticeState.PENDING:
        return
    notice.attempts, notice.error = notice.attempts + 1, ""
    notice.delivered_at = change.at
    await _end(change, notice, NoticeState.DELIVERED)


async def mark_failed(change: Change, notice_id: str) -> None:
    """Gives a delivery up; the notice and its last error stay to be seen and retried."""
    notice = await notices.load(change.session, notice_id, lock=True)
    if notice.state is NoticeState.PENDING:
        await _end(change, notice, NoticeState.FAILED)


async def _end(change: Change, notice: Notice, state: NoticeState) -> None:
    before, notice.state = notice.state, state
    _audit(change, "end_delivery", notice, before)
    ended = events_pb2.DeliveryEnded(notice=wire.notice(notice))
    await change.announce(ended, aggregate=f"notice/{notice.notice_id}", bureau=notice.bureau)


def _audit(change: Change, action: str, notice: Notice, before: NoticeState) -> None:
    after = {"state": notice.state.value, "attempts": notice.attempts, "error": notice.error}
    object_ = f"notice/{notice.notice_id}"
    change.audit(action, object_, before={"state": before.value}, after=after)
