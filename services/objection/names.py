"""Finds the subjects that a list of cases is about, by a text in their names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Concatenate, cast

from law.errors import Fault, InvalidInput
from plumbing.identity import current_caller
from plumbing.servicer import Method
from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from services.objection.clients import Clients

FEWEST_CHARACTERS = 2
MOST_SUBJECTS = 2000


async def subjects_named(clients: Clients, text: str) -> Collection[str]:
    """Returns the ids of the subjects in the caller's scope whose name contains a text.

    Returns nothing for an empty text. Raises InvalidInput for a text of one character, and for one
    that is part of more than 2,000 names: a list that left some of them out would not say so.
    """
    text = text.strip()
    if not text:
        return ()
    if len(text) < FEWEST_CHARACTERS:
        zh, en = "主体名称请至少写两个字", "of a name must have at least two characters"
        raise InvalidInput(faults=[Fault("name_contains", zh, en)])
    caller = current_caller()
    found = await clients.subjects_named(
        text, caller.account_id, bureau=caller.bureau, own=caller.subject_id, most=MOST_SUBJECTS
    )
    if len(found) > MOST_SUBJECTS:
        zh = f"名称含“{text}”的主体超过{MOST_SUBJECTS}个，请多写几个字"
        en = f"is part of more than {MOST_SUBJECTS} names; write more of it"
        raise InvalidInput(faults=[Fault("name_contains", zh, en)])
    return found


def query_with_names(
    ask: Callable[Concatenate[View, pb.ListCasesRequest, ...], Awaitable[pb.ListCasesResponse]],
) -> Method[pb.ListCasesRequest, pb.ListCasesResponse]:
    """Returns an RPC method for a query of cases; the registry is asked for the names before."""

    async def method(self: Any, request: pb.ListCasesRequest, context: Any) -> pb.ListCasesResponse:
        named = await subjects_named(self._clients, request.name_contains)
        async with self.view() as view:
            return await ask(view, request, named=named)

    return cast("Method[pb.ListCasesRequest, pb.ListCasesResponse]", method)
