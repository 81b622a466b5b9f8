"""Form tokens in disguise, and static files that are cached for good."""

from __future__ import annotations

import gzip

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from services.portal.protection import masked, unmasked
from services.portal.static_files import serve_static, static_address, static_files

TOKEN = "3q2-7w_form-token"


def test_a_token_looks_different_each_time_and_is_the_same() -> None:
    guises = {masked(TOKEN) for _ in range(20)}
    assert len(guises) == 20
    assert {unmasked(guise) for guise in guises} == {TOKEN}


@pytest.mark.parametrize("written", ["", "x", "中文", TOKEN, "AAAA", "gICAgA=="])
def test_what_is_no_token_is_none(written: str) -> None:
    assert unmasked(written) != TOKEN


@pytest.fixture
def browser() -> TestClient:
    return TestClient(Starlette(routes=[Route("/static/{name:path}", serve_static)]))


def test_a_file_at_its_exact_address_is_kept_for_good(browser: TestClient) -> None:
    answer = browser.get(static_address("portal.css"))
    assert answer.text == static_files()["portal.css"].plain.decode()
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    same = browser.get(
        static_address("portal.css"), headers={"if-none-match": answer.headers["etag"]}
    )
    assert same.status_code == 304


def test_another_digest_is_not_kept_for_good(browser: TestClient) -> None:
    answer = browser.get("/static/portal.css?v=old", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "none.css", "/etc/passwd"])
def test_no_other_file_is_sent(browser: TestClient, name: str) -> None:
    assert browser.get(f"/static/{name}").status_code == 404


def test_files_are_compressed_once() -> None:
    for file in static_files().values():
        assert gzip.decompress(file.compressed) == file.plain
