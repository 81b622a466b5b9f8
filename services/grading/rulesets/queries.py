"""Queries on rulesets, impacts and activations, within the caller's scope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from law.texts_in_force import load as texts
from plumbing import paging, row_scope
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.grading.v1 import rulesets_pb2 as pb
from services.grading.rulesets import wire
from services.grading.tables import Activation, Impact, ImpactMove


async def list_rulesets(view: View, request: pb.ListRulesetsRequest) -> pb.ListRulesetsResponse:
    """Returns every ruleset by which the platform can grade."""
    return pb.ListRulesetsResponse(rulesets=map(wire.ruleset, texts.list_rulesets()))


async def get_impact(view: View, request: pb.GetImpactRequest) -> pb.GetImpactResponse:
    """Returns an impact. Raises NotFound if it is unknown or outside the caller's scope."""
    impact = await _impact(view, request.impact_id)
    activated = await _activated_by(view, [impact])
    message = wire.impact(impact, activated.get(impact.impact_id, ""))
    return pb.GetImpactResponse(impact=message)


async def list_impacts(view: View, request: pb.ListImpactsRequest) -> pb.ListImpactsResponse:
    """Returns a page of the impacts in the caller's scope, newest first."""
    rows = select(Impact).where(row_scope.covered(view.caller, Impact.bureau))
    order = (Impact.run_at, Impact.impact_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    activated = await _activated_by(view, page)
    impacts = [wire.impact(row, activated.get(row.impact_id, "")) for row in page]
    count = await paging.count(view.session, request, rows, token)
    return pb.ListImpactsResponse(impacts=impacts, next_page_token=token, **count)


async def _activated_by(view: View, impacts: Sequence[Impact]) -> dict[str, str]:
    """The id of the activation to which each of the impacts has led, by the id of the impact."""
    ids = [impact.impact_id for impact in impacts]
    led = select(Activation.impact_id, Activation.activation_id)
    return dict((await view.session.exec(led.where(col(Activation.impact_id).in_(ids)))).all())


async def list_impact_moves(
    view: View, request: pb.ListImpactMovesRequest
) -> pb.ListImpactMovesResponse:
    """Returns a page of the subjects whose grade an impact would change, by subject id.

    They can be limited to one pair of grades, before and after. Raises NotFound if the impact is
    unknown or outside the caller's scope.
    """
    impact = await _impact(view, request.impact_id)
    rows = select(ImpactMove).where(ImpactMove.impact_id == impact.impact_id)
    if request.one_pair:
        rows = rows.where(*_pair(request))
    page, token = await paging.page(view.session, request, rows, ImpactMove.subject_id)
    moves = [wire.move(row, impact) for row in page]
    count = await paging.count(view.session, request, rows, token)
    return pb.ListImpactMovesResponse(moves=moves, next_page_token=token, **count)


def _pair(request: pb.ListImpactMovesRequest) -> Iterator[sa.ColumnElement[bool]]:
    """The moves from one grade under one text to one grade; an empty text means no grade."""
    yield col(ImpactMove.ruleset_before) == request.ruleset_before
    for column, grade in ((ImpactMove.before, request.before), (ImpactMove.after, request.after)):
        yield col(column) == grade if grade else col(column).is_(None)


async def list_activations(
    view: View, request: pb.ListActivationsRequest
) -> pb.ListActivationsResponse:
    """Returns a page of the activations for a bureau or for one below or above it, newest first.

    Raises NotPermitted for a bureau outside the caller's scope.
    """
    if request.bureau:
        view.caller.require_bureau(request.bureau)
    rows = select(Activation).where(_concerning(view, request.bureau))
    page, token = await paging.page(view.session, request, rows, Activation.seq, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    return pb.ListActivationsResponse(
        activations=map(wire.activation, page), next_page_token=token, **count
    )


def _concerning(view: View, requested_bureau: str) -> sa.ColumnElement[bool]:
    bureau = requested_bureau or view.caller.bureau
    if not bureau:
        return row_scope.covered(view.caller, Activation.bureau)
    above = [bureau[:digits].ljust(6, "0") for digits in (0, 2, 4)]
    return sa.or_(row_scope.within(bureau, Activation.bureau), col(Activation.bureau).in_(above))


async def _impact(view: View, impact_id: str) -> Impact:
    row = await find_by_id(view.session, Impact, impact_id)
    if row is None or not view.caller.covers(row.bureau):
        raise NotFound("未找到该试算", "There is no such impact")
    return row
