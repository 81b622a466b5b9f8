"""Commands for the audit chain: verifies it, lists it, and keeps and checks signed checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from plumbing.checkpoints import proofs
from plumbing.checkpoints.merkle import ProofInvalid
from plumbing.checkpoints.signed_note import (
    Checkpoint,
    NoteInvalid,
    open_checkpoint,
    read_checkpoint,
)
from plumbing.client import ask, new_request_id
from protos.operations.v1 import operations_pb2 as operations
from services.cli.client import Client, with_client
from services.cli.commands.platform import ServiceName, of_each_service
from services.cli.output import answer, show
from services.cli.output.language import choose
from services.cli.output.options import AsJson, Data, Export, Limit
from services.cli.output.to_file import in_a_folder, write

CheckpointFile = Annotated[
    Path,
    typer.Option(
        "--checkpoint", exists=True, dir_okay=False, help="检查点文件 | a file with a checkpoint"
    ),
]
OutFile = Annotated[
    Path,
    typer.Option("--out", dir_okay=False, callback=in_a_folder, help="写入的文件 | file to write"),
]


def audit_verify(
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            exists=True,
            dir_okay=False,
            help="离线核验此检查点文件 | verify this checkpoint offline",
        ),
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="公钥，或含公钥的文件 | public key, or a file with it")
    ] = "",
    proof: Annotated[
        Path | None,
        typer.Option(
            "--proof", exists=True, dir_okay=False, help="证明文件 | a file from audit prove"
        ),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """逐环核验各服务的审计链；给出检查点文件则离线核验该检查点和证明。不成立时退出码为 1。

    Verifies every link of each service's audit chain; with --checkpoint, verifies a checkpoint and
    a proof offline, with the public key alone. Exits with 1 if it does not hold.
    """
    if checkpoint is not None:
        _verify_offline(checkpoint, key, proof, as_json=as_json)
        return

    async def verify(client: Client) -> dict[str, operations.VerifyAuditResponse]:
        request = operations.VerifyAuditRequest()
        return await of_each_service(client, lambda stub: stub.VerifyAudit(request))

    responses = with_client(data, verify)
    if as_json:
        show.json_out({service: show.plain(one) for service, one in responses.items()})
    else:
        _show_chains(responses)
    if any(one.problems for one in responses.values()):
        raise typer.Exit(1)


def _show_chains(responses: dict[str, operations.VerifyAuditResponse]) -> None:
    rows = [(s, a.sealed, a.unsealed, a.head[:16], len(a.problems)) for s, a in responses.items()]
    heads = choose("服务 已封 未封 链首 断裂", "service sealed unsealed head breaks").split()
    show.table(choose("审计链", "audit chains"), heads, rows)


def _verify_offline(file: Path, key: str, proof: Path | None, *, as_json: bool) -> None:
    if not key:
        show.refuse("离线核验需要公钥：--key", "Offline verification needs the public key: --key")
        raise typer.Exit(2)
    public_key = Path(key).read_text() if Path(key).is_file() else key
    try:
        found = open_checkpoint(file.read_text(), public_key)
        held = proofs.check_proof(proof.read_text(), found, public_key) if proof else {}
    except (NoteInvalid, ProofInvalid, ValueError) as error:
        show.refuse(f"不成立：{error}", f"It does not hold: {error}")
        raise typer.Exit(1) from error
    if as_json:
        show.json_out({**_plain(found), **held})
    else:
        zh, en = f"{found.origin} 前 {found.size} 条", f"the first {found.size} of {found.origin}"
        show.done(f"检查点成立：{zh}", f"The checkpoint holds: {en}")
    if held and not as_json:
        zh = "该审计记录在检查点之内，未被改动" if "content" in held else "其后的检查点承接此检查点"
        show.done(zh, "The proof holds")


def _plain(found: Checkpoint) -> dict[str, object]:
    return {"origin": found.origin, "size": found.size, "root": found.root.hex()}


def audit_checkpoint(
    out: Annotated[
        Path | None,
        typer.Option("--out", file_okay=False, help="写入的目录 | directory to write to"),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """签出各服务审计链的检查点；给出目录则连同公钥写成文件。

    Signs a checkpoint of each service's audit chain and prints it; with --out, writes the
    checkpoints and the public keys as files.
    """

    async def sign(client: Client) -> dict[str, operations.GetCheckpointResponse]:
        request = operations.GetCheckpointRequest(fresh=True)
        return await of_each_service(client, lambda stub: stub.GetCheckpoint(request))

    responses = with_client(data, sign)
    if as_json:
        show.json_out({service: show.plain(one) for service, one in responses.items()})
        return
    for service, one in responses.items():
        if out is None:
            typer.echo(one.note)
        else:
            _write(out, service, one)


def _write(out: Path, service: str, one: operations.GetCheckpointResponse) -> None:
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{service}-{one.size:012d}.checkpoint"
    write(file, one.note)
    write(out / f"{service}.pub", f"{one.key}\n")
    show.done(f"{file}（{one.size} 条）", f"{file} ({one.size} entries)")


def audit_prove(
    service: ServiceName,
    checkpoint: CheckpointFile,
    out: OutFile,
    sequence: Annotated[
        int,
        typer.Option(
            "--sequence",
            min=0,
            help="审计记录的序号；不给则证明此后未改写 | entry; or else the whole chain",
        ),
    ] = 0,
    data: Data = None,
) -> None:
    """写出证明：一条审计记录在检查点之内，或现在的审计链承接该检查点。

    Writes a proof as a file. It proves that an audit entry is in the chain of a checkpoint, or,
    without --sequence, that the chain of today continues the checkpoint.
    """
    former = checkpoint.read_text()
    size = _size_of(former)

    async def prove(client: Client) -> str:
        stub = client.operations[service]
        if sequence:
            request = operations.ProveEntryRequest(sequence=sequence, size=size)
            return proofs.entry_proof(sequence, await ask(stub.ProveEntry(request)))
        newest = operations.GetCheckpointRequest(from_size=size, fresh=True)
        return proofs.growth_proof(former, await ask(stub.GetCheckpoint(newest)))

    write(out, with_client(data, prove))
    show.done(f"已写入 {out}", f"written to {out}")


def audit_erase(
    service: ServiceName,
    sequence: Annotated[int, typer.Argument(min=1, help="审计记录的序号 | number of the entry")],
    ground: Annotated[str, typer.Option("--ground", help="抹去的理由 | why it must be erased")],
    data: Data = None,
) -> None:
    """抹去一条审计记录的内容；谁在何时对何对象做了什么仍保留，抹去本身也记入审计。

    Erases the values of an audit entry. Who did what, when and to what stays, and the erasure is an
    audit entry itself.
    """
    request = operations.EraseAuditRequest(
        request_id=new_request_id(), sequence=sequence, ground=ground
    )
    with_client(data, lambda client: client.operations[service].EraseAudit(request))
    show.done(f"已抹去第 {sequence} 条的内容", f"entry {sequence} is erased")


def _size_of(note: str) -> int:
    try:
        return read_checkpoint(note.rpartition("\n\n")[0] + "\n").size
    except NoteInvalid as error:
        show.refuse(f"不是检查点：{error}", f"Not a checkpoint: {error}")
        raise typer.Exit(1) from error


def audit_list(
    service: ServiceName,
    object_: Annotated[str, typer.Option("--object", help="对象，如 record/… | object")] = "",
    kind: Annotated[str, typer.Option("--kind", help="对象类别，如 account | kind")] = "",
    actor: Annotated[str, typer.Option("--actor", help="谁做的（账号id）| account")] = "",
    action: Annotated[str, typer.Option("--action", help="事项，如 close_account | action")] = "",
    from_day: Annotated[str, typer.Option("--from", help="自某日起 | from this day")] = "",
    to_day: Annotated[str, typer.Option("--to", help="至某日止 | to this day")] = "",
    limit: Limit = 20,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出审计记录，新的在前。

    Lists the audit entries of a service, newest first.
    """
    request = operations.ListAuditRequest(
        object=object_,
        kind=kind,
        actor=actor,
        action=action,
        from_day=from_day,
        to_day=to_day,
        page_size=limit,
    )
    answer.call(
        lambda client: client.operations[service].ListAudit,
        request,
        data,
        as_json=as_json,
        export=export,
    )
