"""The sheets of a family: checked against the register, then imported as a first load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import Client
from services.cli.commands import imports
from services.cli.commands.imports import ColumnMapping
from services.cli.setup.workbook import SHEETS, SetupBook

FAULTS_PAGE = 1000
ADMINISTRATORS = "bureaus"  # the family that an administrator imports; bureaus' people the others


@dataclass(frozen=True)
class Checked:
    """What the check of a sheet found: what would change, its errors, and the rows that wait.

    `waiting` is the number of rows that refer to what another sheet brings first.
    """

    family: str
    batch: pb.Batch
    errors: Sequence[pb.RowFault] = ()
    waiting: int = 0

    @property
    def sheet(self) -> str:
        """The name of the sheet."""
        return SHEETS[self.family]


async def check(client: Client, book: SetupBook, family: str) -> Checked:
    """Checks a sheet against the register and the other sheets; changes nothing."""
    batch = await _send(client, book, family, mode="check")
    faults = await _errors(client, batch.batch_id)
    errors = [one for one in faults if not book.brings(one.reason, one.value)]
    wrong = {one.row for one in errors}
    waiting = {one.row for one in faults} - wrong
    return Checked(family, batch, errors, len(waiting))


async def apply(client: Client, book: SetupBook, family: str) -> pb.Batch:
    """Imports a sheet whole, as a first load: it alarms nobody on its day."""
    return await _send(client, book, family, mode="all_or_nothing")


async def _send(client: Client, book: SetupBook, family: str, *, mode: str) -> pb.Batch:
    header = imports.header_of(
        family,
        book.name,
        ColumnMapping(),
        mode=mode,
        baseline=family != ADMINISTRATORS,
        sheet=SHEETS[family],
    )
    return await imports.upload(client, header, book.content)


async def _errors(client: Client, batch_id: str) -> list[pb.RowFault]:
    found, token = list[pb.RowFault](), ""
    while True:
        request = pb.ListFaultsRequest(
            batch_id=batch_id, page_size=FAULTS_PAGE, page_token=token, only_errors=True
        )
        answer = await client.imports.ListFaults(request)
        found += answer.faults
        if not (token := answer.next_page_token):
            return found
