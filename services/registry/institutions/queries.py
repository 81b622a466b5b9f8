"""Queries on verification institutions, within the caller's scope."""

from __future__ import annotations

from sqlmodel import col, select

from plumbing import paging
from plumbing.view import View
from protos.registry.v1 import institutions_pb2 as pb
from services.registry.institutions import wire
from services.registry.institutions.access import find, visible
from services.registry.institutions.tables import Authorisation, Capacity, Institution, Site


async def list_institutions(
    view: View, request: pb.ListInstitutionsRequest
) -> pb.ListInstitutionsResponse:
    """Returns a page of the institutions that the caller may see, by name."""
    rows = select(Institution).where(await visible(view))
    order = (Institution.name, Institution.institution_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    institutions = map(wire.institution, page)
    return pb.ListInstitutionsResponse(institutions=institutions, next_page_token=token, **count)


async def get_institution(
    view: View, request: pb.GetInstitutionRequest
) -> pb.GetInstitutionResponse:
    """Returns an institution with its authorisations, sites and capacities.

    Raises NotFound if there is none to see.
    """
    row = await find(view, request.institution_id)
    own = select(Authorisation).where(Authorisation.institution_id == row.institution_id)
    order = (col(Authorisation.type_code), col(Authorisation.valid_from))
    authorisations = await view.session.exec(own.order_by(*order, Authorisation.authorisation_id))
    sites = select(Site).where(Site.institution_id == row.institution_id)
    capacities = select(Capacity).where(Capacity.institution_id == row.institution_id)
    by_day = (col(Capacity.from_on), col(Capacity.capacity_id))
    return pb.GetInstitutionResponse(
        institution=wire.institution(row),
        authorisations=map(wire.authorisation, authorisations),
        sites=map(wire.site, await view.session.exec(sites.order_by(col(Site.name)))),
        capacities=map(wire.capacity, await view.session.exec(capacities.order_by(*by_day))),
    )
