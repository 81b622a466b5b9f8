"""What waits for a person: a sentence with a verb, a link, and until when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A task that waits for the visitor: sentence, link, time limit and urgency."""

    sentence: str
    path: str
    by_when: str
    urgency: tuple[int, str]
