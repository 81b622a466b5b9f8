"""The page for when a service does not answer: which one, and a way to send the same form again."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from plumbing.check_only import FORMER_RELEASE
from plumbing.client import UNTRUSTED
from plumbing.health import serves
from plumbing.settings import PORTAL, SERVICES
from services.portal.protection import SAFE_METHODS
from services.portal.visit import Visit
from services.portal.wording import N_

_WORK = {
    "registry": N_("账号和登记（主体、器具、检定、信用记录、导入）"),
    "grading": N_("信用等级"),
    "objection": N_("异议和信用修复"),
    "alerts": N_("预警、督促和通知"),
}
_SECRET = "password"  # no page repeats a field whose name contains this


async def away_page(visit: Visit, reason: str) -> Response:
    """Answers 503: names the work that is not available, and keeps what a form contained.

    `reason` is that of the refusal: UNTRUSTED if something answered in place of a service, which
    got nothing; FORMER_RELEASE if a service is being updated and cannot check the form yet.

    A form can be sent again from the page. It carries the request id of the first attempt, so a
    change that was made after all is not made twice.
    """
    return visit.page(
        "away.html",
        status=503,
        by_stranger=reason == UNTRUSTED,
        updating=reason == FORMER_RELEASE,
        work=[visit.say(_WORK[name]) for name in await _silent(visit)],
        kept=_kept(visit),
        sent=visit.request.method not in SAFE_METHODS,
    )


async def _silent(visit: Visit) -> list[str]:
    """The services that do not answer now."""
    settings = visit.portal.settings
    checks = (asyncio.to_thread(serves, settings.endpoint(name, PORTAL)) for name in SERVICES)
    return [
        name for name, ok in zip(SERVICES, await asyncio.gather(*checks), strict=True) if not ok
    ]


def _kept(visit: Visit) -> list[tuple[str, str]]:
    """The fields of a form that was sent; empty if it had a password or a file."""
    fields = list(visit.form.multi_items())
    if any(_SECRET in name or not isinstance(value, str) for name, value in fields):
        return []
    return [(name, str(value)) for name, value in fields if name != "form_token"]
