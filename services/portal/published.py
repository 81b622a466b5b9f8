"""A store of public pages that many people open: what was rendered lately is not rendered again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

SECONDS = 60.0  # as long as browsers may keep a public page without asking
PAGES = 2000


class PublishedPages:
    """Keeps rendered pages for a minute, at most 2000 of them.

    Only pages that say the same to everybody may be kept. The key names the page and its language.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pages: OrderedDict[tuple[str, str], tuple[float, bytes]] = OrderedDict()

    def get(self, key: tuple[str, str]) -> bytes | None:
        """Returns a page that was kept within the last minute; None without one."""
        kept = self._pages.get(key)
        if kept is None or kept[0] <= self._now():
            return None
        return kept[1]

    def keep(self, key: tuple[str, str], page: bytes) -> None:
        """Keeps a page from now on for a minute; drops the one that was kept longest ago."""
        self._pages[key] = (self._now() + SECONDS, page)
        self._pages.move_to_end(key)
        if len(self._pages) > PAGES:
            self._pages.popitem(last=False)

    def forget(self) -> None:
        """Drops every page, because what they say has changed at once."""
        self._pages.clear()
