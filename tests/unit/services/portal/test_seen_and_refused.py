"""A page sends the versions that were seen, and shows no service that is away as nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from starlette.datastructures import FormData

from plumbing.client import Refusal
from plumbing.identity import Role
from protos.alerts.v1 import escalations_pb2 as pb
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import lives_pb2 as lives
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import escalations, recusals, twins, unheard
from services.portal.visit import Visit

CASE = objection.Case(case_id="c1", kind="objection")


async def ask(answer: Any) -> Any:
    if isinstance(answer, Refusal):
        raise answer
    return answer


def visit(form: dict[str, str] | None = None, **services: Any) -> Visit:
    session = SimpleNamespace(roles=[Role.CASEWORKER], account_id="a")
    stubs = {name: SimpleNamespace(**calls) for name, calls in services.items()}
    portal: Any = SimpleNamespace(services=SimpleNamespace(**stubs))
    return Visit(portal, cast("Any", None), cast("Any", session), FormData(form or {}))


async def test_twins_are_joined_as_they_were_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins, "ask", ask)
    sent: list[lives.JoinSubjectsRequest] = []

    def join(request: lives.JoinSubjectsRequest) -> lives.JoinSubjectsResponse:
        sent.append(request)
        return lives.JoinSubjectsResponse()

    form = {"kept_id": "a", "joined_id": "b", "ground": "核对", "version-a": "3", "version-b": "5"}
    now = {one: registry.Subject(subject_id=one, version=9) for one in "ab"}
    await twins._join(visit(form, lives={"JoinSubjects": join}), now)
    assert [(one.kept_version, one.joined_version) for one in sent] == [(3, 5)]


def test_a_document_is_approved_as_it_was_seen() -> None:
    shown = {"step": "reminder", "draft_version": "2", "draft_sha256": "ab" * 32}
    request = escalations._approval(visit(shown), {"step": "reminder"})
    assert (request.draft_version, request.draft_sha256) == (2, "ab" * 32)
    step = pb.EscalationStep(draft_version=2, sha256="ab" * 32)
    assert not escalations._is_stale(visit(shown), step)
    assert escalations._is_stale(visit(shown), pb.EscalationStep(draft_version=2, sha256="c"))
    assert escalations._is_stale(visit(shown), pb.EscalationStep(draft_version=3))


@pytest.mark.parametrize(
    ("page", "method"), [(recusals.of_case, "ListRecusals"), (unheard.unheard, "ListUnheardCases")]
)
async def test_a_service_that_is_away_is_not_taken_for_nothing(
    monkeypatch: pytest.MonkeyPatch, page: Any, method: str
) -> None:
    for module in (recusals, unheard):
        monkeypatch.setattr(module, "ask", ask)

    def answering(code: grpc.StatusCode) -> Visit:
        refusal = Refusal(code, code.name, "不可用", "away")
        return visit(objection={method: lambda _request: refusal})

    assert await page(answering(grpc.StatusCode.PERMISSION_DENIED), CASE) is None
    with pytest.raises(Refusal, match="UNAVAILABLE"):
        await page(answering(grpc.StatusCode.UNAVAILABLE), CASE)
