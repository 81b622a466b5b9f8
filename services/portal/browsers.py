"""The names of browsers and programs, as people know them."""

from __future__ import annotations

from collections.abc import Callable

from services.portal.wording import N_

# Programs by which people sign in, the more telling name first.
_BROWSERS = (
    ("MicroMessenger", N_("微信")),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("grpc-", N_("命令行或程序")),
)


def browser_named(say: Callable[[str], str]) -> Callable[[str], str]:
    """Returns a function that names browsers and programs as people know them."""

    def named(client: str) -> str:
        return next((say(name) for mark, name in _BROWSERS if mark in client), client[:40])

    return named
