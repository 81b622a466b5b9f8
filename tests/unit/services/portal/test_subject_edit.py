"""A caseworker changes name, kind and sector of a subject, after having seen what would change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.datastructures import FormData
from starlette.requests import Request

from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import subject_edit
from services.portal.visit import Visit

PRESENT = {"name": "合成加油站", "kind": "organisation", "sector": "fuel_station"}
RENAMED = PRESENT | {"name": "合成能源站"}


class Register:
    """The calls by which a subject is put, and others with such a name are listed."""

    def __init__(self) -> None:
        self.put: list[registry.PutSubjectRequest] = []

    async def PutSubject(self, request: Any) -> registry.PutSubjectResponse:  # noqa: N802
        self.put.append(request)
        return registry.PutSubjectResponse(subject=request.subject)

    async def ListSubjects(self, request: Any) -> registry.ListSubjectsResponse:  # noqa: N802
        alike = [registry.Subject(subject_id="s-1"), registry.Subject(subject_id="s-2")]
        return registry.ListSubjectsResponse(subjects=alike)


async def send(monkeypatch: pytest.MonkeyPatch, register: Register, **form: str) -> Any:
    async def present(_visit: Visit, subject_id: str) -> registry.Subject:
        return registry.Subject(subject_id=subject_id, phone="1", version=7, **cast("Any", PRESENT))

    def page(_visit: Visit, template: str, **values: Any) -> Any:
        return {"template": template, **values}

    monkeypatch.setattr(subject_edit, "subject", present)
    monkeypatch.setattr(Visit, "page", page)
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": []}
    request = Request({**scope, "path_params": {"subject_id": "s-1"}})
    portal = SimpleNamespace(services=SimpleNamespace(registry=register))
    return await subject_edit.change(Visit(cast("Any", portal), request, None, FormData(form)))


async def test_what_would_change_is_shown_before_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    register = Register()
    shown = await send(monkeypatch, register, version="5", **RENAMED)
    assert shown["template"] == "subjects/edit_check.html"
    assert [one.subject_id for one in shown["alike"]] == ["s-2"]
    answer = await send(monkeypatch, register, version="5", step="send", **RENAMED)
    assert answer.headers["location"] == "/subjects/s-1?changed=yes"
    checked, put = register.put
    assert (checked.check_only, put.check_only) == (True, False)
    # The version is that which was seen, and what the page does not ask for stays.
    assert (put.subject.name, put.subject.phone, put.subject.version) == ("合成能源站", "1", 5)


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        (PRESENT, "refusal"),
        (RENAMED | {"name": " "}, "errors"),
        (RENAMED | {"sector": ""}, "errors"),
    ],
)
async def test_what_lacks_or_changes_nothing_is_not_sent(
    monkeypatch: pytest.MonkeyPatch, form: dict[str, str], fault: str
) -> None:
    register = Register()
    shown = await send(monkeypatch, register, **form)
    assert (shown["template"], shown["status"]) == ("subjects/edit.html", 422)
    assert shown[fault]
    assert not register.put
