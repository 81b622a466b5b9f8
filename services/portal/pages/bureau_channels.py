"""Pages of the channels of bureaus: chat groups and gateways that hear of new notices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.alerts.v1 import channels_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.platform_mail import KINDS as NOTICE_KINDS
from services.portal.pages.reading import account_names, bureau_names
from services.portal.pages.webhooks import ENABLED, STATES, WHY, said
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/channels"
SERVICES = {
    "wecom": N_("企业微信"),
    "dingtalk": N_("钉钉"),
    "feishu": N_("飞书"),
    "sms": N_("短信网关"),
}
KINDS = (
    *("term", "escalation", "approvals", "batch", "filing", "proposal", "institution", "case"),
    *("calibration", "ending", "upkeep", "channel"),
)

# What a gateway sends to operators; to whom is not shown.
TO_OPERATORS = {"sms.code": N_("给经营者的验证码"), "sms.notice": N_("给经营者的短信")}


async def page(visit: Visit) -> Response:
    """Shows the channels of bureaus; its forms add one or change one."""
    act = _ACTS.get(visit.field("act")) if visit.request.method == "POST" else None
    if act is None:
        return await _page(visit)
    if act is _add and (errors := _lacking(visit)):
        return await _page(visit, 422, errors=errors)
    try:
        await act(visit)
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}?done={visit.field('act')}")


async def one(visit: Visit) -> Response:
    """Shows what was sent to a channel, with the receipt of each attempt."""
    channel_id = visit.path("channel_id")
    request = pb.ListChannelMessagesRequest(
        channel_id=channel_id, page_size=50, page_token=visit.query("page")
    )
    answer = await ask(visit.services.bureau_channels.ListChannelMessages(request))
    channels = (
        await ask(visit.services.bureau_channels.ListChannels(pb.ListChannelsRequest()))
    ).channels
    return visit.page(
        "administration/channel.html",
        channel=next(one for one in channels if one.channel_id.startswith(channel_id)),
        services=_services(visit),
        messages=answer.messages,
        more=answer.next_page_token,
        states=said(visit, STATES),
        kinds=_kinds(visit),
        of_operators={kind: visit.say(name) for kind, name in TO_OPERATORS.items()},
    )


def _lacking(visit: Visit) -> dict[str, str]:
    """What the form of a new channel lacks, by field."""
    needed = {
        "bureau": N_("请选择机关"),
        "service": N_("请选择渠道"),
        "address": N_("请填写令牌或者网址"),
    }
    return {name: visit.say(text) for name, text in needed.items() if not visit.field(name)}


async def _add(visit: Visit) -> None:
    request = pb.AddChannelRequest(
        request_id=visit.request_id(),
        bureau=visit.field("bureau"),
        service=visit.field("service"),
        address=visit.field("address"),
        secret=visit.field("secret"),
        kinds=[kind for kind in visit.fields("kinds") if kind in KINDS],
    )
    await ask(visit.services.bureau_channels.AddChannel(request))


async def _switch(visit: Visit) -> None:
    request = pb.SwitchChannelRequest(
        request_id=visit.request_id(),
        channel_id=visit.field("channel_id"),
        enabled=visit.field("act") == "on",
    )
    await ask(visit.services.bureau_channels.SwitchChannel(request))


async def _remove(visit: Visit) -> None:
    request = pb.RemoveChannelRequest(
        request_id=visit.request_id(), channel_id=visit.field("channel_id")
    )
    await ask(visit.services.bureau_channels.RemoveChannel(request))


async def _test(visit: Visit) -> None:
    request = pb.TestChannelRequest(
        request_id=visit.request_id(), channel_id=visit.field("channel_id")
    )
    await ask(visit.services.bureau_channels.TestChannel(request))


_ACTS: dict[str, Callable[[Visit], Awaitable[None]]] = {
    "add": _add,
    "on": _switch,
    "off": _switch,
    "remove": _remove,
    "test": _test,
}


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    answer = await ask(visit.services.bureau_channels.ListChannels(pb.ListChannelsRequest()))
    return visit.page(
        "administration/channels.html",
        status=status,
        channels=answer.channels,
        services=_services(visit),
        enabled=said(visit, {"": ENABLED})[""],
        why=said(visit, WHY),
        kinds=_kinds(visit),
        bureaus=await bureau_names(visit),
        people=await account_names(visit, (channel.added_by for channel in answer.channels)),
        done=visit.just_done("done"),
        form=visit.form or {},
        chosen=visit.fields("kinds") if visit.request.method == "POST" else [],
        **{"errors": {}, "refusal": None, **values},
    )


def _services(visit: Visit) -> dict[str, str]:
    return {code: visit.say(name) for code, name in SERVICES.items()}


def _kinds(visit: Visit) -> dict[str, str]:
    return {kind: visit.say(NOTICE_KINDS[kind]) for kind in KINDS}
