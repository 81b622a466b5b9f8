"""The files of a case: their page with the form for a further one, each file, and its preview."""

from __future__ import annotations

from functools import partial

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from plumbing.client import ask
from plumbing.file_kinds import FileKind
from protos.objection.v1 import evidence_pb2 as pb
from protos.objection.v1 import objection_pb2 as objection
from services.portal.pages.evidence_choice import NO_FILE, chosen_file, send
from services.portal.pages.reading import account_names
from services.portal.pages.transfers import attachment, pieces_of
from services.portal.visit import Visit


async def of_case(visit: Visit) -> Response:
    """Shows the files of a case, or takes a further one; what is refused leaves the form filled."""
    case_id = visit.path("case_id")
    if visit.request.method == "GET":
        return await _page(visit, case_id)
    file = chosen_file(visit)
    if file is None:
        return await _page(visit, case_id, {"file": visit.say(NO_FILE)})
    taken = await send(visit, file, case_id=case_id)
    if not isinstance(taken, pb.Evidence):
        return await _page(visit, case_id, taken)
    return visit.redirect(f"/cases/{case_id}/evidence?sent=yes")


async def found_files(visit: Visit, case_id: str) -> pb.ListEvidenceResponse:
    """Returns the files of a case that the visitor may see."""
    request = pb.ListEvidenceRequest(case_id=case_id)
    answer: pb.ListEvidenceResponse = await ask(visit.services.evidence.ListEvidence(request))
    return answer


async def file(visit: Visit) -> Response:
    """Sends a file of a case, which a browser stores and does not open."""
    first = await _read(visit, False, 0)
    headers = attachment(first.evidence.file_name)
    headers["content-length"] = str(first.evidence.size)
    kind = FileKind(first.evidence.kind)
    pieces = pieces_of(first.content, first.evidence.size, partial(_read, visit, False))
    return StreamingResponse(pieces, media_type=kind.media_type, headers=headers)


async def preview(visit: Visit) -> Response:
    """Sends the preview of a photograph, which holds its pixels alone."""
    first = await _read(visit, True, 0)
    if not first.content:
        raise HTTPException(404)
    size = first.evidence.preview_size
    pieces = pieces_of(first.content, size, partial(_read, visit, True))
    headers = {"content-encoding": "identity"}
    return StreamingResponse(pieces, media_type=FileKind.JPEG.media_type, headers=headers)


async def _read(visit: Visit, preview: bool, offset: int) -> pb.ReadEvidenceResponse:
    request = pb.ReadEvidenceRequest(
        evidence_id=visit.path("evidence_id"), offset=offset, preview=preview
    )
    answer: pb.ReadEvidenceResponse = await ask(visit.services.evidence.ReadEvidence(request))
    return answer


async def _page(visit: Visit, case_id: str, errors: dict[str, str] | None = None) -> Response:
    request = objection.GetCaseRequest(case_id=case_id)
    case = (await ask(visit.services.objection.GetCase(request))).case
    found = await found_files(visit, case_id)
    return visit.page(
        "evidence/of_case.html",
        status=422 if errors else 200,
        case=case,
        found=found,
        people=await account_names(visit, {one.uploaded_by for one in found.evidence}),
        form=visit.form,
        errors=errors or {},
        sent=visit.just_done("sent") == "yes",
    )
