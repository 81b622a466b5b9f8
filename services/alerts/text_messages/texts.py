"""What text messages say: that there is something, never what. Pure functions.

A message of up to 70 characters is sent as one; only a long address of the portal is left out for
that.
"""

from __future__ import annotations

from services.alerts.languages import Language
from services.alerts.notice_kinds import NoticeKind

ONE_MESSAGE = 70  # characters of one text message in UCS-2
# Whoever sees the telephone of a firm's contact must not learn what a bureau wrote to the firm: so
# only kinds that say nothing of it are named.
_KINDS = {
    NoticeKind.DIGEST: ("到期提醒", "due dates"),
    NoticeKind.ORDER: ("检定申请", "verification"),
    NoticeKind.RESULT: ("检定结果和证书", "results"),
    NoticeKind.CALIBRATION: ("校准到期", "calibration"),
    NoticeKind.FILING: ("器具备案", "filing"),
}
_OTHER = ("重要通知", "important")


def of_notice(kind: NoticeKind, language: Language, portal_url: str) -> str:
    """Writes that there is a notice of a kind, in the language of the receiver."""
    zh_kind, en_kind = _KINDS.get(kind, _OTHER)
    zh = f"计量信用监管平台：贵单位有新消息（{zh_kind}），请登录平台查看。"
    en = f"Metrology platform: new message ({en_kind}). Please sign in."
    if language is Language.BOTH:
        zh, en = f"计量信用监管平台：有新消息（{zh_kind}），请登录。", f"New message ({en_kind})."
        return f"{zh}{en}"
    text = zh if language is Language.CHINESE else en
    with_link = f"{text}{portal_url.rstrip('/')}"
    return with_link if len(with_link) <= ONE_MESSAGE else text


def of_code(code: str, language: Language, minutes: int) -> str:
    """Writes the code that confirms a number."""
    zh = f"计量信用监管平台：验证码{code}，{minutes}分钟内有效。非本单位操作请忽略。"
    en = f"Metrology platform: code {code}, valid {minutes} min. Not yours? Ignore."
    if language is Language.BOTH:
        return f"计量信用监管平台：验证码{code}，{minutes}分钟内有效。Code {code}."
    return zh if language is Language.CHINESE else en
