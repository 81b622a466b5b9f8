"""The pages of the portal to which mails lead: a path for each kind of notice."""

from __future__ import annotations

from urllib.parse import urlencode

from services.alerts.notice_kinds import INSTITUTION, RECEIVER
from services.alerts.tables import Notice, NoticeKind

_OF_KIND = {
    NoticeKind.DIGEST: "/instruments",
    NoticeKind.REJECTED: "/instruments",
    NoticeKind.ADVERSE_RECORD: "/records",
    NoticeKind.GRADE_FELL: "/grade",
    NoticeKind.APPROVALS: "/home",  # several things wait; an answer is about one
    NoticeKind.TERM: "/cases",  # of several cases; others are about one
    NoticeKind.ORDER: "/orders",  # of several orders; others are about one
    NoticeKind.CALIBRATION: "/home",  # the tasks name them
    NoticeKind.RESULT: "/certificate-files",  # of several; others are about one
    NoticeKind.INSTITUTION: "/punctuality",
    NoticeKind.CHANNEL: "/webhooks",
    NoticeKind.ACCOUNT: "/register",  # of an application that was rejected; others bring a link
}
_OF_BUREAU = {
    "verification": "/verifications",
    "case": "/cases",
    "escalation": "/escalations",
    "batch": "/imports",
    "proposal": "/proposals",
}
_OF_SUBJECT = {
    "case": "/cases",
    "order": "/orders",
    "verification": "/verifications",
    "instrument": "/instruments",
    "permit": "/permits",
}  # to whom the page of an escalation is not open: the message leads on
_OF_INSTITUTION = {
    "order": "/orders",
    "verification": "/verifications",
    "laboratory": "/laboratories",
    "proposal": "/proposals",
}
# What has no page of its own, or several together.
_OF_LIST = {
    "ladder": "/ladders",
    "template": "/templates",
    "environment": "/environment?unnoted=yes",
    "orders": "/orders",
    "unreached": "/unreached",
    "permits": "/permits",
    "institutions": "/institutions",
    "laboratories": "/laboratories",
    "qualifications": "/qualifications",
    "dccs": "/calibrations?state=waiting",
    "upkeep": "/upkeep",
}
ANY = "/home"
MESSAGES = "/messages"


def path_of(notice: Notice) -> str:
    """Returns the path of the page on which the recipient of a notice finds its matter.

    It is empty for a receiver of shared records, to whom no page is open.
    """
    if notice.key.startswith(RECEIVER):
        return ""
    thing, _, identity = notice.about.partition("/")
    if thing in _OF_LIST:
        return _OF_LIST[thing]
    if notice.key.startswith(INSTITUTION):
        pages = _OF_INSTITUTION
    elif notice.subject_id:
        pages = _OF_SUBJECT
    elif notice.kind is NoticeKind.CHANNEL:
        return "/channels"
    else:
        pages = _OF_BUREAU
    if thing in pages:
        return f"{pages[thing]}/{identity}"
    if notice.kind is NoticeKind.ENDING and notice.subject_id:
        return "/permits"
    has_inbox = notice.subject_id or notice.key.startswith(INSTITUTION)
    own = f"{MESSAGES}/{notice.notice_id}" if has_inbox else ANY
    return _OF_KIND.get(notice.kind, own)


def check_path(number: str, check_code: str) -> str:
    """Returns the path of the page that checks a letter, with number and code filled in."""
    return f"/check/letter?{urlencode({'number': number, 'code': check_code})}"
