"""The mails about accounts: links to set a password, invitations, and rejected applications."""

from __future__ import annotations

from datetime import datetime

from plumbing.change import Change
from plumbing.clock import SHANGHAI
from plumbing.events.envelope import Received
from protos.registry.v1 import events_pb2 as registry
from services.alerts.notices.dead_letter_mail import PLATFORM
from services.alerts.notices.issue import issue
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, NoticeKind

_WHOLE_PLATFORM = "000000"
_TITLES = {
    "reset": "设置新密码",
    "opened": "账号已开通，请设置密码",
    "invited": "同事邀请您使用计量信用监管平台",
    "known": "您已有账号",
    "rejected": "注册申请未获确认",
}
_NOT_YOURS = "如果不是您本人的操作，请不必理会；没有人能凭此邮件以外的途径改动您的密码。"


async def account_mail_due(change: Change, received: Received[registry.AccountMailDue]) -> None:
    """Issues the notice of a mail about an account; it belongs to the bureau that is told of it."""
    due = received.message
    bureau = PLATFORM if due.bureau == _WHOLE_PLATFORM else due.bureau
    recipient = Bureau(code=bureau, name="", department="", phone="", email=due.address, version=0)
    notice = await issue(
        change, NoticeKind.ACCOUNT, f"account/{due.mail_id}", recipient, bureau, _text(due)
    )
    if notice is not None:
        notice.link_id = due.link_id


def _text(due: registry.AccountMailDue) -> Text:
    opening = f"{due.person_name}，您好："
    lines = {
        "reset": ["您或平台管理员申请了重新设置密码。"],
        "opened": [f"您为“{due.firm_name}”提出的注册申请已经确认，账号已开通。"],
        "invited": [
            f"“{due.firm_name}”的{due.remark}邀请您使用计量信用监管平台，办理本单位的事项。"
        ],
        "known": [f"您在“{due.firm_name}”已有账号，不需要再次注册。忘记密码的，可以重新设置。"],
        "rejected": [
            f"您为“{due.firm_name}”提出的注册申请未获确认。理由：{due.remark}",
            "可以按上述理由补充材料后重新申请，或者与受理机关联系。",
        ],
    }[due.kind]
    return Text(_TITLES[due.kind], body(opening, *lines, *_about_link(due)))


def _about_link(due: registry.AccountMailDue) -> list[str]:
    if not due.link_id:
        return []
    ends = due.expires_at.ToDatetime(SHANGHAI)
    return [
        f"您的用户名：{due.account_name}",
        f"请在 {_moment(ends)} 前打开下面的链接设置密码，链接只能用一次：",
        _NOT_YOURS,
    ]


def _moment(ends: datetime) -> str:
    return f"{ends.year}年{ends.month}月{ends.day}日 {ends:%H:%M}"
