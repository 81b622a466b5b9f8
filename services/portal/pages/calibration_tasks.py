"""What waits of calibrations: certificates to be confirmed, and instruments that are due."""

from __future__ import annotations

from datetime import date, timedelta

from plumbing.client import ask
from plumbing.identity import Role
from protos.registry.v1 import calibrations_pb2 as pb
from services.portal.pages.calibrations import PATH
from services.portal.pages.reading import today
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

AHEAD = timedelta(days=30)  # as the first reminder of the calendar feed
EACH_UP_TO = 5


async def waiting(visit: Visit) -> list[Task]:
    """Returns one task if certificates wait for somebody to confirm their items."""
    if not visit.has(Role.VERIFICATION_INSTITUTION, Role.CASEWORKER):
        return []
    request = pb.ListDccsRequest(state="waiting", page_size=200)
    answer = await ask(visit.services.calibrations.ListDccs(request))
    if not answer.dccs:
        return []
    number = answer.total or answer.more_than or len(answer.dccs)
    sentence = visit.say(N_("确认校准证书是哪件器具：{n} 份"))
    return [Task(sentence.format(n=number), f"{PATH}?state=waiting", "", (3, ""))]


async def due(visit: Visit) -> list[Task]:
    """Returns a task for each of the operator's instruments whose next calibration is near."""
    if not visit.has(Role.OPERATOR):
        return []
    day = await today(visit)
    until = date.fromisoformat(day) + AHEAD
    request = pb.ListCalibrationsRequest(due_until=until.isoformat(), page_size=EACH_UP_TO)
    answer = await ask(visit.services.calibrations.ListCalibrations(request))
    sentence, words = visit.say(N_("安排 {instrument} 的校准")), visit.words
    return [
        Task(
            sentence.format(instrument=f"{words.instrument_type(one.type_code)} {one.serial_no}"),
            f"/instruments/{one.instrument_id}",
            words.day(one.due_on),
            (3, one.due_on),
        )
        for one in answer.calibrations
    ]
