"""Forms that were carried out: what is sent again with other content is told, not refused barely.

A form has the request id that its page was given. Who goes back, changes something and sends again
sends the same id. The services carry out a request id once, whichever replica of the portal asks;
so the visitor is asked first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from starlette.datastructures import FormData

from plumbing.clock import Clock
from plumbing.database import Database
from services.portal.tables import Submission

KEPT_FOR = timedelta(hours=12)  # longer than a session lasts


class Submissions:
    """Remembers, in the portal's own database, which forms of which person were carried out."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def carried_out(self, person: str, form: FormData, shown_at: str) -> None:
        """Remembers a form that led to the page `shown_at`; `person` is the id of the account."""
        request_id, now = _text(form, "request_id"), self._clock.now()
        if not request_id:
            return
        row = Submission(
            account_id=person,
            request_id=request_id,
            content=_hash(form),
            shown_at=shown_at,
            carried_out_at=now,
        )
        old = col(Submission.carried_out_at) < now - KEPT_FOR
        with contextlib.suppress(IntegrityError):  # another replica has just noted it
            async with self._database.transaction() as transaction:
                await transaction.exec(sa.delete(Submission).where(old))
                await transaction.merge(row)

    async def earlier(self, person: str, form: FormData) -> str:
        """Returns the page that shows what was done with the same request id and other content.

        Empty if there is none: the form is new, or it is the same once more.
        """
        request_id = _text(form, "request_id")
        if not request_id:
            return ""
        async with self._database.snapshot() as transaction:
            row = await transaction.get(Submission, (person, request_id))
        if row is None or row.content == _hash(form):
            return ""
        return row.shown_at if self._clock.now() < row.carried_out_at + KEPT_FOR else ""


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
