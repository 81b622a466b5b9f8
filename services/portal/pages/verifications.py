"""The list of verifications: of an operator's own instruments, or of all that staff may see."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from plumbing.client import ask
from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import Asked, Cell, Chunk, Column, Listing, chunk_of, day_of, show
from services.portal.pages.reading import certificate_cell
from services.portal.visit import Visit
from services.portal.wording import N_, Words

Entry = registry.VerificationEntry


async def listing(visit: Visit) -> Response:
    """Shows every verification on file, each with its instrument and its certificate."""
    words = Words(visit.say, visit.language)
    shown: Listing[Entry] = Listing(
        path="/verifications",
        title=N_("检定记录"),
        columns=[
            Column(N_("器具"), partial(_instrument, words)),
            Column(N_("检定日期"), lambda row: day_of(row.verification.verified_on)),
            Column(N_("结果"), lambda row: words.result(row.verification.result)),
            Column(N_("有效期至"), _last_day),
            Column(N_("检定机构"), lambda row: row.verification.institution),
            Column(N_("证书编号"), lambda row: certificate_cell(visit, row.verification)),
        ],
        read=partial(_read, visit),
        empty=N_("没有检定记录。检定机构登记结果以后，会列在这里。"),
    )
    return await show(visit, shown)


async def _read(visit: Visit, asked: Asked) -> Chunk[Entry]:
    own = visit.person.subject_id if visit.has(Role.OPERATOR) else ""
    request = registry.ListVerificationsRequest(subject_id=own, **asked.paging)
    answer = await ask(visit.services.registry.ListVerifications(request))
    return chunk_of(answer, answer.verifications)


def _instrument(words: Words, row: Entry) -> Cell:
    part = f" / {row.verification.part}" if row.verification.part else ""
    name = f"{words.instrument_type(row.type_code)} {row.serial_no}{part}"
    return Cell(name, link=f"/instruments/{row.verification.instrument_id}")


def _last_day(row: Entry) -> Cell:
    until = row.verification.valid_until
    return Cell(day_of(until), link=f"/law/colours?valid_until={until}") if until else Cell("")
