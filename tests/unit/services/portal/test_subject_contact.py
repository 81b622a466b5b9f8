"""A caseworker corrects how a subject is reached; what was written stays on a form sent back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from starlette.datastructures import FormData
from starlette.requests import Request

from plumbing.client import Refusal
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import subject_contact
from services.portal.visit import Visit

WRITTEN = {"person_in_charge": "甲", "address": "江边路1号", "phone": "", "email": "b@y.example"}
FAULTY = Refusal(
    grpc.StatusCode.INVALID_ARGUMENT,
    "INVALID_INPUT",
    "填写的内容有误",
    "wrong",
    (("subject.email", "应为一个电子邮箱", "one e-mail address"),),
)


class Register:
    """The call by which a subject is put: it is taken, or refused."""

    def __init__(self, refusal: Refusal | None = None) -> None:
        self.refusal = refusal
        self.put: list[registry.PutSubjectRequest] = []

    async def __call__(self, request: registry.PutSubjectRequest) -> registry.PutSubjectResponse:
        self.put.append(request)
        if self.refusal:
            raise self.refusal
        return registry.PutSubjectResponse(subject=request.subject)


def visit(monkeypatch: pytest.MonkeyPatch, register: Register, **form: str) -> Visit:
    async def answered(call: Any) -> Any:
        return await call

    async def present(_visit: Visit, subject_id: str) -> registry.Subject:
        return registry.Subject(
            subject_id=subject_id, name="合成加油站", email="a@x.example", version=7
        )

    def page(_visit: Visit, template: str, **values: Any) -> Any:
        return {"template": template, **values}

    monkeypatch.setattr(subject_contact, "ask", answered)
    monkeypatch.setattr(subject_contact, "subject", present)
    monkeypatch.setattr(Visit, "page", page)
    path = {"subject_id": "s-1"}
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": []}
    portal = SimpleNamespace(
        services=SimpleNamespace(registry=SimpleNamespace(PutSubject=register))
    )
    return Visit(cast("Any", portal), Request({**scope, "path_params": path}), None, FormData(form))


async def test_what_was_corrected_is_put_on_the_version_that_was_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register = Register()
    sent = visit(monkeypatch, register, version="5", **WRITTEN)
    answer = await subject_contact.change(sent)
    assert answer.headers["location"] == "/subjects/s-1?corrected=yes"
    (put,) = register.put
    assert {name: getattr(put.subject, name) for name in WRITTEN} == WRITTEN
    assert (put.subject.name, put.subject.version) == ("合成加油站", 5)


async def test_a_wrong_address_is_told_at_its_field_and_nothing_written_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = visit(monkeypatch, Register(FAULTY), version="5", **WRITTEN)
    shown: Any = await subject_contact.change(sent)
    assert (shown["status"], shown["errors"]) == (422, {"email": "应为一个电子邮箱"})
    assert (shown["form"], shown["firm"].version) == (WRITTEN, 7)
