"""The window before an unfavourable publication, in which the subject may reply (S1 19)."""

from __future__ import annotations

from datetime import date

from law.disclosure.data import ReplyWindow
from law.disclosure.publication import public_from, reply_window
from law.texts_in_force.governing import GoverningTexts
from services.registry.retention.expiry import kept
from services.registry.tables import Record, Subject


def window_of(record: Record, owner: Subject, now: GoverningTexts, on: date) -> ReplyWindow | None:
    """Returns the window by the text that governs the subject's archive on a day.

    Returns None for a record of good conduct, and where no text governs.
    """
    if record.kind.positive:
        return None
    ruleset_id, _ = kept(record, owner, now, on)
    return reply_window(ruleset_id, on) if ruleset_id else None


def first_day(window: ReplyWindow | None, told_on: date, on: date) -> date | None:
    """Returns the first day of a publication that is released on the day `on`, None for at once."""
    return public_from(window, told_on, on) if window else None
