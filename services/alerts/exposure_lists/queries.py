"""Queries of exposure lists: those of the bureau, who may stand on one, and what is public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from sqlmodel import col, select

from law.disclosure.rule import may_list_openly
from law.errors import NotFound
from law.evidence import SubjectKind
from plumbing import paging, row_scope
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.alerts.v1 import escalations_pb2
from protos.alerts.v1 import exposure_lists_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.exposure_lists import wire
from services.alerts.exposure_lists.grounds import candidates_among, has_ground
from services.alerts.exposure_lists.tables import (
    EntryState,
    ExposureEntry,
    ExposureList,
    ListState,
)
from services.alerts.tables import Subject

_ORDERS = {
    "subject_name": (Subject.name, ExposureEntry.entry_id),
    "published_at": (ExposureList.released_at, ExposureEntry.entry_id),
    "": (ExposureEntry.entry_id,),
}


async def candidates(
    view: View, request: pb.ListExposureCandidatesRequest
) -> tuple[Sequence[Subject], pb.ListExposureCandidatesResponse]:
    """Returns a page of the subjects in the caller's scope that have a ground, and the answer.

    The candidates are still missing in the answer: see `listed`.
    """
    rows = select(Subject).where(row_scope.covered(view.caller, Subject.bureau))
    rows = rows.where(has_ground(view.today))
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Subject.bureau))
    if request.subject_id:
        rows = rows.where(col(Subject.subject_id) == request.subject_id)
    page, token = await paging.page(view.session, request, rows, Subject.subject_id)
    count = await paging.count(view.session, request, rows, token)
    return page, pb.ListExposureCandidatesResponse(candidates=(), next_page_token=token, **count)


async def listed(
    view: View, subjects: Sequence[Subject], public: Mapping[str, Grade]
) -> list[pb.ExposureCandidate]:
    """Returns subjects with their grounds and what speaks against each."""
    found = await candidates_among(view.session, subjects, public, view.today)
    return [
        wire.candidate(subject, ground, obstacles)
        for subject, (ground, obstacles) in zip(subjects, found, strict=True)
    ]


async def subjects_of(view: View, list_id: str) -> list[str]:
    """Returns the ids of the subjects that stand on a list."""
    rows = select(ExposureEntry.subject_id).where(
        col(ExposureEntry.list_id) == list_id, col(ExposureEntry.ended_at).is_(None)
    )
    return list((await view.session.exec(rows)).all())


async def get_exposure_list(
    view: View, request: pb.GetExposureListRequest
) -> pb.GetExposureListResponse:
    """Returns a list with all its entries, those that ended as well.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    covered = row_scope.covered(view.caller, ExposureList.bureau)
    row = await find_by_id(view.session, ExposureList, request.list_id, covered)
    if row is None:
        raise NotFound("没有这份名单", "There is no such list", list=request.list_id)
    view.caller.require_bureau(row.bureau)
    return pb.GetExposureListResponse(list=await wire.whole(view.session, row))


async def list_exposure_lists(
    view: View, request: pb.ListExposureListsRequest
) -> pb.ListExposureListsResponse:
    """Returns a page of the lists in the caller's scope, the newest first."""
    rows = select(ExposureList).where(row_scope.covered(view.caller, ExposureList.bureau))
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, ExposureList.bureau))
    if request.state:
        rows = rows.where(col(ExposureList.state) == ListState(request.state))
    order = (ExposureList.compiled_at, ExposureList.list_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    lists = await wire.lists(view.session, page)
    return pb.ListExposureListsResponse(lists=lists, next_page_token=token, **count)


async def list_exposed_subjects(
    view: View, request: pb.ListExposedSubjectsRequest
) -> pb.ListExposedSubjectsResponse:
    """Returns a page of the subjects that stand on a public list now.

    They are in the requested order; without one, what was listed last comes first.
    """
    page, answered = await public_entries(view, request)
    subjects = [wire.exposed(*row) for row in page]
    return pb.ListExposedSubjectsResponse(subjects=subjects, **answered)


async def list_exposures(
    view: View, request: escalations_pb2.ListExposuresRequest
) -> escalations_pb2.ListExposuresResponse:
    """Returns the same page in the form of the former call, which readers outside may still use."""
    page, answered = await public_entries(view, request)
    exposures = [wire.exposure(*row) for row in page]
    return escalations_pb2.ListExposuresResponse(exposures=exposures, **answered)


async def public_entries(
    view: View, request: pb.ListExposedSubjectsRequest | escalations_pb2.ListExposuresRequest
) -> tuple[Sequence[Any], dict[str, Any]]:
    """Returns a page of the public entries, and the fields of the answer that lead to the rest.

    Each has its list and the name of its subject.
    """
    rows = _exposed(view.today)
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, ExposureEntry.bureau))
    if request.name_contains:
        rows = rows.where(col(Subject.name).icontains(request.name_contains, autoescape=True))
    order, reverse = paging.order(request, _ORDERS, " desc")
    key = partial(_key, order)
    page, token = await paging.page(
        view.session, request, rows, *order, newest_first=reverse, key=key
    )
    count = await paging.count(view.session, request, rows, token)
    return page, {"next_page_token": token, **count}


def _key(order: Sequence[Any], row: Any) -> list[Any]:
    """The values by which an entry stands in its place of the list."""
    entry, of, name = row
    if order[0] is Subject.name:
        return [name, entry.entry_id]
    return [of.released_at, entry.entry_id] if len(order) > 1 else [entry.entry_id]


def _exposed(on: date) -> Any:
    """The public entries, each with its list and the name of its subject."""
    kinds = [kind for kind in SubjectKind if may_list_openly(kind, on)]
    return (
        select(ExposureEntry, ExposureList, Subject.name)
        .join(ExposureList, col(ExposureList.list_id) == col(ExposureEntry.list_id))
        .join(Subject, col(Subject.subject_id) == col(ExposureEntry.subject_id))
        .where(col(ExposureEntry.state) == EntryState.PUBLIC, col(ExposureEntry.ended_at).is_(None))
        .where(col(Subject.kind).in_(kinds))
    )
