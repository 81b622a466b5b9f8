"""The RPC by which an administrator sees which open terms an arrangement would move.

Every service with terms in working days offers it for its own. It counts, and changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from law.errors import InvalidInput
from law.terms.workdays import DueDate, Edition, edition
from plumbing.calendars.editions import arrangement_of
from plumbing.change import Changes
from plumbing.identity import Role
from plumbing.rpc import Policy, allow
from plumbing.servicer import Servicer
from plumbing.view import View
from protos.calendar.v1 import calendar_pb2 as pb
from protos.calendar.v1 import calendar_pb2_grpc as rpc

SERVICE = "quanheng.calendar.v1.MovedTermsService"
POLICY: Policy = {f"/{SERVICE}/ListMovedTerms": allow(Role.ADMINISTRATOR)}
SHOWN = 100  # unless the request says how many


@dataclass(frozen=True)
class OpenTerm:
    """An open term, with its last day by any edition of the calendar.

    `kind` says what it is about, `object_id` which case, record or order; `label` is how people
    call that.
    """

    kind: str
    object_id: str
    label: str
    bureau: str
    last: Callable[[Edition], DueDate]

    def moved(self, old: Edition, new: Edition) -> pb.MovedTerm | None:
        """Returns how a new edition changes the last day or makes it final; None if not."""
        before, after = self.last(old), self.last(new)
        if (before.date, before.provisional) == (after.date, after.provisional):
            return None
        return pb.MovedTerm(
            kind=self.kind,
            object_id=self.object_id,
            label=self.label,
            bureau=self.bureau,
            old_on=before.date.isoformat(),
            new_on=after.date.isoformat(),
            was_provisional=before.provisional,
            is_provisional=after.provisional,
        )


OpenTerms = Callable[[View], AsyncIterator[OpenTerm]]


class MovedTermsServicer(Servicer, rpc.MovedTermsServiceServicer):
    """Tells which open terms of one service an arrangement would move; `terms` reads them."""

    register = rpc.add_MovedTermsServiceServicer_to_server

    def __init__(self, changes: Changes, terms: OpenTerms) -> None:
        super().__init__(changes)
        self._terms = terms

    async def ListMovedTerms(
        self, request: pb.ListMovedTermsRequest, context: Any
    ) -> pb.ListMovedTermsResponse:
        old = edition()
        try:
            arrangement = arrangement_of(request.arrangement)
        except ValueError as error:
            raise InvalidInput("放假安排中有不是日期的内容", f"Not a date: {error}") from None
        new = arrangement.after(old)
        moved, count = [], 0
        async with self.view() as view:
            async for term in self._terms(view):
                count += 1
                if (found := term.moved(old, new)) is not None:
                    moved.append(found)
        return _response(moved, count, request.page_size or SHOWN)


def _response(moved: Sequence[pb.MovedTerm], count: int, shown: int) -> pb.ListMovedTermsResponse:
    in_order = sorted(moved, key=lambda term: (term.old_on, term.label, term.kind))
    return pb.ListMovedTermsResponse(terms=in_order[:shown], moved=len(moved), open=count)
