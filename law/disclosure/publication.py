"""What of a credit record may be made public: only what a second person has released (S1 18, 19).

An adverse record is internal until its confidentiality review; a record of good conduct is open
with its facts. The free text of either is shown as it was released, and not at all before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum

from law.disclosure.data import (
    AnnouncementRule,
    Audience,
    Classification,
    ReplyRule,
    ReplyWindow,
    ReviewRule,
    disclosure_rules,
)
from law.disclosure.personal_data import Found, plain_characters
from law.errors import NotFound
from law.figures import in_force
from law.terms.workdays import DueDate, Edition, edition_on, nth_working_day

_WHAT = ("保密审查规则", "the rule of the confidentiality review")
_MASKS = re.compile("[*＊■]+")
_PIECES = re.compile("([*＊■]+)")


class PublicationState(StrEnum):
    """How far the confidentiality review of a record has come.

    EARLIER is a record that was entered before reviews were held: its facts stay public, and its
    text is shown once it is released.
    """

    WAITING = "waiting"
    EARLIER = "earlier"
    RELEASED = "released"
    WITHHELD = "withheld"


def review_rule(on: date) -> ReviewRule:
    """Returns who reviews records under the rule of a day, with the article (S1 18)."""
    return in_force(disclosure_rules().review, on, *_WHAT)


def first_classification(*, positive: bool) -> Classification:
    """Returns the classification of a record that nobody has reviewed: never open if adverse."""
    return Classification.OPEN if positive else Classification.INTERNAL


def state_after(classification: Classification) -> PublicationState:
    """Returns the state of a record after its review: only what is open is released."""
    released = classification is Classification.OPEN
    return PublicationState.RELEASED if released else PublicationState.WITHHELD


def may_read(classification: Classification, audience: Audience, on: date) -> bool:
    """Returns whether an audience may read content of a classification on a day (S1 18)."""
    reach = in_force(disclosure_rules().classifications[classification], on, *_WHAT)
    return audience in reach.audiences


def may_review(person: str, authors: Collection[str]) -> bool:
    """Returns whether a person may review a record: not if they wrote a version of it (S1 18)."""
    return person not in authors


def reply_window(ruleset_id: str, on: date) -> ReplyWindow:
    """Returns the window before an unfavourable publication under a text (S1 19).

    Raises NotFound for an unknown text.
    """
    versions = disclosure_rules().windows.get(ruleset_id)
    if versions is None:
        raise NotFound("没有该规则", "There is no such ruleset", ruleset_id=ruleset_id)
    return in_force(versions, on, *_WHAT)


def reply_rule(on: date) -> ReplyRule:
    """Returns how long the subject's reply may be on a day, with the article (S1 19, 22)."""
    return in_force(disclosure_rules().reply, on, *_WHAT)


def announcement_rule(on: date) -> AnnouncementRule:
    """Returns for how many days a repair is announced under the rule of a day (S3 21)."""
    return in_force(disclosure_rules().repair_announced, on, *_WHAT)


def announced_until(first: date) -> date:
    """Returns the last day, inclusive, of the announcement of a repair carried out on a day."""
    return first + timedelta(days=announcement_rule(first).days - 1)


def public_from(window: ReplyWindow, told_on: date, on: date) -> date:
    """Returns the first day of an unfavourable publication that is released on the day `on`.

    It is the day after the window, whose working days run from the day after `told_on`.
    """
    return first_day(window, told_on, on, edition_on(on)).date


def first_day(window: ReplyWindow, told_on: date, on: date, calendar: Edition) -> DueDate:
    """Returns the day of `public_from` by a calendar, and whether it is provisional."""
    last = nth_working_day(told_on, window.days, calendar)
    return replace(last, date=max(last.date + timedelta(days=1), on))


def is_redaction(text: str, original: str) -> bool:
    """Returns whether `text` is `original` with masks in place of parts; an empty text is one.

    A mask is one or more of the characters *, ＊ and ■, and stands for at least one character. So
    a reviewer leaves out what the public must not see, and writes nothing new.
    """
    first, *others = _MASKS.split(text)
    if not others:
        return text in ("", original)
    if not original.startswith(first):
        return False
    return _follow(others, original, len(first))


def leaves_out_personal_data_only(text: str, original: str, found: Iterable[Found]) -> bool:
    """Returns whether `text` is `original` with masks in place of personal data, or whole.

    A mask stands for one character or more of what was `found` in the original. So nobody can turn
    a subject's words into their opposite by leaving out a word.
    """
    if text == original:
        return True
    maskable, places = _places_of(original, found), {0}
    for piece in _PIECES.split(text):
        if _MASKS.fullmatch(piece):
            places = {end for place in places for end in _masked_to(place, maskable)}
        else:
            places = {p + len(piece) for p in places if original.startswith(piece, p)}
    return len(original) in places


def _places_of(text: str, found: Iterable[Found]) -> set[int]:
    """The places of the characters of a text that belong to personal data."""
    plain = plain_characters(text)
    return {
        start + n
        for one in found
        for start in range(len(plain))
        if plain.startswith(one.text, start)
        for n in range(len(one.text))
    }


def _masked_to(place: int, maskable: set[int]) -> Iterator[int]:
    """The places to which a mask at a place can reach."""
    while place in maskable:
        place += 1
        yield place


def _follow(pieces: list[str], original: str, place: int) -> bool:
    """Whether the pieces follow one another from a place on, each after at least one character."""
    *middle, last = pieces
    for piece in middle:
        found = original.find(piece, place + 1)
        if found < 0:
            return False
        place = found + len(piece)
    return original.endswith(last) and len(original) - len(last) > place
