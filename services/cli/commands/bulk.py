"""Sends a file of JSON lines to the platform as one batch, in chunks.

After an interruption, `quanheng import bulk FILE.jsonl` continues the upload when it is run again:
the batch id is derived from the content, the options and the account, so that the same command
finds the same batch.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from rich.progress import Progress

from law.errors import Fault, InvalidInput
from plumbing.chunks import chunks
from plumbing.client import derived_request_id, new_request_id
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import Client, with_client
from services.cli.commands import choices, imports
from services.cli.commands.imports import ImportResult
from services.cli.output import show
from services.cli.output.options import AsJson, Bureau, Data

ITEMS_IN_CHUNK = 500
CHUNKS_IN_STREAM = 200  # a stream has the time of one slow call
TRIES, AGAIN_SECONDS = 10, 1.0  # without a chunk more having come in
CUT_OFF = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
GIVEN_UP = ("refused", "rejected", "discarded", "expired", "undone")
FAULTS_SHOWN = 100  # lines of a file that are no items
_FIRST_LATER = "part"  # the first field that came after the first release with digests
KINDS: dict[str, Any] = {
    "subjects": bulk.SubjectItem,
    "instruments": bulk.InstrumentItem,
    "verifications": bulk.VerificationItem,
    "records": bulk.RecordItem,
}
FAMILIES = choices.some("family", *KINDS)
MODES = choices.some("mode", "all_or_nothing", "good_rows")


def bulk_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="每行一个 JSON 对象 | JSON lines")
    ],
    family: Annotated[
        str,
        typer.Option(
            help=f"类别：{choices.listed(FAMILIES)} | family", parser=choices.parser(FAMILIES)
        ),
    ],
    bureau: Bureau = "",
    mode: Annotated[
        str,
        typer.Option(help=f"方式：{choices.listed(MODES)} | mode", parser=choices.parser(MODES)),
    ] = "all_or_nothing",
    baseline: imports.Baseline = False,
    file_missing: imports.FileMissing = False,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """成批报送 JSON 行文件；中断后再次执行同一命令即从断点继续。

    Sends a file of JSON lines in bulk; after an interruption, the same command continues the
    upload.
    """
    load = Load(file, family)
    asked = bulk.OpenBulkBatchRequest(
        family=family,
        name=file.name[:200],
        bureau=bureau,
        mode=mode,
        baseline=baseline,
        file_missing=file_missing,
    )

    async def push(client: Client) -> ImportResult:
        return await ImportResult.of(
            client, await pushed(client, load, asked, progress=not as_json)
        )

    result = with_client(data, push)
    imports.print_result(result, as_json=as_json)
    if status := imports.exit_code(result.batch):
        raise typer.Exit(status)


@dataclass
class Load:
    """A file of JSON lines to send: read once to compute its digests, and again while it is sent.

    Raises InvalidInput if the file is empty, or with the lines that are not valid items.
    """

    file: Path
    family: str
    digests: list[str] = field(default_factory=list)
    items: int = 0

    def __post_init__(self) -> None:
        for chunk in self.chunks():
            self.digests.append(_sha256("\x1e".join(map(text_of, chunk))))
            self.items += len(chunk)
        if not self.items:
            raise InvalidInput("文件是空的", "The file is empty")

    @property
    def digest(self) -> str:
        """The digest of the whole batch, computed from the digests of its chunks."""
        return _sha256("".join(self.digests))

    def chunks(self) -> Iterator[list[Any]]:
        """Yields the items of the file in lists; each list is the content of one chunk."""
        with self.file.open(encoding="utf-8-sig") as lines:
            yield from chunks(self._items(lines), ITEMS_IN_CHUNK)

    def _items(self, lines: Any) -> Iterator[Any]:
        faults: list[Fault] = []
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    yield _item(KINDS[self.family], json.loads(line))
                except (ValueError, TypeError, AttributeError) as error:
                    faults.append(Fault(f"line {number}", "不是此类的一项", str(error)))
            if len(faults) == FAULTS_SHOWN:
                break
        if faults:
            raise InvalidInput("文件中有无法报送的行", "Lines that are no items", faults=faults)


def _item(kind: Any, said: Any) -> Any:
    unknown = sorted(said.keys() - set(kind.DESCRIPTOR.fields_by_name))
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")
    return kind(**{name: _cell(value) for name, value in said.items() if value is not None})


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise TypeError(f"{value!r} is neither text, whole number nor flag")


def text_of(item: Any) -> str:
    """Returns the text of an item of which digests are made, by protos/registry/v1/bulk.proto.

    What came later, such as a part, is left out where there is none.
    """
    names = [one.name for one in item.DESCRIPTOR.fields]
    later = names.index(_FIRST_LATER) if _FIRST_LATER in names else len(names)
    said = names[:later] + [name for name in names[later:] if getattr(item, name)]
    return "\x1f".join(getattr(item, name) for name in said)


def _sha256(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


async def pushed(
    client: Client, load: Load, asked: bulk.OpenBulkBatchRequest, *, progress: bool = False
) -> pb.Batch:
    """Opens the batch or finds it again, sends the missing chunks, and completes the batch."""
    stands = await _opened(client, load, asked)
    if stands.batch.state != "receiving":
        return stands.batch
    with Progress(disable=not (progress and show.console.is_terminal), transient=True) as shown:
        task = shown.add_task(f"报送 {asked.name}", total=len(load.digests))
        while stands.next_sequence <= len(load.digests):
            shown.update(task, completed=stands.next_sequence - 1)
            stands = await _further(client, load, stands)
    request = bulk.CompleteBulkBatchRequest(
        request_id=derived_request_id("complete", stands.batch.batch_id),
        batch_id=stands.batch.batch_id,
        items=load.items,
        digest=load.digest,
    )
    answer: bulk.CompleteBulkBatchResponse = await client.bulk.CompleteBulkBatch(request)
    return answer.batch


async def _opened(client: Client, load: Load, asked: bulk.OpenBulkBatchRequest) -> bulk.BulkBatch:
    """The batch of this content; a new one where the last was refused or given up."""
    me = await client.identity.GetCaller(identity.GetCallerRequest())
    account = me.account.account_id or me.account.name
    said = (account, *map(str, (f[1] for f in asked.ListFields())), load.digest)
    for attempt in count(1):
        request = bulk.OpenBulkBatchRequest()
        request.CopyFrom(asked)
        request.request_id = new_request_id()
        request.batch_id = derived_request_id("bulk", *said, str(attempt))
        stands: bulk.BulkBatch = (await client.bulk.OpenBulkBatch(request)).batch
        if stands.batch.state not in GIVEN_UP:
            return stands
    raise AssertionError("There is always another number")


async def _further(client: Client, load: Load, stands: bulk.BulkBatch) -> bulk.BulkBatch:
    """Sends from where the batch stands; however the stream ends, asks how far it has come."""
    wanted = bulk.GetBulkBatchRequest(batch_id=stands.batch.batch_id)
    for left in reversed(range(TRIES)):
        try:
            await client.bulk.SendBulkChunks(_stream(load, stands))
        except grpc.aio.AioRpcError as error:
            if error.code() not in CUT_OFF or not left:
                raise
        now: bulk.BulkBatch = (await client.bulk.GetBulkBatch(wanted)).batch
        if now.next_sequence > stands.next_sequence:
            return now
        await asyncio.sleep(AGAIN_SECONDS)
    return stands


async def _stream(load: Load, stands: bulk.BulkBatch) -> AsyncIterator[bulk.SendBulkChunksRequest]:
    first = stands.next_sequence
    wanted = islice(enumerate(load.chunks(), 1), first - 1, first - 1 + CHUNKS_IN_STREAM)
    for sequence, chunk in wanted:
        items: dict[str, Any] = {load.family: chunk}
        yield bulk.SendBulkChunksRequest(batch_id=stands.batch.batch_id, sequence=sequence, **items)
