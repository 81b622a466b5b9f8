"""Queries on rulesets, impacts and activations, within the caller's scope."""

from __future__ import annotations

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
    return pb.GetImpactResponse(impact=wire.impact(await _impact(view, request.impact_id)))


async def list_impact_moves(
    view: View, request: pb.ListImpactMovesRequest
) -> pb.ListImpactMovesResponse:
    """Returns a page of the subjects whose grade an impact would change, by subject id.

    Raises NotFound if the impact is unknown or outside the caller's scope.
    """
    impact = await _impact(view, request.impact_id)
    rows = select(ImpactMove).where(ImpactMove.impact_id == impact.impact_id)
    page, token = await paging.page(view.session, request, rows, ImpactMove.subject_id)
    total = await paging.total(view.session, request, rows, token)
    return pb.ListImpactMovesResponse(
        moves=map(wire.move, page), next_page_token=token, total=total
    )


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
    total = await paging.total(view.session, request, rows, token)
    return pb.ListActivationsResponse(
        activations=map(wire.activation, page), next_page_token=token, total=total
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
