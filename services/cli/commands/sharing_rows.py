"""The commands of sharings of records, and of what the public is told of cases."""

from __future__ import annotations

from services.cli.commands.row import Row

SHARING_ROWS = (
    Row("sharing record", "sharings.RecordSharing",
        "登记信用记录已经提供给哪个单位；--way platform 由平台当即发送邮件。",
        "Enters with whom records were shared, or has the platform send them now.",
        names={"record_ids": "--records", "with_grade": "--with-grade"}),
    Row("sharing end", "sharings.EndSharing",
        "终止一项共享登记：登记有误，或者对方已经删除；以后不再告知。",
        "Ends a sharing; its receiver hears of nothing more.", args="sharing_id"),
    Row("sharing list", "sharings.ListSharings", "列出共享登记。", "Lists sharings.",
        names={"include_ended": "--ended"}),
    Row("sharing notices", "sharings.ListReceiverNotices",
        "列出案件对接收单位的告知；不写案件时列出等待人工送达的。",
        "Lists the notices of a case to receivers, or those that wait to be sent by hand."),
    Row("sharing sent", "sharings.RecordNoticeSent",
        "记录对接收单位的告知已经人工送达：日期、方式和凭据。",
        "Records that a notice to a receiver was sent by hand.", args="notice_id"),
    Row("case announcements", "publicity.ListAnnouncements",
        "列出正在公布的信用修复。", "Lists the repairs that are announced now."),
    Row("case record-changes", "publicity.ListRecordChanges",
        "列出案件对公开记录的更正和撤下，供保存副本的人同步。",
        "Lists which public records cases changed, for whoever keeps a copy."),
)  # fmt: skip
