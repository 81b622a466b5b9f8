"""Shows the access log to auditors."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing import paging, row_scope
from plumbing.access.entry import AccessEntry
from plumbing.days import on_days
from plumbing.view import View
from protos.operations.v1 import operations_pb2 as pb

_PLAIN = {
    "account_id", "name", "roles", "bureau", "on_behalf_of", "method", "object", "subject_id",
    "rows", "code", "source", "client", "times",
}  # fmt: skip


async def list_access(view: View, request: pb.ListAccessRequest) -> pb.ListAccessResponse:
    """Returns a page of the accesses of accounts in the caller's scope, newest first.

    What nobody known tried is shown to auditors of the whole platform. Raises InvalidInput for a
    day that does not exist.
    """
    in_scope = row_scope.covered(view.caller, AccessEntry.bureau)
    rows = select(AccessEntry).where(in_scope, *_asked_for(request))
    page, token = await paging.page(
        view.session, request, rows, AccessEntry.entry_id, newest_first=True
    )
    count = await paging.count(view.session, request, rows, token)
    return pb.ListAccessResponse(entries=map(_message, page), next_page_token=token, **count)


def _asked_for(request: pb.ListAccessRequest) -> Iterator[sa.ColumnElement[bool]]:
    entry = AccessEntry
    if request.account:
        names = (entry.account_id, entry.name, entry.on_behalf_of)
        yield sa.or_(*(col(name) == request.account for name in names))
    if request.kind:
        yield col(entry.kind) == request.kind
    if request.object:
        kind, _, identity = request.object.partition("/")
        of_subject = [col(entry.subject_id) == identity] if kind == "subject" else []
        yield sa.or_(col(entry.object) == request.object, *of_subject)
    if request.source:
        yield col(entry.source) == request.source
    yield from on_days(entry.at, request)


def _message(row: AccessEntry) -> pb.AccessEntry:
    message = pb.AccessEntry(
        number=row.entry_id or 0, kind=row.kind, **row.model_dump(include=_PLAIN)
    )
    message.at.FromDatetime(row.at)
    return message
