"""Deliveries started again: of one notice, or of all that a filter names, after an outage of mail.

A delivery that starts again goes to the address now on file. Digests whose recipient wants none by
mail are no failures, and stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import WrongState
from law.periods import start_of
from plumbing import row_scope, validation
from plumbing.change import Change
from plumbing.identity import Caller
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts import wire
from services.alerts.notice_kinds import INSTITUTION
from services.alerts.notices.issue import announce, load
from services.alerts.notices.mail import audit_delivery
from services.alerts.notices.webhook import BY_WEBHOOK
from services.alerts.owners import GOES_OUTSIDE
from services.alerts.tables import (
    Bureau,
    DigestPreference,
    Failure,
    Institution,
    Notice,
    NoticeKind,
    NoticeState,
    Subject,
)

MOST = 1000  # notices whose delivery one call starts
_ENDED = (NoticeState.FAILED, NoticeState.NO_ADDRESS)
# What is for one person, one program or somebody outside goes where it went; other notices to the
# address on file.
_OWN = (NoticeKind.ACCOUNT, NoticeKind.CHECKPOINT, NoticeKind.GIVEN_UP)
_OF_SUBJECT = sa.select(col(Subject.email)).where(col(Subject.subject_id) == col(Notice.subject_id))
_OF_BUREAU = sa.select(col(Bureau.email)).where(col(Bureau.code) == col(Notice.bureau))
_OF_INSTITUTION = sa.select(col(Institution.email)).where(
    col(Institution.name) == col(Notice.recipient)
)
_ADDRESS: sa.ColumnElement[str] = sa.func.coalesce(
    sa.case(
        (col(Notice.key).startswith(INSTITUTION), _OF_INSTITUTION.scalar_subquery()),
        (sa.or_(col(Notice.kind).in_(_OWN), GOES_OUTSIDE), col(Notice.address)),
        (col(Notice.subject_id) != "", _OF_SUBJECT.scalar_subquery()),
        else_=_OF_BUREAU.scalar_subquery(),
    ),
    col(Notice.address),
)
WANTS_NO_MAIL = (
    sa.select(sa.literal(1))
    .where(col(DigestPreference.subject_id) == col(Notice.subject_id))
    .where(sa.not_(col(DigestPreference.mailed)), col(Notice.kind) == NoticeKind.DIGEST)
    .exists()
)


async def retry_delivery(
    change: Change, request: pb.RetryDeliveryRequest
) -> pb.RetryDeliveryResponse:
    """Restarts the delivery of a notice that failed or had no address, to the address now on file.

    Raises NotFound, NotPermitted outside the caller's bureaus, and WrongState if the notice is in
    another state or there is still no address.
    """
    notice = await load(change.session, request.notice_id, lock=True)
    change.caller.require_bureau(notice.bureau)
    if notice.state not in _ENDED:
        raise WrongState(
            "只有投递失败或没有地址的通知可以重新投递", "Only a failed delivery is retried"
        )
    of_this = sa.select(_ADDRESS).where(col(Notice.notice_id) == notice.notice_id)
    address = (await (await change.session.connection()).execute(of_this)).scalar_one()
    if not address:
        raise WrongState("仍没有登记电子邮箱", "There is still no address on file")
    _start_again(change, notice, address)
    await announce(change, f"notice/{notice.notice_id}", [notice])
    return pb.RetryDeliveryResponse(notice=wire.notice(notice))


async def count_retries(view: View, request: pb.CountRetriesRequest) -> pb.CountRetriesResponse:
    """Counts the notices that `retry_deliveries` would deliver, and those without an address."""
    known = sa.case((_ADDRESS != "", 1), else_=0)
    counted = sa.select(sa.func.count(), sa.func.sum(known)).where(*_meant(view.caller, request.of))
    total, addressed = (await (await view.session.connection()).execute(counted)).one()
    addressed = addressed or 0
    return pb.CountRetriesResponse(notices=addressed, without_address=total - addressed)


async def retry_deliveries(
    change: Change, request: pb.RetryDeliveriesRequest
) -> pb.RetryDeliveriesResponse:
    """Restarts the deliveries of all notices that a filter names, at most 1000 in one call.

    They are those in the caller's bureaus that failed or had no address, and have one now. The
    response tells how many are left.
    """
    meant = [*_meant(change.caller, request.of), _ADDRESS != ""]
    oldest = (
        select(Notice, _ADDRESS)
        .where(*meant)
        .order_by(col(Notice.bureau), col(Notice.created_at), col(Notice.notice_id))
    )
    rows = (await change.session.exec(oldest.limit(MOST).with_for_update(of=Notice))).all()
    for notice, address in rows:
        _start_again(change, notice, address)
    notices = [notice for notice, _ in rows]
    for bureau, of_bureau in groupby(notices, key=lambda notice: notice.bureau):
        await announce(change, f"deliveries/{bureau}", [*of_bureau])
    await change.session.flush()
    left = sa.select(sa.func.count()).where(*meant)
    remaining = (await (await change.session.connection()).execute(left)).scalar_one()
    return pb.RetryDeliveriesResponse(retried=len(notices), left=remaining)


def _start_again(change: Change, notice: Notice, address: str) -> None:
    before, notice.address = notice.state, address
    notice.state, notice.error, notice.failure = NoticeState.PENDING, "", Failure.NONE
    audit_delivery(change, "retry_delivery", notice, before)


def _meant(caller: Caller, of: pb.Undelivered) -> Iterator[sa.ColumnElement[bool]]:
    states = [NoticeState(of.state)] if of.state else _ENDED
    yield col(Notice.state).in_(states)
    yield row_scope.covered(caller, Notice.bureau)
    yield sa.not_(WANTS_NO_MAIL)
    if of.bureau:
        yield row_scope.of_bureau(of.bureau, Notice.bureau)
    yield from limited(of)


def limited(
    request: pb.Undelivered | pb.ListNoticesRequest,
) -> Iterator[sa.ColumnElement[bool]]:
    """Yields the conditions on kind, channel, cause of failure and day that a request asks for."""
    if request.kind:
        yield col(Notice.kind) == NoticeKind(request.kind)
    if request.channel:
        yield BY_WEBHOOK if request.channel == "webhook" else sa.not_(BY_WEBHOOK)
    if request.failure:
        yield col(Notice.failure) == Failure(request.failure)
    if since := validation.day(request.created_from, "created_from"):
        yield col(Notice.created_at) >= start_of(since)
