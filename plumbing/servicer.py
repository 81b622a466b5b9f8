"""Servicers as tables: an RPC method that runs one command or one query is written in one line.

    class CaseServicer(Servicer, rpc.CaseServiceServicer):
        register = rpc.add_CaseServiceServicer_to_server

        AcceptCase = change(commands.accept)
        GetCase = query(queries.get_case)

The generated base class gives each method its request and response types. So mypy reports a command
or query with other types, and a servicer that lacks a method. A method that needs more than one
command or query is written as a function.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Concatenate, Protocol, TypeVar, cast

from google.protobuf import message_factory

from plumbing.answered_requests import Request, Response
from plumbing.change import Change, Changes
from plumbing.check_only import only_checks
from plumbing.identity import current_caller
from plumbing.rehearsal import rehearsed
from plumbing.view import View, open_view

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
Asked_contra = TypeVar("Asked_contra", contravariant=True)
Answer_co = TypeVar("Answer_co", covariant=True)


class Method(Protocol[Asked_contra, Answer_co]):
    """The type of an RPC method of a servicer instance: called with a request and a context."""

    def __call__(self, request: Asked_contra, context: Any) -> Awaitable[Answer_co]: ...


class Servicer:
    """Base class of servicers, which answer gRPC calls from the database of one service.

    The guard has already admitted these calls.
    """

    def __init__(self, changes: Changes) -> None:
        self.changes = changes

    async def once(
        self,
        request: Request,
        command: Callable[Concatenate[Change, Request, ...], Awaitable[Response]],
        **prepared: Any,
    ) -> Response:
        """Runs a command for the current caller; a repeated request gets the first response again.

        A request that says `check_only` gets the same refusals and response, and nothing is kept.

        `prepared` contains further arguments of the command: values that were read, or requested
        from other services, before the transaction.
        """
        command_of_request = partial(command, **prepared)
        if only_checks(request):
            return await rehearsed(self.changes, current_caller(), request, command_of_request)
        answer = cast("type[Response]", answer_type(request))
        return await self.changes.once(current_caller(), request, command_of_request, answer)

    def view(self) -> AbstractAsyncContextManager[View]:
        """Opens a database snapshot from which the current caller reads."""
        return open_view(self.changes.database, self.changes.clock, current_caller())


def change(
    command: Callable[[Change, Request], Awaitable[Response]],
) -> Method[Request, Response]:
    """Returns an RPC method that runs one command."""

    async def method(self: Servicer, request: Request, context: Any) -> Response:
        return await self.once(request, command)

    return cast("Method[Request, Response]", method)


def query(ask: Callable[[View, Asked], Awaitable[Answer]]) -> Method[Asked, Answer]:
    """Returns an RPC method that answers one query."""

    async def method(self: Servicer, request: Asked, context: Any) -> Answer:
        async with self.view() as view:
            return await ask(view, request)

    return cast("Method[Asked, Answer]", method)


def answer_type(request: Any) -> type[Any]:
    """Returns the type of the response to a request, from the descriptor of its gRPC service."""
    request_type = request.DESCRIPTOR
    methods = (m for s in request_type.file.services_by_name.values() for m in s.methods)
    answer = next(m.output_type for m in methods if m.input_type == request_type)
    return message_factory.GetMessageClass(answer)
