"""The faults of a refused form, by field, and what a page says of an act that was done before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from starlette.datastructures import FormData
from starlette.requests import Request

from plumbing.client import Refusal
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.alerts.v1 import webhooks_pb2 as hooks
from protos.registry.v1 import laboratories_pb2 as rooms
from protos.registry.v1.registry_pb2 import Subject
from services.portal.pages import bureau_channels, contact, labels, laboratories, webhooks
from services.portal.visit import Visit, faults_by_field


def visit(method: str, query: str = "", **form: str) -> Visit:
    scope = {"type": "http", "method": method, "query_string": query.encode(), "headers": []}
    return Visit(cast("Any", None), Request(scope), None, FormData(form))


def test_a_form_that_is_sent_back_is_no_success_of_the_act_before_it() -> None:
    assert visit("GET", "moved=yes&page=2").just_done("moved") == "yes"
    sent = visit("POST", "moved=yes&page=2")
    assert (sent.just_done("moved"), sent.query("page")) == ("", "2")


@pytest.mark.parametrize(
    ("page", "written", "errors"),
    [
        (webhooks, {}, {"url": "请填写接收程序的网址"}),
        (
            bureau_channels,
            {},
            {
                "bureau": "请选择机关",
                "service": "请选择渠道",
                "address": "请填写令牌或者网址",
            },
        ),
        (
            bureau_channels,
            {"bureau": "330106", "service": "sms"},
            {"address": "请填写令牌或者网址"},
        ),
    ],
)
async def test_an_empty_form_names_what_to_choose_and_to_write(
    monkeypatch: pytest.MonkeyPatch, page: Any, written: dict[str, str], errors: dict[str, str]
) -> None:
    async def shown(_visit: Visit, status: int = 200, **values: Any) -> Any:
        return status, values

    monkeypatch.setattr(page, "_page", shown)
    assert await page.page(visit("POST", act="add", **written)) == (422, {"errors": errors})


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("", {"id": "请选择要打印的标签"}),
        ("layout=a4-40", {"id": "请选择要打印的标签"}),
        ("layout=a3&part=1", {"layout": "没有这种版式，请选择用什么纸打印"}),
        ("layout=a4-40&id=i1&id=i2", {}),
        ("part=2", {}),
        ("&".join(f"id=i{n}" for n in range(labels.AT_ONCE + 1)), {"id": "一次至多打印 500 枚"}),
    ],
)
def test_labels_are_printed_of_a_choice_in_a_known_layout(
    query: str, errors: dict[str, str]
) -> None:
    assert labels._faults(visit("GET", query)) == errors


@pytest.mark.parametrize(
    ("kept", "receives"),
    [([], False), ([hooks.Webhook()], False), ([hooks.Webhook(enabled=True)], True)],
)
async def test_who_chose_a_program_is_told_when_no_address_receives(
    monkeypatch: pytest.MonkeyPatch, kept: list[hooks.Webhook], receives: bool
) -> None:
    async def answer(asked: Any) -> Any:
        return asked

    monkeypatch.setattr(contact, "ask", answer)
    monkeypatch.setattr(Visit, "page", lambda _visit, _template, **values: values)
    services = SimpleNamespace(
        alerts=SimpleNamespace(
            GetDigestPreference=lambda _: alerts.GetDigestPreferenceResponse(by_webhook=["digest"]),
            GetMobileNumber=lambda _: alerts.GetMobileNumberResponse(),
        ),
        webhooks=SimpleNamespace(
            ListWebhooks=lambda _: hooks.ListWebhooksResponse(webhooks=kept),
        ),
    )
    opened = visit("GET", "changed=yes")
    opened.portal = cast("Any", SimpleNamespace(services=services))
    shown: Any = await contact._page(opened, Subject())
    assert (shown["has_webhook"], shown["changed"]) == (receives, True)


def test_what_is_said_of_several_rows_is_said_of_their_field() -> None:
    refusal = Refusal(
        grpc.StatusCode.FAILED_PRECONDITION,
        "WRONG_STATE",
        "不能公开",
        "Not now",
        (
            ("entries[0]", "甲：尚有异议", "A: an objection runs"),
            ("entries[1]", "乙：没有事由", "B: has no ground"),
            ("entries[1]", "乙：没有事由", "B: has no ground"),
            ("media", "须写明", "is required"),
        ),
    )
    assert faults_by_field(refusal, "zh-CN") == {
        "entries": "甲：尚有异议；乙：没有事由",
        "media": "须写明",
    }
    assert faults_by_field(refusal, "en")["entries"] == "A: an objection runs; B: has no ground"


@pytest.mark.parametrize(("act", "released"), [("release", True), ("withdraw", False), ("", False)])
async def test_only_who_presses_the_button_for_it_shows_a_laboratory(
    monkeypatch: pytest.MonkeyPatch, act: str, released: bool
) -> None:
    asked = list[rooms.ReleaseLaboratoryRequest]()

    async def find(_visit: Visit, _id: str) -> rooms.Laboratory:
        return rooms.Laboratory(laboratory_id="l-1", version=3)

    async def answer(request: rooms.ReleaseLaboratoryRequest) -> rooms.ReleaseLaboratoryResponse:
        asked.append(request)
        return rooms.ReleaseLaboratoryResponse()

    pressed = visit("POST", act=act, version="3", request_id="r-1")
    services = SimpleNamespace(laboratories=SimpleNamespace(ReleaseLaboratory=answer))
    pressed.portal = cast("Any", SimpleNamespace(services=services))
    monkeypatch.setattr(laboratories, "_find", find)
    monkeypatch.setattr(laboratories, "ask", lambda call: call)
    pressed.request.scope["path_params"] = {"laboratory_id": "l-1"}
    await laboratories.release(pressed)
    assert [(one.released, one.version) for one in asked] == [(released, 3)]
