"""Pages of a sandbox: sign in as one of the cast with a click, move the clock, take the tour."""

from __future__ import annotations

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.responses import Response

from law.errors import NotFound
from plumbing.client import ask
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as registry
from services.portal.cast import CastMember, cast
from services.portal.clients import use_token
from services.portal.pages.sign_in import go_on
from services.portal.tour import STOPS
from services.portal.visit import Visit

DAYS = ("1", "7", "30")


async def enter_as(visit: Visit) -> Response:
    """Signs the visitor in as the chosen member of the cast, and opens their home or `next`.

    Answers 404 if there is no such member.
    """
    chosen = [m for m in cast(visit.portal.settings) if m.name == visit.field("name")]
    if not chosen:
        raise HTTPException(404)
    return await go_on(visit, await _login(visit, chosen[0]), visit.field("next"))


async def tour(visit: Visit) -> Response:
    """Shows the story of the demo as steps on pages; 404 outside a sandbox, and without a cast."""
    settings = visit.portal.settings
    people = {member.name: member for member in cast(settings)}
    if not people and settings.sandbox:
        raise NotFound(
            "导览里的人员还没有：样例数据正在装入，请稍后刷新；或者启动时没有加 --sample",
            "The people of the tour are not there yet: the sample is being loaded, so reload this "
            "page in a moment; or the platform was started without --sample",
        )
    if not people:
        raise HTTPException(404)
    return visit.page("tour.html", stops=STOPS, people=people)


async def move_clock(visit: Visit) -> Response:
    """Moves the clock of a sandbox forward by 1, 7 or 30 days, with the administrator's token.

    Public pages tell of the present day, so those that were kept are dropped.
    """
    administrators = [m for m in cast(visit.portal.settings) if m.role == Role.ADMINISTRATOR]
    if not administrators or visit.field("days") not in DAYS:
        raise HTTPException(404)
    use_token((await _login(visit, administrators[0])).token)
    now = (await ask(visit.services.clock.GetClock(registry.GetClockRequest()))).now
    request = registry.AdvanceClockRequest(request_id=visit.request_id())
    request.to.FromDatetime(now.ToDatetime() + timedelta(days=int(visit.field("days"))))
    await ask(visit.services.clock.AdvanceClock(request))
    visit.portal.published.forget()
    return visit.redirect(visit.local(visit.field("back")))


async def _login(visit: Visit, member: CastMember) -> identity.LoginResponse:
    request = identity.LoginRequest(name=member.name, password=member.password)
    return await ask(visit.portal.visitor.identity.Login(request, metadata=visit.origin))
