"""Commands about colours, alerts and notices."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

import typer

from plumbing.client import new_request_id
from plumbing.clock import SHANGHAI
from protos.alerts.v1 import alerts_pb2 as pb
from services.cli.client import with_client
from services.cli.output import show
from services.cli.output.listing import listed
from services.cli.output.options import AsJson, Bureau, Data, Export, Limit

alert_app = typer.Typer(no_args_is_help=True, help="三色预警与通知 | alerts and notices")
Subject = Annotated[str, typer.Option("--subject", help="主体 id")]


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.add_typer(alert_app, name="alert")


@alert_app.command("summary")
def summary(
    bureau: Bureau = "",
    on: Annotated[str, typer.Option("--on", help="哪一天 | on")] = "",
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """按机关和颜色统计器具。 Counts instruments by bureau and colour."""
    wanted = pb.SummariseColoursRequest(bureau=bureau, on=on)
    answer = with_client(data, lambda client: client.alerts.SummariseColours(wanted))
    if as_json:
        show.json_out(answer)
    else:
        colour_table(answer)


def colour_table(answer: pb.SummariseColoursResponse) -> None:
    """Instruments by bureau and colour, as a table."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for count in answer.counts:
        counts[count.bureau][count.colour] = count.instruments
    names = ("red", "yellow", "green", "none")
    rows = [(b, *(by.get(name, 0) for name in names)) for b, by in sorted(counts.items())]
    total = ("合计", *(sum(by.get(name, 0) for by in counts.values()) for name in names))
    heads = ("机关", *(show.COLOUR_NAMES[name] for name in names))
    show.table(f"器具颜色 {answer.on}", heads, [*rows, total])


@alert_app.command("colours")
def colours(
    bureau: Bureau = "",
    subject: Subject = "",
    only: Annotated[str, typer.Option("--only", help="只看某色：none | green | yellow | red")] = "",
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出器具及其颜色，最严重的在前。 Lists instruments, the most severe colour first."""
    wanted = pb.ListColoursRequest(bureau=bureau, subject_id=subject, colour=only, page_size=limit)
    answer = listed(lambda client: client.alerts.ListColours, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (show.colour(i.colour), i.type_code, i.serial_no, i.valid_until, i.reason_zh, i.cite)
        for i in answer.instruments
    ]
    show.table("器具颜色", ("颜色", "类型", "出厂编号", "有效期至", "原因", "依据"), rows)


@alert_app.command("list")
def list_alerts(
    bureau: Bureau = "",
    subject: Subject = "",
    baseline: Annotated[bool, typer.Option("--baseline", help="含首次建档时已有的")] = False,
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出预警，新的在前。 Lists alerts, newest first."""
    wanted = pb.ListAlertsRequest(
        bureau=bureau, subject_id=subject, include_baseline=baseline, page_size=limit
    )
    answer = listed(lambda client: client.alerts.ListAlerts, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [
        (show.colour(a.colour), a.due_on, a.type_code, a.serial_no, a.reason_zh, a.cite)
        for a in answer.alerts
    ]
    show.table("预警", ("颜色", "达到之日", "类型", "出厂编号", "原因", "依据"), rows)


@alert_app.command("notices")
def notices(
    bureau: Bureau = "",
    subject: Subject = "",
    state: Annotated[
        str, typer.Option(help="送达情况：pending | delivered | failed | no_address")
    ] = "",
    limit: Limit = 50,
    export: Export = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """列出通知及送达情况，新的在前。 Lists notices and how their delivery stands."""
    wanted = pb.ListNoticesRequest(bureau=bureau, subject_id=subject, state=state, page_size=limit)
    answer = listed(lambda client: client.alerts.ListNotices, wanted, data, export)
    if as_json:
        show.json_out(answer)
        return
    rows = [(n.notice_id, _made(n), n.kind, n.title, n.address, n.state) for n in answer.notices]
    show.table("通知", ("id", "时间", "类别", "标题", "地址", "送达"), rows)


@alert_app.command("retry")
def retry(
    notice: Annotated[str, typer.Argument(metavar="NOTICE", help="通知 id")], data: Data = None
) -> None:
    """重新送达失败的通知。 Tries a failed delivery again."""
    request = pb.RetryDeliveryRequest(request_id=new_request_id(), notice_id=notice)
    answer = with_client(data, lambda client: client.alerts.RetryDelivery(request))
    show.console.print(f"{answer.notice.title}：{answer.notice.state}")


@alert_app.command("watch")
def watch(data: Data = None, as_json: AsJson = False) -> None:
    """各机关的每日巡查已到哪一天。 How far each bureau's daily watch has come."""
    answer = with_client(data, lambda client: client.alerts.GetWatch(pb.GetWatchRequest()))
    if as_json:
        show.json_out(answer)
    else:
        rows = [(w.bureau, w.watched_through) for w in answer.watches]
        show.table("每日巡查", ("机关", "已巡查至"), rows)


def _made(notice: pb.Notice) -> str:
    return f"{notice.created_at.ToDatetime(tzinfo=SHANGHAI):%Y-%m-%d %H:%M}"
