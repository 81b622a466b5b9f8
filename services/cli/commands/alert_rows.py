"""The rows of alerts, notices, and the figures of a month."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

ALERT_COMMANDS = (
    Command("alert forecast", "services.cli.commands.forecast:alert_forecast",
            "预测检定：各类型每周到期多少台，今天都来申请有多少台。",
            "Forecasts verifications by type and week."),
)  # fmt: skip

ALERT_ROWS: tuple[Row, ...] = (
    Row("alert summary", "alerts.SummariseColours", "按机关和颜色统计器具。",
        "Counts instruments by bureau and colour."),
    Row("alert colours", "alerts.ListColours", "列出器具及其颜色，最严重的在前。",
        "Lists instruments, the most severe colour first.",
        names={"colour": "--only", "without_streets": "--without-street",
               "instrument_ids": "--among"},
        defaults={"page_size": 50}),
    Row("alert board", "alerts.GetColourBoard",
        "按机关、类型和颜色统计器具，并按周列出到期数；--by 再按行业、街道或检定机构统计。",
        "Counts instruments by bureau, type and colour; --by adds sector, street or institution.",
        names={"streets": "--street"}),
    Row("alert types", "alerts.GetTypes", "列出可以看到的器具有哪些类型。",
        "Names the types of the instruments that you may see."),
    Row("report month", "alerts.SummariseMonth",
        "统计一个月的预警、检定和督促；不写月份即上一个月。",
        "Counts alerts, verifications and escalations of a month; by default the last one."),
    Row("report records", "registry.SummariseRecords",
        "统计一个月录入、审查和到期移出的信用记录。",
        "Counts the records entered, reviewed and expired in a month."),
    Row("alert count", "alerts.CountColours", "按颜色统计一个主体的器具。",
        "Counts the instruments of one subject by colour.", args="subject_id"),
    Row("alert list", "alerts.ListAlerts", "列出预警，新的在前。", "Lists alerts, newest first.",
        names={"include_baseline": "--baseline"}, defaults={"page_size": 50}),
    Row("alert notices", "alerts.ListNotices", "列出通知及送达情况，新的在前。",
        "Lists notices and how their delivery stands.", defaults={"page_size": 50}),
    Row("alert read", "alerts.MarkNotices", "把本单位收到的通知标为已读，或者签收。",
        "Marks one's own notices as read, or acknowledges them.", args="notice_ids"),
    Row("alert untold", "alerts.ListUntold",
        "列出首次建档时已为红色、还没有告知经营者的器具及已有多少天。",
        "Lists the red alerts of first loads that nobody was told of, and for how long.",
        defaults={"page_size": 50}),
    Row("alert release", "alerts.ReleaseUntold",
        "放行一批首次告知：通知经营者并开始督促；首次建档的导入人不得放行。",
        "Tells the owners of a portion and opens the follow-up; not by whoever made the load.",
        names={"alert_ids": "--alert"}),
    Row("alert watch", "alerts.GetWatch", "各机关的每日巡查已到哪一天。",
        "How far each bureau's daily watch has come."),
)  # fmt: skip
