"""Queries of the terms that bureaus state for orders."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import paging, row_scope
from plumbing.identity import covering
from plumbing.view import View
from protos.registry.v1 import orders_pb2 as pb
from services.registry.orders.terms import figures, wire
from services.registry.orders.terms.tables import OrderTerms


async def list_order_terms(
    view: View, request: pb.ListOrderTermsRequest
) -> pb.ListOrderTermsResponse:
    """Returns a page of what bureaus stated, the newest day first.

    The caller sees the bureaus of its scope, and those above it, whose figures hold where its own
    bureau states none.
    """
    above = col(OrderTerms.bureau).in_(covering(view.caller.bureau))
    seen = sa.or_(row_scope.covered(view.caller, OrderTerms.bureau), above)
    rows = select(OrderTerms).where(seen)
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, OrderTerms.bureau))
    order = (OrderTerms.valid_from, OrderTerms.terms_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    holding = await figures.in_force(view.session, (row.bureau for row in page), view.today)
    return pb.ListOrderTermsResponse(
        order_terms=[
            wire.order_terms(row, in_force=holding.get(row.bureau) is row) for row in page
        ],
        of_law=[wire.figure(one, view.today) for one in figures.all_of_law(view.today)],
        next_page_token=token,
        **count,
    )
