"""Commands that decide about batches held back: `quanheng batch show, approve, reject, discard`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from plumbing.client import new_request_id
from protos.registry.v1 import registry_pb2 as pb
from services.cli.client import with_client
from services.cli.commands import imports
from services.cli.output import show
from services.cli.output.options import AsJson, Data

Reasons = Annotated[str, typer.Option("--reasons", help="理由 | why")]


def register(_app: typer.Typer) -> None:
    """Adds these commands to those of batches."""
    for name, command in (
        ("show", batch_show),
        ("approve", batch_approve),
        ("reject", batch_reject),
        ("discard", batch_discard),
    ):
        imports.batch_app.command(name)(command)


def batch_show(batch: imports.BatchId, data: Data = None, as_json: AsJson = False) -> None:
    """显示一个批次及其影响估计。 Shows a batch, with what it would set off."""
    wanted = pb.GetBatchRequest(batch_id=batch)
    _tell(with_client(data, lambda client: client.imports.GetBatch(wanted)), as_json=as_json)


def batch_approve(
    batch: imports.BatchId,
    seen: Annotated[str, typer.Option("--seen", help="所见估计的摘要 | digest of what was seen")],
    reasons: Reasons,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """批准一个待批准的批次；登记内容已变化的，不予导入并重新估计，退出码为 1。

    Lets a waiting batch in; exit 1 where it would no longer do what was seen.
    """
    request = pb.ApproveBatchRequest(
        request_id=new_request_id(), batch_id=batch, seen=seen, reasons=reasons
    )
    answer = with_client(data, lambda client: client.imports.ApproveBatch(request))
    _tell(answer, as_json=as_json)
    if answer.stale:
        show.console.print("登记内容已变化，未导入；请按新的估计重新决定")
        raise typer.Exit(1)


def batch_reject(
    batch: imports.BatchId, reasons: Reasons, data: Data = None, as_json: AsJson = False
) -> None:
    """退回一个待批准的批次。 Turns a waiting batch away."""
    request = pb.RejectBatchRequest(request_id=new_request_id(), batch_id=batch, reasons=reasons)
    _tell(with_client(data, lambda client: client.imports.RejectBatch(request)), as_json=as_json)


def batch_discard(
    batch: imports.BatchId, reasons: Reasons, data: Data = None, as_json: AsJson = False
) -> None:
    """放弃一个未报送完毕或待批准的批次。 Gives up a batch not yet decided."""
    request = pb.DiscardBatchRequest(request_id=new_request_id(), batch_id=batch, reasons=reasons)
    _tell(with_client(data, lambda client: client.imports.DiscardBatch(request)), as_json=as_json)


def _tell(answer: Any, *, as_json: bool) -> None:
    if as_json:
        show.json_out(answer)
    else:
        imports.show_batch(answer.batch)
