"""Grades of first loads that call for a follow-up: the list, and its release in portions."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.responses import Response

from law.courses import grade_courses
from law.reader.texts import spell_out
from plumbing.client import Refusal, ask, new_request_id
from plumbing.identity import Role
from protos.alerts.v1 import escalations_pb2 as pb
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    show,
)
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names, today
from services.portal.pages.tasks import Task
from services.portal.visit import Visit, whole_number
from services.portal.wording import N_

PATH = "/first-grades"
_OF_FILTERS = ("bureau", "course")
MOST = 1000


async def page(visit: Visit) -> Response:
    """Shows the grades of first loads without a follow-up; its forms begin some."""
    if visit.request.method != "POST":
        return await _untold(visit)
    asked = {name: visit.query(name) for name in _OF_FILTERS}
    of = pb.UntoldGrades(**asked)
    request = pb.ReleaseUntoldGradesRequest(request_id=visit.request_id(), of=of)
    if fault := _choose(visit, request):
        return await _untold(visit, errors=fault)
    try:
        released = await ask(visit.services.escalations.ReleaseUntoldGrades(request))
    except Refusal as refusal:
        return await _untold(visit, **told(visit, refusal))
    return await _untold(visit, released=released, request_id=new_request_id())


def _choose(visit: Visit, request: pb.ReleaseUntoldGradesRequest) -> dict[str, str]:
    """Puts the chosen subjects or the chosen number into a request; returns what is wrong."""
    if visit.field("act") == "chosen":
        request.subject_ids.extend(visit.fields("chosen"))
        return {} if request.subject_ids else {"chosen": visit.say(N_("请至少选择一个主体"))}
    number = visit.field("at_most")
    if not (whole_number(number) and 1 <= int(number) <= MOST):
        return {"at_most": visit.say(N_("请写明开始几件：1 至 1000 的整数"))}
    request.at_most = int(number)
    return {}


async def _untold(visit: Visit, **values: Any) -> Response:
    bureaus, words = await bureau_names(visit), visit.words
    courses = await _courses(visit)

    async def read(asked: Asked) -> Chunk[pb.UntoldGrade]:
        of = pb.UntoldGrades(**{name: asked[name] for name in _OF_FILTERS})
        request = pb.ListUntoldGradesRequest(of=of, **asked.paging)
        answer = await ask(visit.services.escalations.ListUntoldGrades(request))
        return chunk_of(answer, answer.grades)

    def subject(row: pb.UntoldGrade) -> Cell:
        return Cell(row.subject_name, link=f"/subjects/{row.subject_id}")

    def ground(row: pb.UntoldGrade) -> Cell:
        course = row.course_zh if words.lang == "zh" else row.course_en
        return Cell(course, note=spell_out(row.cite, words.lang))

    listing: Listing[pb.UntoldGrade] = Listing(
        path=PATH,
        title=N_("首次建档的等级"),
        counted=N_("共 {total} 个，第 {first}–{last} 个"),
        columns=(
            Column(N_("主体"), subject),
            Column(N_("机关"), lambda row: bureaus.get(row.bureau, row.bureau)),
            Column(N_("信用等级"), lambda row: words.grade(row.ruleset_id, row.grade)),
            Column(N_("事由"), ground),
            Column(N_("等级自"), lambda row: day_of(row.known_on)),
            Column(N_("已有几天没有开始督促"), lambda row: row.days_untold, numeric=True),
        ),
        filters=(
            Filter("course", N_("事由"), courses),
            Filter("bureau", N_("机关"), [*bureaus.items()]),
        ),
        key=lambda row: row.subject_id,
        read=read,
        empty=N_("没有待开始督促的首次建档等级。"),
    )
    at_most = visit.field("at_most") or "50"
    return await show(visit, listing, "escalations/first_grades.html", at_most=at_most, **values)


async def _courses(visit: Visit) -> list[tuple[str, str]]:
    on, chinese = date.fromisoformat(await today(visit)), visit.words.lang == "zh"
    return [(one.id, one.zh if chinese else one.en) for one in grade_courses(on)]


async def waiting(visit: Visit) -> int:
    """Returns how many grades of first loads in the visitor's scope have no follow-up."""
    request = pb.ListUntoldGradesRequest(page_size=1)
    answer = await ask(visit.services.escalations.ListUntoldGrades(request))
    return answer.more_than or answer.total or len(answer.grades)


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if such grades wait for their follow-up."""
    if not visit.has(Role.CASEWORKER, Role.UNIT_HEAD):
        return []
    number = await waiting(visit)
    sentence = visit.say(N_("首次建档时的等级须督促、尚未开始督促的主体：{n} 个"))
    return [Task(sentence.format(n=number), PATH, "", (1, ""))] if number else []
