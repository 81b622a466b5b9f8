"""The commands of what bureaus set: the figures of follow-ups, and the words of texts."""

from __future__ import annotations

from services.cli.commands.row import Row

_FIGURES = {
    f"figures.{name}_days": f"--{option}"
    for name, option in (
        ("reminder", "reminder"),
        ("guidance_letter", "guidance-letter"),
        ("measures", "measures"),
        ("interview", "interview"),
        ("exposure", "exposure"),
        ("review", "review"),
        ("review_at_most", "review-at-most"),
        ("undertaking_remind", "remind"),
    )
}
LADDER_ROWS: tuple[Row, ...] = (
    Row("ladder list", "ladders.ListLadders", "列出各机关的督促间隔和示例值，新的在前。",
        "Lists the figures of bureaus, newest first, and the examples."),
    Row("ladder propose", "ladders.ProposeLadder",
        "提出一个机关的督促间隔；由另一位平台管理员批准。",
        "Proposes figures of a bureau; another administrator approves.", args="bureau",
        names=_FIGURES),
    Row("ladder approve", "ladders.ApproveLadder", "批准另一位管理员提出的间隔。",
        "Approves figures that another administrator proposed.", args="ladder_id"),
    Row("ladder discard", "ladders.DiscardLadder", "作废一版待批准的间隔，说明理由。",
        "Discards figures that wait for approval.", args="ladder_id"),
    Row("template list", "templates.ListTemplates", "列出各机关的通知文字，新的在前。",
        "Lists the templates of bureaus, newest first."),
    Row("template preview", "templates.PreviewTemplate", "用示例看一版文字写出来的样子。",
        "Shows a template with an example.", args="bureau kind words"),
    Row("template propose", "templates.ProposeTemplate",
        "提出一版通知文字，须含 {正文} 一次；由另一位平台管理员批准。",
        "Proposes a template, which has {正文} once; another administrator approves.",
        args="bureau kind words"),
    Row("template approve", "templates.ApproveTemplate", "批准另一位管理员提出的文字，即时启用。",
        "Puts a template in force that another administrator proposed.", args="template_id"),
    Row("template discard", "templates.DiscardTemplate", "作废一版待批准的文字，说明理由。",
        "Discards a template that waits for approval.", args="template_id"),
)  # fmt: skip
