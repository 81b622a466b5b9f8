"""How a firm, an institution or a bureau wants its notices, and the firm's own contact details."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask, new_request_id
from plumbing.identity import Role
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1.webhooks_pb2 import ListWebhooksRequest
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.reading import subject
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

_OF_BUREAUS = (Role.CASEWORKER, Role.UNIT_HEAD)
KEEPERS = (Role.OPERATOR, Role.VERIFICATION_INSTITUTION, *_OF_BUREAUS)
RHYTHMS = ("daily", "weekly")
LANGUAGES = ("zh", "en", "both")  # of mails
# The kinds of which a firm chooses the way, with the field of each; and those of an institution.
WAYS = {
    "digest": "way",
    "order": "way_order",
    "result": "way_result",
    "calibration": "way_calibration",
    "filing": "way_filing",
}
OF_INSTITUTIONS = {"institution": "way_institution"}
_WAY_NAMES = {
    "mail": N_("邮箱，同时在“消息”里"),
    "sms": N_("短信；没有送到网关的改发邮箱"),
    "webhook": N_("程序接收；没有收下的改发邮箱"),
    "portal": N_("只在“消息”里"),
}
_Act = Callable[[Visit], Awaitable[None]]
WEEKDAYS = (
    *(N_("星期一"), N_("星期二"), N_("星期三"), N_("星期四")),
    *(N_("星期五"), N_("星期六"), N_("星期日")),
)
OWN_FIELDS = ("person_in_charge", "address", "phone", "email")
_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ABORTED,
)


async def contact(visit: Visit) -> Response:
    """Shows the firm's details and preferences; saves those that it may change itself.

    The details of an institution are the bureau's to change, so it has the preferences only. Staff
    choose how their bureau gets its notices.
    """
    firm = await _firm(visit)
    if visit.request.method == "GET":
        return await _page(visit, firm)
    if act := _MOBILE_ACTS.get(visit.field("act")):
        return await _with_mobile(visit, firm, act)
    if visit.field("act") == "digest" or firm is None:
        return await _set_digest(visit, firm)
    for name in OWN_FIELDS:
        setattr(firm, name, visit.field(name))
    firm.version = visit.whole("version") or firm.version
    request = registry.PutSubjectRequest(request_id=visit.request_id(), subject=firm)
    try:
        await ask(visit.services.registry.PutSubject(request))
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        faults = faults_by_field(refusal, visit.language)
        return await _page(visit, await _firm(visit), faults, message_of(refusal, visit.language))
    return visit.redirect("/contact?changed=yes")


async def _firm(visit: Visit) -> registry.Subject | None:
    """The visitor's firm; None for an institution or a bureau."""
    return await subject(visit, visit.person.subject_id) if visit.has(Role.OPERATOR) else None


async def _set_digest(visit: Visit, firm: registry.Subject | None) -> Response:
    rhythm, language = visit.field("rhythm"), visit.field("language")
    chosen = WAYS if firm else {} if _of_a_bureau(visit) else OF_INSTITUTIONS
    ways = {kind: visit.field(name) for kind, name in chosen.items()}
    request = alerts.SetDigestPreferenceRequest(
        request_id=visit.request_id(),
        rhythm=rhythm if rhythm in RHYTHMS else RHYTHMS[0],
        mailed=ways.get("digest") != "portal",
        language=language if language in LANGUAGES else "",
        weekday=visit.whole("weekday") or 0,
        quiet_from=visit.field("quiet_from"),
        quiet_until=visit.field("quiet_until"),
        portal_only=[kind for kind, way in ways.items() if way == "portal" and kind != "digest"],
        by_webhook=[kind for kind, way in ways.items() if way == "webhook"],
        by_sms=[kind for kind, way in ways.items() if way == "sms"],
        sms_also=visit.field("sms_also") == "yes",
    )
    try:
        await ask(visit.services.alerts.SetDigestPreference(request))
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        faults = faults_by_field(refusal, visit.language)
        reason = message_of(refusal, visit.language)
        return await _page(visit, firm, faults, reason, digest=request)
    return visit.redirect("/contact?changed=yes")


def _of_a_bureau(visit: Visit) -> bool:
    return visit.has(*_OF_BUREAUS) and not visit.has(Role.OPERATOR)


async def _with_mobile(visit: Visit, firm: registry.Subject | None, act: _Act) -> Response:
    try:
        await act(visit)
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        faults = faults_by_field(refusal, visit.language)
        reason = message_of(refusal, visit.language)
        # A wrong code was counted, so the next one is another request.
        new = new_request_id()
        return await _page(visit, firm, faults, reason, of_mobile=True, request_id=new)
    return visit.redirect("/contact?changed=yes")


async def _ask_mobile(visit: Visit) -> None:
    request = alerts.AskMobileNumberRequest(
        request_id=visit.request_id(), number=visit.field("number")
    )
    await ask(visit.services.alerts.AskMobileNumber(request))


async def _confirm_mobile(visit: Visit) -> None:
    request = alerts.ConfirmMobileNumberRequest(
        request_id=visit.request_id(), code=visit.field("code")
    )
    await ask(visit.services.alerts.ConfirmMobileNumber(request))


async def _remove_mobile(visit: Visit) -> None:
    request = alerts.RemoveMobileNumberRequest(request_id=visit.request_id())
    await ask(visit.services.alerts.RemoveMobileNumber(request))


_MOBILE_ACTS: dict[str, _Act] = {
    "mobile": _ask_mobile,
    "mobile_confirm": _confirm_mobile,
    "mobile_remove": _remove_mobile,
}


async def _page(
    visit: Visit,
    firm: registry.Subject | None,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
    digest: alerts.SetDigestPreferenceRequest | None = None,
    *,
    of_mobile: bool = False,
    **values: Any,
) -> Response:
    written = {name: getattr(firm, name) for name in OWN_FIELDS} if firm else {}
    if refusal and digest is None and not of_mobile:
        written |= {name: visit.field(name) for name in OWN_FIELDS}
    asked = alerts.GetDigestPreferenceRequest()
    kept = await ask(visit.services.alerts.GetDigestPreference(asked))
    shown = {
        "digest": digest or kept,
        "weekdays": [visit.say(name) for name in WEEKDAYS],
        "status": 422 if refusal else 200,
        "errors": errors or {},
        "refusal": refusal,
        "changed": visit.just_done("changed") == "yes",
        **values,
    }
    if _of_a_bureau(visit):
        return visit.page("unit/contact.html", **shown)
    own_number = alerts.GetMobileNumberRequest()
    mobile = (await ask(visit.services.alerts.GetMobileNumber(own_number))).mobile
    hooks = (await ask(visit.services.webhooks.ListWebhooks(ListWebhooksRequest()))).webhooks
    return visit.page(
        "operator/contact.html" if firm else "institution/contact.html",
        has_webhook=any(hook.enabled for hook in hooks),
        mobile=mobile,
        written_number=visit.field("number") if of_mobile else "",
        ways=_ways(visit, sms=bool(mobile.number or kept.by_sms)),
        firm=firm,
        own=written,
        **shown,
    )


def _ways(visit: Visit, *, sms: bool) -> list[tuple[str, str]]:
    """The ways of which a firm chooses one for a kind; text messages only with a number."""
    names = {name: word for name, word in _WAY_NAMES.items() if sms or name != "sms"}
    return [(name, visit.say(word)) for name, word in names.items()]
