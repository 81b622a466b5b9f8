"""The commands that send what the sensors of a laboratory recorded: a file, or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from law.errors import Fault, InvalidInput
from plumbing.chunks import chunks
from plumbing.client import new_request_id
from services.cli.client import Client, with_client
from services.cli.output import answer
from services.cli.output.options import AsJson, Data

if TYPE_CHECKING:
    from protos.registry.v1 import laboratories_pb2

RECORDS_IN_CALL = 1000
FAULTS_SHOWN = 100
_FIELDS = {"sensor", "hour", "temperature", "humidity"}
_Laboratory = Annotated[
    str, typer.Argument(metavar="LABORATORY_ID", help="实验室id | the laboratory")
]
_Ground = Annotated[
    str, typer.Option("--ground", help="更正已有记录的理由 | why records on file are replaced")
]


def laboratory_import(
    laboratory_id: _Laboratory,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="文件 | the file")
    ],
    ground: _Ground = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按 .xlsx 或 CSV 文件报送实验室的温湿度记录。

    Sends the temperature and humidity in a workbook or CSV file.
    """
    from protos.registry.v1 import laboratories_pb2 as pb  # noqa: PLC0415 - only this command

    request = pb.ImportEnvironmentRequest(
        request_id=new_request_id(),
        laboratory_id=laboratory_id,
        content=file.read_bytes(),
        ground=ground,
    )

    async def sent(client: Client) -> laboratories_pb2.ImportEnvironmentResponse:
        return await client.laboratories.ImportEnvironment(request)

    answer.print_response(with_client(data, sent), as_json=as_json)


def laboratory_send(
    laboratory_id: _Laboratory,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="每行一条：sensor、hour、temperature、humidity | one record a line, in JSON",
        ),
    ],
    ground: _Ground = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按 JSON 行成批报送温湿度记录；中断后再运行一次即可续报。

    Sends records as JSON lines in bulk; run again after an interruption.
    """
    from protos.registry.v1 import laboratories_pb2 as pb  # noqa: PLC0415 - only this command

    records = _records(file, pb.EnvironmentRecord)

    async def sent(client: Client) -> laboratories_pb2.RecordEnvironmentResponse:
        total = pb.RecordEnvironmentResponse()
        for some in chunks(records, RECORDS_IN_CALL):
            request = pb.RecordEnvironmentRequest(
                request_id=new_request_id(),
                laboratory_id=laboratory_id,
                records=some,
                ground=ground,
            )
            taken = await client.laboratories.RecordEnvironment(request)
            for field, number in taken.ListFields():
                setattr(total, field.name, getattr(total, field.name) + number)
        return total

    answer.print_response(with_client(data, sent), as_json=as_json)


def _records(file: Path, kind: Any) -> list[Any]:
    """Reads the records of a file. Raises InvalidInput, naming each line that is none."""
    faults: list[Fault] = []
    found = [*_each(file, kind, faults)]
    if faults:
        raise InvalidInput("文件中有不是记录的行", "Lines that are no records", faults=faults)
    return found


def _record(kind: Any, line: str) -> Any:
    said = json.loads(line)
    if said.keys() != _FIELDS:
        raise ValueError(f"must have exactly: {', '.join(sorted(_FIELDS))}")
    return kind(**{name: str(value) for name, value in said.items()})


def _each(file: Path, kind: Any, faults: list[Fault]) -> Iterator[Any]:
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip() or len(faults) == FAULTS_SHOWN:
                continue
            try:
                yield _record(kind, line)
            except (ValueError, AttributeError) as error:
                faults.append(Fault(f"line {number}", "不是一条温湿度记录", str(error)))
