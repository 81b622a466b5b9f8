"""Queries on the directory: what anybody sees of it, and what an institution has written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.instruments import code_of
from plumbing import paging
from plumbing.database import unindexed
from plumbing.view import View
from protos.registry.v1 import directory_pb2 as pb
from services.registry.directory import wire
from services.registry.directory.policy import WRITERS
from services.registry.directory.tables import InstitutionListing
from services.registry.institutions.access import find
from services.registry.institutions.tables import Authorisation, Institution, Site
from services.registry.laboratories.tables import Laboratory


async def list_directory(view: View, request: pb.ListDirectoryRequest) -> pb.ListDirectoryResponse:
    """Returns a page of the institutions that have released their entry, by name."""
    rows: Any = (
        select(Institution, InstitutionListing)
        .join(
            InstitutionListing,
            col(InstitutionListing.institution_id) == Institution.institution_id,
        )
        .where(unindexed(col(InstitutionListing.released)), *_asked(view, request))
    )
    # No two institutions have the same name: by a second column PostgreSQL would sort them all.
    page, token = await paging.page(
        view.session, request, rows, Institution.name, key=lambda row: [row[0].name]
    )
    count = await paging.count(view.session, request, rows, token)
    ids = [one.institution_id for one, _ in page]
    authorised, rooms = await _authorised(view, ids), await _laboratories(view, ids)
    places = await _places(view, ids)
    entries = [
        wire.entry(one, row, authorised[key], rooms[key], places[key])
        for one, row in page
        for key in [one.institution_id]
    ]
    return pb.ListDirectoryResponse(institutions=entries, next_page_token=token, **count)


def _asked(view: View, request: pb.ListDirectoryRequest) -> list[Any]:
    """The conditions that the filters of a request set."""
    conditions: list[Any] = []
    if request.type_code:
        allowed = select(Authorisation.institution_id).where(
            Authorisation.type_code == code_of(request.type_code.strip()), _valid(view)
        )
        conditions.append(unindexed(col(Institution.institution_id).in_(allowed)))
    if request.division_code:
        place = col(InstitutionListing.division_code).startswith(request.division_code)
        conditions.append(unindexed(place))
    if request.name_contains:
        named = col(Institution.name).icontains(request.name_contains, autoescape=True)
        conditions.append(unindexed(named))
    return conditions


def _valid(view: View) -> sa.ColumnElement[bool]:
    today = view.today
    return sa.and_(col(Authorisation.valid_from) <= today, col(Authorisation.valid_until) >= today)


async def _authorised(view: View, ids: Collection[str]) -> dict[str, list[Authorisation]]:
    """What each of some institutions may verify today, by type; the latest last day of a type."""
    valid = select(Authorisation).where(col(Authorisation.institution_id).in_(ids), _valid(view))
    order = (col(Authorisation.type_code), col(Authorisation.valid_until))
    latest: dict[str, dict[str, Authorisation]] = defaultdict(dict)
    for one in await view.session.exec(valid.order_by(*order)):
        latest[one.institution_id][one.type_code] = one
    return defaultdict(list, {key: list(types.values()) for key, types in latest.items()})


async def _laboratories(view: View, ids: Collection[str]) -> dict[str, list[Laboratory]]:
    """The released laboratories of some institutions that are authorised today, by name."""
    today = view.today
    open_ = select(Laboratory).where(
        col(Laboratory.institution_id).in_(ids),
        col(Laboratory.released),
        col(Laboratory.valid_from) <= today,
        col(Laboratory.valid_until) >= today,
    )
    found: dict[str, list[Laboratory]] = defaultdict(list)
    for one in await view.session.exec(open_.order_by(col(Laboratory.name))):
        found[one.institution_id].append(one)
    return found


async def _places(view: View, ids: Collection[str]) -> dict[str, list[Site]]:
    """The places where some institutions verify, as they released them, by name."""
    in_use = select(Site).where(
        col(Site.institution_id).in_(ids), col(Site.released), sa.not_(col(Site.closed))
    )
    found: dict[str, list[Site]] = defaultdict(list)
    for one in await view.session.exec(in_use.order_by(col(Site.name))):
        found[one.institution_id].append(one)
    return found


async def get_listing(view: View, request: pb.GetListingRequest) -> pb.GetListingResponse:
    """Returns what an institution has written of itself; empty if it has written nothing.

    Raises NotFound if the caller may see no such institution.
    """
    institution = await find(view, request.institution_id)
    key = institution.institution_id
    row = await view.session.get(InstitutionListing, key)
    listing = wire.listing(row) if row else pb.InstitutionListing(institution_id=key)
    return pb.GetListingResponse(listing=listing, may_write=view.caller.has(*WRITERS))
