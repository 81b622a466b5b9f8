"""Which tokens are refused although they say for themselves that they are valid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from plumbing.ended_sessions import EndedSessions
from plumbing.identity import Caller, Role, Unauthenticated
from protos.identity.v1 import identity_pb2 as pb

PERSON = Caller("id", "person", frozenset({Role.OPERATOR}), "", "former", session_id="moved")


class Registry:
    """Tells of ended logins."""

    async def GetEndedSessions(  # noqa: N802 - as the service names it
        self, _request: pb.GetEndedSessionsRequest
    ) -> pb.GetEndedSessionsResponse:
        answer = pb.GetEndedSessionsResponse(session_ids=["ended"])
        answer.moved_sessions.add(session_id="moved", subject_id="present")
        return answer


@pytest.fixture
async def told() -> EndedSessions:
    """What the registry has told."""
    ended = EndedSessions(cast("Any", Registry()))
    await ended.look()
    return ended


async def test_a_token_for_a_former_subject_is_good_for_renewing_alone(told: EndedSessions) -> None:
    with pytest.raises(Unauthenticated, match="another subject"):
        told.require_open(PERSON)
    told.require_open(PERSON, renewing=True)
    told.require_open(replace(PERSON, subject_id="present"))
    told.require_open(replace(PERSON, session_id="another"))
    assert told.has_moved("moved", "former")
    assert not told.has_moved("moved", "present")


async def test_a_login_that_was_ended_renews_nothing(told: EndedSessions) -> None:
    for renewing in (False, True):
        with pytest.raises(Unauthenticated, match="was ended"):
            told.require_open(replace(PERSON, session_id="ended"), renewing=renewing)
