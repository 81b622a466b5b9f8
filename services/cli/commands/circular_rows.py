"""The commands of circulars, and of the authorities that bureaus tell."""

from __future__ import annotations

from services.cli.commands.row import Row

CIRCULAR_ROWS: tuple[Row, ...] = (
    Row("circular authority put", "circulars.PutAuthority",
        "登记一个通报对象，或者更改、停止；--id 写明更改哪一个，--version 写明所见的版本。",
        "Enters an authority that the bureau tells, or changes or retires it.",
        names={"authority.authority_id": "--id", "authority.uses": "--use",
               "authority.feed_account": "--feed-account", "authority.retired": "--retired"}),
    Row("circular authority list", "circulars.ListAuthorities", "列出通报对象。",
        "Lists the authorities that bureaus tell.", names={"include_retired": "--retired"}),
    Row("circular draft", "circulars.DraftCircular",
        "从已经公开的曝光名单拟一份通报；不写主体即名单中正在公开的全部。",
        "Drafts a circular about a released exposure list; nobody is told yet.",
        args="list_id", names={"authority_ids": "--to", "entry_ids": "--entry"},
        fixed={"subject_ids": []}),
    Row("circular push", "circulars.DraftCircular",
        "拟一份推送信用名单的函：--subject 写明主体，--to 写明接收的平台。",
        "Drafts the letter that pushes the list of a grade; nobody is told yet.",
        names={"authority_ids": "--to", "subject_ids": "--subject"},
        fixed={"list_id": "", "entry_ids": []}),
    Row("circular candidates", "circulars.ListCircularCandidates",
        "列出应当推送的主体，以及不能推送的原因。",
        "Lists the subjects whose grade is pushed, with what speaks against it.",
        defaults={"page_size": 50}),
    Row("circular issue", "circulars.IssueCircular",
        "由没有拟稿的单位负责人签发：编号，并发给有电子邮箱的单位。",
        "Issues a draft, by a unit head who did not draft it.", args="circular_id"),
    Row("circular discard", "circulars.DiscardCircular", "作废一份未签发的通报，说明理由。",
        "Discards a draft.", args="circular_id"),
    Row("circular sent", "circulars.RecordCircularSent",
        "记录通报已经人工送达一个单位：日期、方式和凭据。",
        "Records that a circular was sent to one authority by hand.",
        args="circular_id authority_id"),
    Row("circular list", "circulars.ListCirculars", "列出通报，新的在前。",
        "Lists the circulars, newest first.", defaults={"page_size": 50},
        names={"to_send": "--to-send"}),
    Row("circular show", "circulars.GetCircular", "显示一份通报的文书、主体和送达情况。",
        "Shows a circular with its text and how it reached each authority.",
        args="circular_id"),
)  # fmt: skip
