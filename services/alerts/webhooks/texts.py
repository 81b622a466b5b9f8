"""The notice that a webhook was switched off, in Chinese and in English. Pure functions."""

from __future__ import annotations

from services.alerts.notices.texts import Text, body
from services.alerts.webhooks.tables import ChannelKind, Disabled

SERVICES = {
    ChannelKind.WECOM: "企业微信",
    ChannelKind.DINGTALK: "钉钉",
    ChannelKind.FEISHU: "飞书",
    ChannelKind.SMS: "短信网关",
}
# The kinds of notices to a bureau.
KINDS = {
    "term": "期限提醒",
    "escalation": "督促",
    "approvals": "待批准汇总",
    "batch": "导入",
    "filing": "器具备案",
    "proposal": "变更申请",
    "institution": "检定机构办理",
    "case": "案件办理",
    "calibration": "校准",
    "ending": "许可、授权和资格到期",
    "upkeep": "维护和签封记录",
    "channel": "通知渠道停用",
}
_WHY = {
    Disabled.GONE: "对方程序答复 410，表示不再接收",
    Disabled.FAILING: "连续多日没有一条消息被对方程序收下",
}
_WHY_EN = {
    Disabled.GONE: "the program answered 410, which says that it wants no more",
    Disabled.FAILING: "no message was accepted for several days",
}


def switched_off(name: str, url: str, why: Disabled) -> Text:
    """Writes to the subject `name` that its webhook at `url` was switched off."""
    return Text(
        "程序接收地址已停用",
        body(
            f"{name}：\n贵单位登记的程序接收地址 {url} 已由平台停用：{_WHY[why]}。",
            "此后的通知不再发到该地址；各项通知仍在平台的“消息”里，邮件照常发送。",
            "排除故障后，请在“程序接收”页重新启用；停用期间的通知不补发。",
        ),
    )


def switched_off_of_institution(name: str, url: str, why: Disabled) -> tuple[Text, Text]:
    """Writes the same to the institution `name`, in Chinese and in English."""
    zh = Text(
        "程序接收地址已停用",
        body(
            f"{name}：\n贵机构登记的程序接收地址 {url} 已由平台停用：{_WHY[why]}。",
            "此后的检定申请和期限不再告知该程序，请在平台上查看；每日的提醒邮件照常发送。",
            "排除故障后，请在“程序接收”页重新启用；停用期间的消息不补发。",
        ),
    )
    en = Text(
        "A webhook of yours was switched off",
        body(
            f"{name}:\nThe platform switched off your webhook {url}: {_WHY_EN[why]}.",
            "Your program hears no more of orders and terms: see them on the platform. The daily "
            "mails go out as before.",
            "Once the fault is removed, switch it on again on the page of webhooks; what happened "
            "meanwhile is not sent later.",
        ),
    )
    return zh, en


def channel_off(name: str, service: ChannelKind, host: str, why: Disabled) -> Text:
    """Writes to the bureau `name` that one of its channels was switched off."""
    channel = f"{SERVICES[service]}（{host}）"
    return Text(
        f"通知渠道已停用：{SERVICES[service]}",
        body(
            f"{name}：\n本机关的通知渠道 {channel} 已由平台停用：{_WHY[why]}。",
            "此后的通知不再发到该渠道，邮件和平台上的待办照常。",
            "请平台管理员查明原因，排除后在“通知渠道”页重新启用；停用期间的通知不补发。",
        ),
    )


def chat_message(type_: str, url: str) -> Text:
    """Writes the message to a chat group or gateway: that there is something, and where."""
    kind = KINDS.get(type_.removeprefix("notice."), "")
    title = f"计量信用监管平台：有新的通知（{kind}）" if kind else "计量信用监管平台：测试消息"
    return Text(title, f"请登录平台查看：{url}")


def switched_off_en(name: str, url: str, why: Disabled) -> Text:
    """Writes the same in English."""
    return Text(
        "A webhook of yours was switched off",
        body(
            f"{name}:\nThe platform switched off your webhook {url}: {_WHY_EN[why]}.",
            "Later notices are not sent there. All notices stay among the messages on the "
            "platform, and mails go out as before.",
            "Once the fault is removed, switch it on again on the page of webhooks; what was "
            "issued meanwhile is not sent later.",
        ),
    )
