"""Forms that were carried out: what is sent again with other content is told, not refused barely.

A form has the request id that its page was given. Who goes back, changes something and sends again
sends the same id. The services carry out a request id once; so the visitor is asked first.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import FormData

SECONDS = 12 * 3600.0  # longer than a session lasts
REMEMBERED = 20_000  # forms; the one that was carried out longest ago is forgotten first


@dataclass(frozen=True)
class Submission:
    """A form that was carried out: a hash of its content, and the page that shows what was done."""

    content: str
    shown_at: str
    forgotten_at: float


class Submissions:
    """Remembers, in memory, which forms of which person were carried out."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._done: OrderedDict[tuple[str, str], Submission] = OrderedDict()

    def carried_out(self, person: str, form: FormData, shown_at: str) -> None:
        """Remembers a form that led to the page `shown_at`; `person` is the id of the account."""
        request_id = _text(form, "request_id")
        if not request_id:
            return
        self._done[person, request_id] = Submission(_hash(form), shown_at, self._now() + SECONDS)
        if len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def earlier(self, person: str, form: FormData) -> str:
        """Returns the page that shows what was done with the same request id and other content.

        Empty if there is none: the form is new, or it is the same once more.
        """
        done = self._done.get((person, _text(form, "request_id")))
        if done is None or done.forgotten_at <= self._now() or done.content == _hash(form):
            return ""
        return done.shown_at


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _hash(form: FormData) -> str:
    # Without passwords, which could be guessed from a hash.
    texts = [
        (name, value if isinstance(value, str) else value.filename)
        for name, value in form.multi_items()
        if name != "form_token" and "password" not in name
    ]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()
