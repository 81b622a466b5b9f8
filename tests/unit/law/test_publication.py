"""What of a record may be made public, and what a released text may say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.disclosure.data import Audience, Classification, disclosure_rules
from law.disclosure.publication import (
    PublicationState,
    announced_until,
    announcement_rule,
    first_classification,
    is_redaction,
    may_read,
    may_review,
    public_from,
    reply_window,
    review_rule,
    state_after,
)
from law.errors import NotFound
from law.terms.workdays import edition_on, nth_working_day

TODAY = date(2026, 9, 14)
TEXT = st.text(alphabet="张三因用秤*12", max_size=20)


def test_only_what_is_open_is_released_and_nothing_adverse_begins_so() -> None:
    for found in Classification:
        released = state_after(found) is PublicationState.RELEASED
        assert released == may_read(found, Audience.PUBLIC, TODAY)
    assert state_after(first_classification(positive=False)) is PublicationState.WITHHELD
    assert state_after(first_classification(positive=True)) is PublicationState.RELEASED


def test_nobody_reviews_what_they_wrote() -> None:
    assert may_review("乙", {"甲"})
    assert not may_review("甲", {"甲", "丙"})
    rule = review_rule(TODAY)
    assert (rule.by, "S1 18" in rule.cite) == (("caseworker", "unit_head"), True)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("", True),
        ("张三因用秤", True),
        ("张*因用秤", True),
        ("*因用秤", True),
        ("张三因*", True),
        ("*", True),
        ("张■因＊秤", True),
        ("张三用秤", False),
        ("*张三因用秤", False),
        ("张三因用秤*", False),
        ("李四*", False),
        ("张*三因用秤", False),
        ("秤*张", False),
    ],
)
def test_a_redaction_leaves_out_and_says_nothing_new(text: str, is_one: bool) -> None:
    assert is_redaction(text, "张三因用秤") is is_one


@given(TEXT, TEXT, TEXT)
def test_masking_any_part_is_a_redaction(before: str, part: str, after: str) -> None:
    original = before + part + after
    assert is_redaction(original, original)
    if part:
        assert is_redaction(f"{before.replace('*', '')}*", before.replace("*", "") + part)


def test_every_text_has_a_window_for_the_reply_and_says_that_it_is_an_example() -> None:
    for versions in disclosure_rules().windows.values():
        [version] = versions
        assert version.value.example
        assert version.value.days > 0


def test_a_repair_is_announced_for_its_days_the_first_included() -> None:
    rule = announcement_rule(TODAY)
    assert rule.example  # S3 21 has it published promptly, and for no number of days
    assert announced_until(TODAY) == TODAY + timedelta(days=rule.days - 1)


def test_the_window_ends_before_the_first_public_day() -> None:
    window = reply_window("hangzhou-2021-120", TODAY)
    first = public_from(window, TODAY, TODAY)
    last = nth_working_day(TODAY, window.days, edition_on(TODAY)).date
    assert first == last + timedelta(days=1)
    long_ago = date(2026, 1, 5)
    assert public_from(window, long_ago, TODAY) == TODAY
    with pytest.raises(NotFound):
        reply_window("no-such-text", TODAY)
