"""What waits for a city: trial runs to read or to activate, indices to publish."""

from __future__ import annotations

from plumbing.client import ask
from plumbing.identity import Role
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import rulesets_pb2 as rulesets
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

_ROLES = (Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)
ALL = 50


async def impact_tasks(visit: Visit) -> list[Task]:
    """Returns the trial runs whose result the visitor can read, or whose text it can activate."""
    if not visit.has(*_ROLES):
        return []
    request = rulesets.ListImpactsRequest(page_size=ALL)
    impacts = (await ask(visit.services.rulesets.ListImpacts(request))).impacts
    return [
        Task(
            visit.say(sentence).format(text=visit.words.text_title(one.ruleset_id)),
            f"/rulesets/impacts/{one.impact_id}",
            visit.say(N_("启用日 {day}")).format(day=visit.words.day(one.as_of)),
            (1, one.as_of),
        )
        for one in impacts
        if (sentence := _next(visit, one))
    ]


def _next(visit: Visit, one: rulesets.Impact) -> str:
    """What the visitor can do about a trial run, as a sentence; empty if nothing."""
    if one.state != "done" or one.activation_id:
        return ""
    if not one.seen_by:
        return N_("查看《{text}》的试算结果")
    own = one.run_by == visit.person.account_id
    return N_("决定是否启用《{text}》") if visit.has(Role.UNIT_HEAD) and not own else ""


async def index_tasks(visit: Visit) -> list[Task]:
    """Returns the drafts of indices that the visitor can publish: those of other people."""
    if not visit.has(Role.UNIT_HEAD):
        return []
    request = assessments.ListIndexesRequest(state="draft", page_size=ALL)
    drafts = (await ask(visit.services.assessments.ListIndexes(request))).indexes
    sentence = visit.say(N_("决定是否公布 {area} 的诚信计量指数"))
    return [
        Task(sentence.format(area=one.area_name), f"/indices/{one.index_id}", "", (2, ""))
        for one in drafts
        if one.assessed_by != visit.person.account_id
    ]
