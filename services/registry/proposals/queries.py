"""Queries on proposals, within the caller's scope."""

from __future__ import annotations

from sqlmodel import col, select

from plumbing import paging
from plumbing.view import View
from protos.registry.v1 import proposals_pb2 as pb
from services.registry.proposals import wire
from services.registry.proposals.access import find, to_decide, visible
from services.registry.proposals.propose import details_of, request_about
from services.registry.tables import Proposal


async def list_proposals(view: View, request: pb.ListProposalsRequest) -> pb.ListProposalsResponse:
    """Returns a page of the proposals that the caller may see, the oldest first.

    They may be limited to a state, to what waits for the caller's decision, and to one object with
    its parts.
    """
    caller = view.caller
    rows = select(Proposal).where(to_decide(caller) if request.to_decide else visible(caller))
    if request.state:
        rows = rows.where(Proposal.state == request.state)
    order = (Proposal.proposed_at, Proposal.proposal_id)
    if request.object:
        whole = request.object
        objects = (whole, details_of(whole), request_about(whole))
        parts = [rows.where(Proposal.object == one) for one in objects]
        page, token = await paging.page_of_several(view.session, request, parts, *order)
        rows = rows.where(col(Proposal.object).in_(objects))
    else:
        page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    messages = await wire.proposals(view.session, page)
    return pb.ListProposalsResponse(proposals=messages, next_page_token=token, **count)


async def get_proposal(view: View, request: pb.GetProposalRequest) -> pb.GetProposalResponse:
    """Returns a proposal. Raises NotFound, or NotPermitted outside the caller's scope."""
    row = await find(view.session, view.caller, request.proposal_id)
    [message] = await wire.proposals(view.session, [row])
    return pb.GetProposalResponse(proposal=message)
