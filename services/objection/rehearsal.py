"""Runs a command in a case and undoes it, to see what it would make of the case."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

from sqlmodel import select

from plumbing.answered_requests import Request, Response, Sent
from plumbing.change import Change, Changes
from plumbing.identity import Caller
from plumbing.papers.letter_template import LetterText
from services.objection.tables import Case, CaseLetter


class Rehearsal(Changes):
    """Changes of which nothing stays: rows, events, numbers and audit entries are all undone.

    Give it to a servicer in place of `Changes`. After a call `case_after` is a copy of the case as
    the command would leave it, and `letter` the letter that the command itself would issue, if any.
    """

    def __init__(self, changes: Changes, case_id: str) -> None:
        super().__init__(changes.database, changes.clock)
        self._case_id = case_id
        self.case_after: Case
        self.letter: LetterText | None = None

    async def _once(
        self,
        caller: Caller,
        sent: Sent,
        request: Request,
        command: Callable[[Change, Request], Awaitable[Response]],
        response_type: type[Response],
    ) -> Response:
        with contextlib.suppress(_Undone):
            async with self.change(caller) as change:
                response = await command(change, request)
                await self._see(change)
                raise _Undone
        return response

    async def _see(self, change: Change) -> None:
        case = await change.session.get_one(Case, self._case_id)
        self.case_after = Case(**case.model_dump())
        issued = select(CaseLetter).where(
            CaseLetter.case_id == self._case_id, CaseLetter.issued_at == change.at
        )
        if letter := (await change.session.exec(issued)).first():
            self.letter = LetterText(letter.title, letter.body, letter.template)


class _Undone(BaseException):  # no failure in traces either: the way to roll back
    pass
