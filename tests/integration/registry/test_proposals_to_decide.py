"""What waits for somebody's decision is found behind any number of proposals of others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from law.separation import Act
from plumbing.identity import Role
from protos.registry.v1 import proposals_pb2 as pb
from services.registry.tables import Proposal
from tests.integration.registry.running_registry import Client, RunningRegistry

BUREAU, NEIGHBOUR = "330122", "330127"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
OTHERS = 250


def _proposal(number: int, **values: Any) -> Proposal:
    defaults: dict[str, Any] = {
        "proposal_id": uuid4().hex,
        "act": Act.CORRECT_RECORD,
        "request_type": "",
        "request": b"",
        "object": f"record/{uuid4().hex}",
        "subject_id": "",
        "bureau": BUREAU,
        "state": "waiting",
        "ground": "合成",
        "changes": [],
        "base_version": 1,
        "proposed_by": "somebody",
        "proposed_at": LONG_AGO + timedelta(minutes=number),
    }
    return Proposal(**(defaults | values))


async def _listed(client: Client, **asked: Any) -> tuple[list[str], int]:
    """The ids on all pages of a list, and how many the first page says there are."""
    request = pb.ListProposalsRequest(page_size=100, **asked)
    answer = await client.proposals.ListProposals(request)
    found, total = list(answer.proposals), answer.total or len(answer.proposals)
    while answer.next_page_token:
        request.page_token = answer.next_page_token
        answer = await client.proposals.ListProposals(request)
        found += answer.proposals
    return [one.proposal_id for one in found], total


async def test_proposals_of_others_hide_none_that_one_decides(registry: RunningRegistry) -> None:
    instrument = uuid4().hex
    own = [_proposal(n, proposed_by="head") for n in range(OTHERS)]
    elsewhere = [_proposal(n, bureau=NEIGHBOUR) for n in range(OTHERS)]
    of_caseworkers = _proposal(
        OTHERS, act=Act.CORRECT_INSTRUMENT, object=f"instrument/{instrument}/details"
    )
    of_heads = _proposal(OTHERS + 1, act=Act.EXCEED_CYCLE, object=f"instrument/{instrument}")
    asked = _proposal(
        OTHERS + 4, act=Act.CORRECT_INSTRUMENT, object=f"instrument/{instrument}/request"
    )
    decided = _proposal(OTHERS + 2, object=f"instrument/{instrument}", state="released")
    longer = _proposal(OTHERS + 3, object=f"instrument/{instrument}0")
    about = [one.proposal_id for one in (of_caseworkers, of_heads, decided, asked)]
    waiting, last = of_heads.proposal_id, longer.proposal_id
    async with registry.database.transaction() as session:
        session.add_all([*own, *elsewhere, of_caseworkers, of_heads, decided, longer, asked])
    head = registry.client(Role.UNIT_HEAD, bureau=BUREAU, name="head")

    assert await _listed(head, to_decide=True) == ([waiting, last], 2)
    assert await _listed(head, to_decide=True, state="released") == ([], 0)
    caseworker = registry.client(Role.CASEWORKER, bureau=BUREAU, name="caseworker")
    assert await _listed(caseworker, to_decide=True) == ([about[0], about[3]], 2)
    administrator = registry.client(Role.ADMINISTRATOR, bureau=BUREAU)
    assert await _listed(administrator, to_decide=True) == ([], 0)
    # Those of one person wait for another one: all of them, and counted.
    other = registry.client(Role.UNIT_HEAD, bureau=BUREAU, name="other")
    found, total = await _listed(other, to_decide=True)
    assert (len(found), total) == (OTHERS + 2, OTHERS + 2)
    assert len(set(found)) == total

    object_ = f"instrument/{instrument}"
    assert await _listed(head, object=object_) == (about, 4)
    assert await _listed(head, object=object_, state="waiting") == ([*about[:2], about[3]], 3)
    assert await _listed(head, object=object_, to_decide=True) == ([waiting], 1)
    neighbour = registry.client(Role.UNIT_HEAD, bureau=NEIGHBOUR)
    assert await _listed(neighbour, object=object_) == ([], 0)
