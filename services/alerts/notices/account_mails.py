"""The mails about accounts: links to set a password, invitations, rejections, and appointments."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from law.separation import Act, Release, release_of
from plumbing.change import Change
from plumbing.clock import SHANGHAI
from plumbing.events.envelope import Received
from plumbing.newer_tables import known
from protos.registry.v1 import events_pb2 as registry
from services.alerts.languages import Language
from services.alerts.notices.dead_letter_mail import PLATFORM
from services.alerts.notices.english import as_written
from services.alerts.notices.issue import Matter, issue, put_into
from services.alerts.notices.texts import Text, body
from services.alerts.tables import Bureau, NoticeKind

_WHOLE_PLATFORM = "000000"
_TITLES = {
    "reset": "设置新密码",
    "opened": "账号已开通，请设置密码",
    "invited": "同事邀请您使用计量信用监管平台",
    "known": "您已有账号",
    "rejected": "注册申请未获确认",
    "appointment": "账号变更待您批准",
}
_TITLES_EN = {
    "reset": "Set a new password",
    "opened": "Your account is open: set its password",
    "invited": "A colleague invites you to the metrology credit platform",
    "known": "You have an account already",
    "rejected": "Your application for an account was rejected",
    "appointment": "A change of an account waits for you",
}
_NOT_YOURS = "如果不是您本人的操作，请不必理会；没有人能凭此邮件以外的途径改动您的密码。"


async def account_mail_due(change: Change, received: Received[registry.AccountMailDue]) -> None:
    """Issues the notice of a mail about an account; it belongs to the bureau that is told of it."""
    due = received.message
    bureau = PLATFORM if due.bureau == _WHOLE_PLATFORM else due.bureau
    recipient = Bureau(code=bureau, name="", department="", phone="", email=due.address, version=0)
    key = f"account/{due.mail_id}"
    matter = Matter(f"proposal/{due.proposal_id}" if due.proposal_id else "")
    notice = await issue(change, NoticeKind.ACCOUNT, key, recipient, bureau, _text(due), matter)
    if notice is not None:
        notice.link_id = due.link_id
        put_into(notice, Language(due.language or Language.CHINESE), partial(_in_english, due))


def _text(due: registry.AccountMailDue) -> Text:
    opening, act = f"{due.person_name}，您好：", _act(due)
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
        "appointment": [
            f"{due.remark}对“{due.concerns}”的账号提出变更：{act.zh if act else ''}。",
            "尚未作任何变更，须由提出人以外的平台管理员批准或者退回。",
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


def _act(due: registry.AccountMailDue) -> Release | None:
    return release_of(known(Act, due.act)) if due.act else None


def _in_english(due: registry.AccountMailDue) -> Text:
    firm, act = due.firm_name, _act(due)
    lines = {
        "reset": ["You or the administrator asked to set your password anew."],
        "opened": [f"Your application for {firm} was confirmed, and your account is open."],
        "invited": [
            f"{due.remark} of {firm} invites you to the metrology credit platform, to act for it."
        ],
        "known": [f"You have an account for {firm} already. If you forgot its password, set it."],
        "rejected": [
            f"Your application for {firm} was rejected.",
            as_written("Reason", due.remark),
            "You may apply again with what is missing, or ask the bureau.",
        ],
        "appointment": [
            f"{due.remark} proposes for the account of {due.concerns}: {act.en if act else ''}.",
            "Nothing has changed yet; an administrator other than the proposer releases it.",
        ],
    }[due.kind]
    opening = f"Dear {due.person_name},"
    return Text(_TITLES_EN[due.kind], body(opening, *lines, *_about_link_in_english(due)))


def _about_link_in_english(due: registry.AccountMailDue) -> list[str]:
    if not due.link_id:
        return []
    ends = due.expires_at.ToDatetime(SHANGHAI)
    return [
        f"Your login name: {due.account_name}",
        f"Open the link below before {ends:%Y-%m-%d %H:%M} (Beijing time); it works once:",
        "If you did not ask for this, do nothing: your password stays as it is.",
    ]
