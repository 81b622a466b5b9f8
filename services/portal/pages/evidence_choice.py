"""The files of a wizard that lodges a case: sent one after another, then attached with the case.

A file is held by the service as soon as it was sent; so the answers to the next questions need not
carry it, and a fault elsewhere in the form loses none. The form carries the ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile

from plumbing.client import Refusal, ask, new_request_id
from protos.objection.v1 import evidence_pb2 as pb
from services.portal.pages.forms import file_name, told
from services.portal.pages.transfers import UPLOAD_SECONDS, parts_of
from services.portal.visit import Visit
from services.portal.wording import N_

NO_FILE = N_("请选择要上传的文件")


@dataclass(frozen=True)
class HeldFiles:
    """The files that the subject holds for a case, and which of them the form attaches.

    `errors` are the faults of the file that the form has just sent; `sent` is true if it had one.
    """

    found: pb.ListEvidenceResponse
    chosen: Sequence[str]
    sent: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def attached(self) -> list[pb.Evidence]:
        """The files that the form attaches."""
        return [one for one in self.found.evidence if one.evidence_id in self.chosen]

    @property
    def asks_again(self) -> bool:
        """Whether the page of the files is shown again before the wizard goes on."""
        return self.sent or bool(self.errors)


async def held_files(visit: Visit) -> HeldFiles:
    """Takes the file of the form, if it has one; returns the files that the subject holds."""
    chosen, errors = visit.fields("evidence_id"), {}
    file = chosen_file(visit)
    if file is not None:
        taken = await send(visit, file, subject_id=visit.person.subject_id)
        if isinstance(taken, pb.Evidence):
            chosen = [*chosen, taken.evidence_id]
        else:
            errors = taken
    elif visit.field("add"):
        errors = {"file": visit.say(NO_FILE)}
    request = pb.ListEvidenceRequest(subject_id=visit.person.subject_id)
    found = await ask(visit.services.evidence.ListEvidence(request))
    known = {one.evidence_id for one in found.evidence}
    kept = [one for one in dict.fromkeys(chosen) if one in known]
    return HeldFiles(found, kept, sent=bool(visit.field("add")), errors=errors)


def chosen_file(visit: Visit) -> UploadFile | None:
    """Returns the file that a form has sent; None if none was chosen."""
    file = visit.form.get("file")
    return file if isinstance(file, UploadFile) and file.filename else None


async def send(
    visit: Visit, file: UploadFile, *, case_id: str = "", subject_id: str = ""
) -> pb.Evidence | dict[str, str]:
    """Sends a file to a case, or for a case to be lodged; returns it, or the faults by field."""
    header = pb.EvidenceHeader(
        request_id=new_request_id(),
        case_id=case_id,
        subject_id=subject_id,
        file_name=file_name(file),
        description=visit.field("description")[:500],
        classification=visit.field("classification"),
        purpose=visit.field("purpose"),
    )
    call = visit.services.evidence.UploadEvidence(
        parts_of(pb.UploadEvidenceRequest, header, file), timeout=UPLOAD_SECONDS
    )
    try:
        answer: pb.UploadEvidenceResponse = await ask(call)
    except Refusal as refusal:
        faults = told(visit, refusal)
        return {"file": " ".join(dict.fromkeys([faults["refusal"], *faults["errors"].values()]))}
    return answer.evidence
