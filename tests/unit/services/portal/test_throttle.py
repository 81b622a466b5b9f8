"""Guessing is slowed down, and what was rendered lately is kept for a minute."""

from __future__ import annotations

import pytest

from services.portal import published, throttle
from services.portal.published import SECONDS, PublishedPages
from services.portal.throttle import Throttle


class Watch:
    """A stopwatch that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_a_visitor_who_misses_too_often_waits_and_others_do_not() -> None:
    watch = Watch()
    guesses = Throttle(3, 60.0, watch)
    for _ in range(3):
        assert not guesses.refuses("a")
        guesses.miss("a")
        watch.seconds += 10
    assert guesses.refuses("a")
    assert not guesses.refuses("b")
    watch.seconds += 31  # the first miss is over, the others are not
    assert not guesses.refuses("a")
    guesses.miss("a")
    assert guesses.refuses("a")


def test_only_so_many_visitors_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "REMEMBERED", 2)
    guesses = Throttle(1, 60.0, Watch())
    for visitor in ("a", "b", "c"):
        guesses.miss(visitor)
    assert [guesses.refuses(visitor) for visitor in ("a", "b", "c")] == [False, True, True]


def test_a_page_is_kept_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "PAGES", 2)
    watch = Watch()
    pages = PublishedPages(watch)
    assert pages.get(("/i/a", "en")) is None
    pages.keep(("/i/a", "en"), b"a")
    assert pages.get(("/i/a", "en")) == b"a"
    assert pages.get(("/i/a", "zh-CN")) is None
    watch.seconds += SECONDS
    assert pages.get(("/i/a", "en")) is None
    for name in "bcd":
        pages.keep((name, "en"), name.encode())
    assert [pages.get((name, "en")) for name in "bcd"] == [None, b"c", b"d"]
    pages.forget()
    assert [pages.get((name, "en")) for name in "bcd"] == [None, None, None]
