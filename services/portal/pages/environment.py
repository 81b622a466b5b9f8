"""What the records of laboratories say of verifications: the list, a mark, and what was found."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import laboratories_pb2 as pb
from services.portal.address import STAFF
from services.portal.laboratory_words import FINDINGS
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of
from services.portal.listing import show as show_list
from services.portal.pages import certificate_files
from services.portal.pages.forms import told
from services.portal.pages.reading import certificate_cell
from services.portal.pages.tasks import Task
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/environment"
READERS = (Role.VERIFICATION_INSTITUTION, *STAFF)


async def listing(visit: Visit) -> Response:
    """Shows the verifications that were done in laboratories, with what the records say of each."""
    by_institution = Filter("institution", N_("检定机构全称"))
    shown: Listing[pb.EnvironmentMarkEntry] = Listing(
        path=PATH,
        title=N_("检定时的环境"),
        columns=[
            Column(N_("器具"), partial(_instrument, visit)),
            Column(N_("检定机构"), lambda row: row.entry.verification.institution),
            Column(N_("证书编号"), lambda row: certificate_cell(visit, row.entry.verification)),
            Column(N_("实验室"), lambda row: row.mark.laboratory),
            Column(N_("检定开始时间"), lambda row: row.mark.worked_from.replace("T", " ")),
            Column(N_("情况"), partial(_finding, visit)),
            Column(N_("核对情况"), lambda row: row.mark.note),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的检定。检定机构报送结果时写明实验室和起止时间的，会列在这里。"),
        filters=[
            Filter("finding", N_("情况"), [*FINDINGS.items()]),
            Filter("unnoted", N_("只看需要核对、还没有核对的"), box=True),
            *(() if visit.has(Role.VERIFICATION_INSTITUTION) else (by_institution,)),
        ],
    )
    return await show_list(visit, shown, "laboratories/marks.html")


def _instrument(visit: Visit, row: pb.EnvironmentMarkEntry) -> Cell:
    name = f"{visit.words.instrument_type(row.entry.type_code)} {row.entry.serial_no}"
    return Cell(name, link=f"/verifications/{row.mark.verification_id}")


def _finding(visit: Visit, row: pb.EnvironmentMarkEntry) -> Cell:
    hours = ""
    if row.mark.hours_outside:
        outside = visit.say(N_("{hours} 小时中有 {number} 小时"))
        hours = outside.format(hours=row.mark.hours, number=row.mark.hours_outside)
    return Cell(visit.say(FINDINGS[row.mark.finding]), note=hours)


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.EnvironmentMarkEntry]:
    request = pb.ListEnvironmentMarksRequest(
        finding=asked["finding"],
        unnoted=asked["unnoted"] == "yes",
        institution=asked["institution"],
        **asked.paging,
    )
    answer = await ask(visit.services.laboratories.ListEnvironmentMarks(request))
    return chunk_of(answer, answer.marks)


async def note(visit: Visit) -> Response:
    """Notes what the bureau found at a mark; a note that is refused leaves the form as it was."""
    verification_id = visit.path("verification_id")
    page = f"/verifications/{verification_id}"
    if visit.request.method == "GET":
        return visit.redirect(page)
    if not visit.field("note"):
        errors = {"note": visit.say(N_("请写明核对情况"))}
        return await certificate_files.page(visit, verification_id, 422, errors=errors)
    request = pb.NoteEnvironmentMarkRequest(
        request_id=visit.request_id(),
        verification_id=verification_id,
        note=visit.field("note"),
        version=visit.whole("version") or 0,
    )
    try:
        await ask(visit.services.laboratories.NoteEnvironmentMark(request))
    except Refusal as refusal:
        return await certificate_files.page(visit, verification_id, 422, **told(visit, refusal))
    return visit.redirect(f"{page}?noted=yes")


async def tasks(visit: Visit) -> list[Task]:
    """Returns one task if verifications wait for the bureau to look at their environment.

    Their institution is told of them too, to see to its laboratory.
    """
    if not visit.has(Role.CASEWORKER, Role.VERIFICATION_INSTITUTION):
        return []
    request = pb.ListEnvironmentMarksRequest(unnoted=True, page_size=200)
    answer = await ask(visit.services.laboratories.ListEnvironmentMarks(request))
    if not answer.marks:
        return []
    number = answer.total or answer.more_than or len(answer.marks)
    sentence = (
        N_("核对实验室环境不符或者缺记录的检定：{n} 次")
        if visit.has(Role.CASEWORKER)
        else N_("查看实验室环境不符或者缺记录的检定：{n} 次")
    )
    return [Task(visit.say(sentence).format(n=number), f"{PATH}?unnoted=yes", "", (2, ""))]
