"""What the states and codes of certificates of calibration are called on pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.portal.wording import N_, Tag

Say = Callable[[str], str]
STATES = {
    "waiting": (N_("待确认"), "govuk-tag--yellow"),
    "confirmed": (N_("已确认"), "govuk-tag--green"),
    "dismissed": (N_("已搁置"), "govuk-tag--grey"),
}
SIGNATURES: Mapping[str, str] = {
    "unsigned": N_("没有签名"),
    "broken": N_("签名与文件不符"),
    "unreadable": N_("不能核对的签名"),
    "intact": N_("签名完好，签名人未核对"),
    "untrusted": N_("签名人不在信任之列"),
    "trusted": N_("签名人可信"),
}
CONFORMITIES: Mapping[str, str] = {
    "pass": N_("符合"),
    "fail": N_("不符合"),
    "conditionalPass": N_("有条件符合"),
    "conditionalFail": N_("有条件不符合"),
    "noPass": N_("未声明符合"),
    "noFail": N_("未声明不符合"),
}
MATCHES: Mapping[str, str] = {
    "serial_no": N_("出厂编号相同"),
    "owner_no": N_("与单位自编号相同"),
    "certificate_no": N_("所替代的证书属于它"),
}
SHOWN: Mapping[str, str] = {"plate": N_("铭牌"), "form": N_("登记表")}
ANSWERS: Mapping[str, str] = {"yes": N_("有效"), "no": N_("无效"), "unknown": N_("未核对")}


def state(say: Say, code: str) -> Tag:
    """Returns the tag of the state of a certificate."""
    word, style = STATES[code]
    return Tag(say(word), "", style)


def word(say: Say, words: Mapping[str, str], code: str) -> str:
    """Returns the word of a code; the code itself if it has none."""
    return say(words[code]) if code in words else code
