"""Commands about the honest-metrology indices of scenic areas and street blocks."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from law.errors import InvalidInput
from plumbing.client import new_request_id
from protos.grading.v1 import assessments_pb2 as pb
from services.cli.client import with_client
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit

index_app = typer.Typer(
    no_args_is_help=True, help="景区、街区诚信计量指数 | indices of scenic areas and street blocks"
)
IndexId = Annotated[str, typer.Argument(metavar="INDEX", help="指数 id")]

STATES = {"draft": "待公布", "published": "已公布", "withdrawn": "已撤回"}


class AreaKind(StrEnum):
    """The kinds of areas; each has its own table."""

    SCENIC = "scenic"
    BLOCK = "block"


KINDS = {AreaKind.SCENIC: "重点景区", AreaKind.BLOCK: "重点街区"}


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(index_app, name="index")


@index_app.command("assess")
def index_assess(
    findings: Annotated[Path, typer.Argument(metavar="FINDINGS.json", help="检查结果 | findings")],
    name: Annotated[str, typer.Option("--name", help="景区或街区名称 | name of the area")],
    kind: Annotated[AreaKind, typer.Option("--kind", help="类型 | scenic area or street block")],
    bureau: Bureau,
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="评价日 | day")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """评价一个景区或街区，存为待公布。

    Scores an area and keeps the result as a draft.
    """
    wanted = pb.AssessIndexRequest(
        request_id=new_request_id(),
        area_name=name,
        area_kind=kind,
        bureau=bureau,
        findings_json=_read(findings),
        assessed_on=on,
    )
    _shown(with_client(data, lambda client: client.assessments.AssessIndex(wanted)).index, as_json)


@index_app.command("show")
def index_show(index: IndexId, data: Data = None, as_json: AsJson = False) -> None:
    """显示一个指数的各行得分与条款。

    Shows an index with the points and the article of every row.
    """
    wanted = pb.GetIndexRequest(index_id=index)
    _shown(with_client(data, lambda client: client.assessments.GetIndex(wanted)).index, as_json)


@index_app.command("list")
def index_list(
    bureau: Bureau = "",
    state: Annotated[
        str, typer.Option("--state", help="状态：draft|published|withdrawn | only this state")
    ] = "",
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出指数，最近的在前。

    Lists indices, the newest first.
    """
    wanted = pb.ListIndexesRequest(bureau=bureau, state=state, page_size=limit)
    answer = listed(lambda client: client.assessments.ListIndexes, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (one.area_name, _kind(one), one.total, STATES[one.state], one.assessed_on, one.index_id)
        for one in answer.indexes
    ]
    show.table("诚信计量指数", ("名称", "类型", "指数", "状态", "评价日", "id"), rows)


@index_app.command("publish")
def index_publish(index: IndexId, data: Data = None, as_json: AsJson = False) -> None:
    """公布指数；评价人不得公布自己评出的。

    Publishes a draft; not by whoever assessed it.
    """
    wanted = pb.PublishIndexRequest(request_id=new_request_id(), index_id=index)
    _shown(with_client(data, lambda client: client.assessments.PublishIndex(wanted)).index, as_json)


@index_app.command("withdraw")
def index_withdraw(
    index: IndexId,
    ground: Annotated[str, typer.Option("--ground", help="理由 | why")],
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """撤回已公布的指数，说明理由。

    Withdraws a publication, with the ground.
    """
    wanted = pb.WithdrawIndexRequest(request_id=new_request_id(), index_id=index, ground=ground)
    _shown(
        with_client(data, lambda client: client.assessments.WithdrawIndex(wanted)).index, as_json
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"无法读取 {path}", f"Cannot read {path}") from error


def _shown(index: pb.Index, as_json: bool) -> None:
    if as_json:
        show.json_out(index)
        return
    show.card("诚信计量指数", _lines(index))
    rows = [(one.row, one.points, one.found, one.standard, one.cite) for one in index.rows]
    show.table("各行得分", ("行", "得分", "检查结果", "要求", "依据"), rows)


def _lines(index: pb.Index) -> dict[str, object]:
    return {
        "名称": index.area_name,
        "类型": _kind(index),
        "机关": index.bureau,
        "指数": index.total,
        "基本分": index.base,
        "加分": index.bonus,
        "扣分": index.deduction,
        "评价日": index.assessed_on,
        "状态": STATES[index.state],
        "撤回理由": index.withdrawal_ground,
        "id": index.index_id,
    }


def _kind(index: pb.Index) -> str:
    return KINDS[AreaKind(index.area_kind)]
