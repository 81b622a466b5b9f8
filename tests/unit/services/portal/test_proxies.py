"""The proxies before the portal are addresses or whole networks, as of a cluster's pods."""

from __future__ import annotations

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.portal.connections import Networks

SET = "127.0.0.1, 10.244.0.0/16,fd00::/8"


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("127.0.0.1", True),
        ("10.244.7.9", True),
        ("fd00::1", True),
        ("10.245.0.1", False),
        ("", False),
        ("unix", False),
    ],
)
def test_the_setting_means_the_same_to_the_bounds_and_to_the_server(
    host: str, is_one: bool
) -> None:
    assert (host in Networks(SET)) is is_one
    server = ProxyHeadersMiddleware(lambda *_: None, trusted_hosts=SET)  # type: ignore[arg-type]
    assert (host in server.trusted_hosts) is is_one


def test_without_the_setting_nobody_is_a_proxy() -> None:
    assert "127.0.0.1" not in Networks("")
