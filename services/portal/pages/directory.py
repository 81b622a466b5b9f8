"""The service directory (S4 三(四)): who verifies what, and the texts that apply."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from grpc import StatusCode
from starlette.responses import Response

from law.instruments import catalogue
from law.reader.texts import TEXTS
from plumbing.client import Refusal, ask
from protos.registry.v1 import directory_pb2 as pb
from protos.registry.v1 import people_pb2 as people
from services.portal import expectation_words
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages import filters
from services.portal.pages.forms import told
from services.portal.pages.reading import ALL
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/directory"
_FIELDS = ("sites", "division_code", "contact", "phone", "website", "consent")


async def listing(visit: Visit) -> Response:
    """Shows the institutions that let the public find them, with what each may verify today."""
    shown: Listing[pb.DirectoryEntry] = Listing(
        path=PATH,
        title=N_("服务名录"),
        columns=[
            Column(N_("检定机构"), lambda one: one.name),
            Column(N_("今天可以检定"), partial(_authorised, visit)),
            Column(N_("实验室"), partial(_laboratories, visit)),
            Column(N_("地址"), lambda one: one.sites),
            Column(N_("检定地点"), partial(_places, visit)),
            Column(N_("联系"), _contact),
        ],
        read=partial(_read, visit),
        empty=N_("没有这样的机构。机构同意公开以后，会列在这里。"),
        filters=[
            await filters.types_in_directory(visit, "type", N_("器具类型")),
            Filter("division", N_("行政区划代码（2、4 或 6 位，如 3301）"), asks="division_code"),
            Filter("q", N_("名称中有"), asks="name_contains"),
        ],
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
    )
    regulations = [one for one in catalogue().values() if one.jjg]
    return await show(
        visit,
        shown,
        "public/directory.html",
        public=True,
        texts=TEXTS.values(),
        regulations=regulations,
        **await _calibrators(visit, shown.filters),
    )


async def _calibrators(visit: Visit, chosen: Sequence[Filter]) -> dict[str, Any]:
    """The calibration institutions that the filters of the list select, and whether any is set.

    A division that is none selects nobody here, as the list itself refuses it.
    """
    asked = {one.name: one.read(visit) for one in chosen}
    request = people.ListCalibratorsRequest(
        page_size=ALL,
        contains=asked["q"],
        type_code=asked["type"],
        division_code=asked["division"],
    )
    try:
        answer = await ask(visit.services.people.ListCalibrators(request))
    except Refusal as refusal:
        if refusal.code is not StatusCode.INVALID_ARGUMENT:
            raise
        answer = people.ListCalibratorsResponse()
    return {"calibrators": answer.calibrators, "narrowed": any(asked.values())}


def _authorised(visit: Visit, one: pb.DirectoryEntry) -> str:
    words = visit.words
    types = (
        _until(visit, words.instrument_type(row.type_code), row.valid_until)
        for row in one.authorised
    )
    return words.listed(types, "；")


def _laboratories(visit: Visit, one: pb.DirectoryEntry) -> str:
    rooms = (_until(visit, row.name, row.valid_until) for row in one.laboratories)
    return visit.words.listed(rooms, "；")


def _places(visit: Visit, one: pb.DirectoryEntry) -> str:
    words = visit.words
    return words.listed((expectation_words.site(words, place) for place in one.places), "；")


def _until(visit: Visit, name: str, last_day: str) -> str:
    if not last_day:
        return name
    return visit.say(N_("{type}（至 {day}）")).format(type=name, day=visit.words.day(last_day))


def _contact(one: pb.DirectoryEntry) -> Cell:
    return Cell(" ".join(filter(None, (one.contact, one.phone))), note=one.website)


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.DirectoryEntry]:
    request = pb.ListDirectoryRequest(
        type_code=asked["type"],
        division_code=asked["division"],
        name_contains=asked["q"],
        **asked.paging,
    )
    answer = await ask(visit.services.directory.ListDirectory(request))
    return chunk_of(answer, answer.institutions)


async def release(visit: Visit) -> Response:
    """Asks what an institution lets the public know of it, and releases it or takes it back."""
    institution_id = visit.path("institution_id")
    request = pb.GetListingRequest(institution_id=institution_id)
    present = (await ask(visit.services.directory.GetListing(request))).listing
    if visit.request.method == "GET":
        return _form(visit, present, {name: getattr(present, name) for name in _FIELDS})
    listing = pb.InstitutionListing(
        institution_id=institution_id,
        released=visit.field("act") == "release",
        version=visit.whole("version") or 0,
        **{name: visit.field(name) for name in _FIELDS},
    )
    put = pb.PutListingRequest(request_id=visit.request_id(), listing=listing)
    try:
        answer = await ask(visit.services.directory.PutListing(put))
    except Refusal as refusal:
        return _form(visit, present, visit.form, 422, **told(visit, refusal))
    if answer.HasField("proposal"):
        return visit.redirect(f"/proposals/{answer.proposal.proposal_id}")
    return visit.redirect(f"/institutions/{institution_id}/listing?done=yes")


def _form(
    visit: Visit, present: pb.InstitutionListing, form: Any, status: int = 200, **values: Any
) -> Response:
    return visit.page(
        "institutions/listing.html",
        status=status,
        listing=present,
        form=form,
        done=visit.just_done("done") == "yes",
        **values,
    )
