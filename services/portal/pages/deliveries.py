"""The page of one notice: what it says, and what became of each attempt to deliver it."""

from __future__ import annotations

from starlette.responses import Response

from law.errors import NotFound
from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as alerts
from services.portal.pages.platform_mail import KINDS, addressee
from services.portal.pages.reading import bureau_names, subject_names
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/deliveries/{notice_id}"
STATES = {
    "delivered": N_("已送达"),
    "pending": N_("待投递"),
    "failed": N_("投递失败"),
    "no_address": N_("没有地址"),
    "inbox": N_("只在平台消息"),
}

WAYS = {"": N_("邮件："), "sms": N_("短信："), "webhook": N_("程序接收：")}


async def page(visit: Visit) -> Response:
    """Shows a notice and its receipts, the oldest first."""
    request = alerts.ListNoticesRequest(notice_id=visit.path("notice_id"))
    found = (await ask(visit.services.alerts.ListNotices(request))).notices
    if not found:
        raise NotFound("没有这份通知", "There is no such notice")
    notice = found[0]
    firms = await subject_names(visit, [notice.subject_id] if notice.subject_id else [])
    bureaus = await bureau_names(visit)
    return visit.page(
        "notices/one.html",
        notice=notice,
        versions=as_sent(notice),
        recipient=addressee(notice, firms, bureaus),
        kind=visit.say(KINDS.get(notice.kind, notice.kind)),
        state=visit.say(STATES[notice.state]),
        ways={way: visit.say(word) for way, word in WAYS.items()},
    )


def as_sent(notice: alerts.Notice) -> list[tuple[str, str, str]]:
    """Returns the title and the text of a notice in each language in which it is sent."""
    chinese = ("zh-CN", notice.title, notice.body)
    english = ("en", notice.title_en, notice.body_en)
    if not notice.body_en or notice.language == "zh":
        return [chinese]
    return [english] if notice.language == "en" else [chinese, english]
