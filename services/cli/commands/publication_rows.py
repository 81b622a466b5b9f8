"""The rows of the table of commands for what the public is shown of credit records."""

from __future__ import annotations

from services.cli.commands.row import Row

PUBLICATION_ROWS = (
    Row("publication list", "publication.ListPublications",
        "列出信用信息的公开情况；--state waiting 为待保密审查的。",
        "Lists records with the state of their publication.", defaults={"page_size": 50}),
    Row("publication show", "publication.GetPublication", "显示一条信用信息的公开情况。",
        "Shows what the public is shown of a record.", args="record_id"),
    Row("publication review", "publication.ReviewRecord",
        "保密审查：密级为 open 的公开，其余不公开；不得审查本人录入的。",
        "Releases or withholds a record; not by whoever wrote it.", args="record_id"),
    Row("publication tell", "publication.TellSubjects", "向主体发出失信信息的告知通知。",
        "Asks for the notices of records, see list --untold.", args="record_ids"),
    Row("publication told", "publication.RecordTelling", "登记另行告知主体的日期和方式。",
        "Records that a subject was told by hand.", args="record_id"),
    Row("publication reply", "publication.WriteReply", "对失信信息作出说明，审查后与记录一并公开。",
        "Writes the subject's reply to a record.", args="record_id"),
    Row("publication withdraw-reply", "publication.WithdrawReply", "撤回说明。",
        "Withdraws the subject's reply.", args="record_id"),
    Row("publication review-reply", "publication.ReviewReply",
        "审查主体的说明；--release 公开，缺省不予公开。",
        "Releases or withholds a reply.", args="record_id"),
)  # fmt: skip
