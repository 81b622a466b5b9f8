"""Twins: subjects of one name in several bureaus, listed and joined with the consent of both."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import Response

from law.errors import NotFound
from plumbing.client import Refusal, ask
from plumbing.identity import Role
from protos.registry.v1 import lives_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    show,
)
from services.portal.pages.forms import told
from services.portal.pages.reading import bureau_names
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/twins"


async def listing(visit: Visit) -> Response:
    """Shows the subjects of the visitor's scope that have namesakes in other bureaus."""
    names = await bureau_names(visit)
    shown: Listing[pb.Twins] = Listing(
        path=PATH,
        title=N_("跨机关同名主体"),
        columns=[
            Column(N_("主体"), _linked),
            Column(N_("统一社会信用代码"), lambda one: one.subject.credit_code),
            Column(N_("监管机关"), lambda one: names.get(one.subject.bureau, one.subject.bureau)),
            Column(N_("另有登记"), partial(_others, visit, names)),
            Column(N_("各自保留的依据"), partial(_grounds, visit)),
        ],
        read=partial(_read, visit),
        empty=N_("没有跨机关的同名主体。"),
        filters=[Filter("apart", N_("只看已确定不是同一主体的"), box=True)],
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
    )
    return await show(visit, shown)


def _linked(one: pb.Twins) -> Cell:
    return Cell(one.subject.name, link=f"{PATH}/{one.subject.subject_id}")


def _others(visit: Visit, names: dict[str, str], one: pb.Twins) -> str:
    named = (
        f"{names.get(other.bureau, other.bureau)} {other.credit_code}".strip()
        for other in one.namesakes
    )
    return visit.words.listed(named, "；")


def _grounds(visit: Visit, one: pb.Twins) -> str:
    words = visit.words
    return words.listed((words.with_note(said.ground, said.by_name) for said in one.apart), "；")


async def _read(visit: Visit, asked: Asked) -> Chunk[pb.Twins]:
    request = pb.ListTwinsRequest(apart=asked["apart"] == "yes", **asked.paging)
    answer = await ask(visit.services.lives.ListTwins(request))
    return chunk_of(answer, list(answer.twins))


async def one(visit: Visit) -> Response:
    """Shows a subject beside its namesakes; the forms join two of them, or keep them apart.

    Those that were kept apart are shown too: they may still be joined.
    """
    twins = await _twins_of(visit)
    if visit.request.method == "GET":
        return await _page(visit, twins)
    if visit.field("act") == "apart":
        return await _keep_apart(visit, twins)
    sides = {side.subject_id: side for side in (twins.subject, *twins.namesakes)}
    errors = _faults(visit, sides)
    if errors:
        return await _page(visit, twins, 422, errors=errors)
    try:
        proposal_id = await _join(visit, sides)
    except Refusal as refusal:
        return await _page(visit, twins, 422, **told(visit, refusal))
    return visit.redirect(f"/proposals/{proposal_id}")


async def _twins_of(visit: Visit) -> pb.Twins:
    """A subject with its namesakes, and those that were kept apart with what was decided."""
    subject_id, found = visit.path("subject_id"), pb.Twins()
    for apart in (False, True):
        request = pb.ListTwinsRequest(subject_id=subject_id, page_size=1, apart=apart)
        for twins in (await ask(visit.services.lives.ListTwins(request))).twins:
            found.subject.CopyFrom(twins.subject)
            found.namesakes.extend(twins.namesakes)
            found.apart.extend(twins.apart)
    if not found.namesakes:
        raise NotFound("没有跨机关的同名主体", "There are no namesakes in other bureaus")
    return found


async def _keep_apart(visit: Visit, twins: pb.Twins) -> Response:
    namesakes, errors = {one.subject_id: one for one in _undecided(twins)}, {}
    other = namesakes.get(visit.field("other_id"))
    if other is None:
        errors["other_id"] = visit.say(N_("请选择与哪一方不是同一主体"))
    if not visit.field("apart_ground"):
        errors["apart_ground"] = visit.say(N_("请写明依据"))
    if other is None or errors:
        return await _page(visit, twins, 422, errors=errors)
    request = pb.KeepTwinsApartRequest(
        request_id=visit.request_id(),
        subject_id=twins.subject.subject_id,
        other_id=other.subject_id,
        subject_version=_seen(visit, twins.subject),
        other_version=_seen(visit, other),
        ground=visit.field("apart_ground"),
    )
    try:
        await ask(visit.services.lives.KeepTwinsApart(request))
    except Refusal as refusal:
        return await _page(visit, twins, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}?apart=yes")


def _undecided(twins: pb.Twins) -> list[registry.Subject]:
    """The namesakes that nobody has kept apart."""
    held = {one.other_id for one in twins.apart}
    return [one for one in twins.namesakes if one.subject_id not in held]


def _faults(visit: Visit, sides: dict[str, registry.Subject]) -> dict[str, str]:
    errors, kept, joined = {}, visit.field("kept_id"), visit.field("joined_id")
    if kept not in sides:
        errors["kept_id"] = visit.say(N_("请选择保留哪一方"))
    if joined not in sides or joined == kept:
        errors["joined_id"] = visit.say(N_("请选择把哪一方并入"))
    if not visit.field("ground"):
        errors["ground"] = visit.say(N_("请写明依据"))
    return errors


async def _join(visit: Visit, sides: dict[str, registry.Subject]) -> str:
    kept, joined = sides[visit.field("kept_id")], sides[visit.field("joined_id")]
    request = pb.JoinSubjectsRequest(
        request_id=visit.request_id(),
        kept_id=kept.subject_id,
        joined_id=joined.subject_id,
        kept_version=_seen(visit, kept),
        joined_version=_seen(visit, joined),
        ground=visit.field("ground"),
    )
    return str((await ask(visit.services.lives.JoinSubjects(request))).proposal.proposal_id)


def _seen(visit: Visit, side: registry.Subject) -> int:
    """The version of a side that the visitor saw on the page."""
    return visit.whole(f"version-{side.subject_id}") or side.version


async def _page(visit: Visit, twins: pb.Twins, status: int = 200, **values: Any) -> Response:
    return visit.page(
        "subjects/twins.html",
        status=status,
        sides=[twins.subject, *twins.namesakes],
        bureaus=await bureau_names(visit),
        undecided=_undecided(twins),
        apart=twins.apart,
        may_join=visit.has(Role.CASEWORKER),
        form=visit.form or {},
        **values,
    )
