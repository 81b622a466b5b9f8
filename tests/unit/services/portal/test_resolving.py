"""Scanned codes at the portal: links of GS1 lead on, machines get the links, errors are errors.

The requirements are those of GS1 on resolvers, conformance 1.0; the register is a fake.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from plumbing.client import Refusal
from plumbing.settings import Settings
from protos.registry.v1 import registry_pb2 as registry
from services.portal.address import Address
from services.portal.linkset import DEFAULT, GS1, MEDIA_TYPE
from services.portal.pages import resolving, scanning
from services.portal.published import PublishedPages
from services.portal.routes import ADDRESSES
from services.portal.throttle import Throttle
from services.portal.visit import Visit

HOST = "https://quanheng.example"
CODE = "3f9a01c2d4-7k3m9qxb"
PAGE, LINK = f"/i/{CODE}", "/01/06901234567892/21/A%2F7"
FOUND = registry.ScannedInstrument(
    code=CODE,
    type_code="FUEL",
    serial_no="0012345",
    colour="none",
    bureau_name="测试市监局",
    bureau_phone="0571-1",
    shop_name="测试加油站",
    verified_on="2026-09-01",
    result="pass",
    institution="测试计量院",
    certificate_no="JL-1",
)


class Register:
    """Stands for the registry: what it was asked for, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: registry.ScannedInstrument | grpc.StatusCode = FOUND

    async def scan(self, request: registry.ScanInstrumentRequest) -> Any:
        self.asked.append(request.code)
        if isinstance(self.answer, grpc.StatusCode):
            raise Refusal(self.answer, self.answer.name, "不行", "no")
        return registry.ScanInstrumentResponse(instrument=self.answer)


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def browser(register: Register, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    async def ask(call: Any) -> Any:
        return await call

    for module in (resolving, scanning):
        monkeypatch.setattr(module, "ask", ask)
    stub = SimpleNamespace(ScanInstrument=register.scan)
    portal = SimpleNamespace(
        settings=Settings(portal_url=HOST),
        services=SimpleNamespace(registry=stub),
        published=PublishedPages(),
        makers=Throttle(3, 60),
    )

    def route(address: Address) -> Route:
        async def endpoint(request: Request) -> Response:
            return await address.page(Visit(cast("Any", portal), request, None))

        methods = ["GET", "OPTIONS"] if address.linked else ["GET"]
        return Route(address.path, endpoint, methods=methods)

    own = [
        one for one in ADDRESSES if one.page.__module__ in (resolving.__name__, scanning.__name__)
    ]
    app = Starlette(routes=[route(one) for one in own])
    return TestClient(app, base_url=HOST, follow_redirects=False)


@pytest.mark.parametrize("link", [LINK, "/8004/40123453f9a01c2d47k3m9qxb"])
def test_a_link_leads_to_the_page_and_names_its_links(
    browser: TestClient, register: Register, link: str
) -> None:
    answer = browser.get(f"{link}/?17=280101&from=shop")
    assert answer.status_code == 307
    assert answer.headers["location"] == f"{HOST}{PAGE}?17=280101&from=shop"
    assert register.asked == [f"{link}/?17=280101"]  # as it was written, with what GS1 defines
    linkset = f'<{HOST}{link}?linkType=linkset>; rel="linkset"; type="application/linkset+json"'
    assert answer.headers["link"] == linkset
    assert browser.head(link).status_code == 307


def test_the_page_of_a_label_names_its_links_too(browser: TestClient) -> None:
    answer = browser.get(PAGE)
    assert (answer.status_code, "测试加油站" in answer.text) == (200, True)
    assert answer.headers["link"].startswith(f"<{HOST}{PAGE}?linkType=linkset>")
    assert 'id="certificate"' in answer.text
    assert f'href="{PAGE}/fault"' in answer.text


@pytest.mark.parametrize("path", [LINK, PAGE])
@pytest.mark.parametrize(
    "asked", [{"params": {"linkType": "linkset"}}, {"headers": {"accept": f"{MEDIA_TYPE}, */*"}}]
)
def test_machines_get_every_link_with_kind_title_and_language(
    browser: TestClient, path: str, asked: dict[str, Any]
) -> None:
    answer = browser.get(path, **asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPE)
    assert answer.headers["access-control-allow-origin"] == "*"
    [described] = json.loads(answer.text)["linkset"]
    assert described.pop("anchor") == HOST + path
    assert "0012345" in described.pop("itemDescription")
    assert described.pop(DEFAULT) == [{"href": HOST + PAGE, "title": "检定信息"}]
    assert set(described) == {
        f"{GS1}pip",
        f"{GS1}certificationInfo",
        f"{HOST}/integrators#report-fault",
    }
    for [link] in described.values():
        assert link["href"].startswith(HOST + PAGE)
        assert link["hreflang"] == ["zh-CN", "en"]
        assert [one["language"] for one in link["title*"]] == ["zh-CN", "en"]


@pytest.mark.parametrize(
    ("kind", "leads_to"),
    [
        ("gs1:pip", PAGE),
        ("gs1:defaultLink", PAGE),
        (f"{GS1}certificationInfo", f"{PAGE}#certificate"),
        ("report-fault", f"{PAGE}/fault"),
        (f"{HOST}/integrators#report-fault", f"{PAGE}/fault"),
        ("gs1:recipeInfo", ""),
        ("nonsense", ""),
    ],
)
def test_a_kind_of_link_is_led_to_or_not_found(
    browser: TestClient, kind: str, leads_to: str
) -> None:
    for path in (LINK, PAGE):
        answer = browser.get(path, params={"linkType": kind})
        assert answer.status_code == (307 if leads_to else 404)
        assert answer.headers.get("location", "") == (HOST + leads_to if leads_to else "")


def test_what_was_never_verified_has_no_link_to_a_certificate(
    browser: TestClient, register: Register
) -> None:
    register.answer = registry.ScannedInstrument(code=CODE, type_code="FUEL", serial_no="1")
    assert browser.get(LINK, params={"linkType": "gs1:certificationInfo"}).status_code == 404
    assert "certificationInfo" not in browser.get(LINK, params={"linkType": "linkset"}).text


@pytest.mark.parametrize(
    ("code", "status"),
    [(grpc.StatusCode.INVALID_ARGUMENT, 400), (grpc.StatusCode.NOT_FOUND, 404)],
)
def test_an_error_is_no_200(
    browser: TestClient, register: Register, code: grpc.StatusCode, status: int
) -> None:
    register.answer = code
    for asked in ({}, {"linkType": "linkset"}):
        answer = browser.get(LINK, params=asked)
        assert (answer.status_code, "核对" in answer.text) == (status, True)


def test_whoever_tries_many_serial_numbers_has_to_wait(
    browser: TestClient, register: Register
) -> None:
    register.answer = grpc.StatusCode.NOT_FOUND
    assert [browser.get(f"/01/06901234567892/21/{n}").status_code for n in range(4)] == [
        *(404, 404, 404),
        429,
    ]


@pytest.mark.parametrize(
    "key", ["(01)06901234567892(21)A7", "010690123456789221A7", "0106901234567892\u3251A"]
)
@pytest.mark.parametrize("rest", ["", "?linkType=linkset", "/fault"])
def test_the_page_of_a_label_takes_no_key_that_can_be_guessed(
    browser: TestClient, register: Register, key: str, rest: str
) -> None:
    assert browser.get(f"/i/{key}{rest}").status_code == 404
    assert register.asked == []


def test_pages_of_others_may_ask(browser: TestClient) -> None:
    for path in (LINK, PAGE, "/.well-known/gs1resolver"):
        answer = browser.options(path, headers={"origin": "https://other.example"})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"


def test_the_resolver_describes_itself(browser: TestClient) -> None:
    described = browser.get("/.well-known/gs1resolver").json()
    assert described["resolverRoot"] == HOST
    assert described["supportedPrimaryKeys"] == ["01", "8004"]


def test_who_reports_a_fault_need_not_write_down_which_instrument(browser: TestClient) -> None:
    text = browser.get(f"{PAGE}/fault").text
    for told in ("12315", "0571-1", "测试市监局", "测试加油站", "0012345", CODE):
        assert told in text


@pytest.mark.parametrize(
    ("typed", "leads_to"),
    [
        (f"https://maker.example/x{LINK}?17=280101", f"{LINK}?17=280101"),
        (LINK, LINK),
        (f"{HOST}/8004/40123453f9a01c2d47k3m9qxb", "/8004/40123453f9a01c2d47k3m9qxb"),
        (f"{HOST}{PAGE}", PAGE),
        ("https://evil.example//evil.example/01/06901234567892/21/A", "/01/06901234567892/21/A"),
    ],
)
def test_a_pasted_address_leads_to_the_instrument(
    browser: TestClient, typed: str, leads_to: str
) -> None:
    answer = browser.get("/scan", params={"code": typed})
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)
