"""The rows of the table of commands for what is perhaps the same."""

from __future__ import annotations

from services.cli.commands.row import Row

SAMENESS_ROWS = (
    Row("alike list", "sameness.ListLikenesses",
        "列出疑似同一的主体、器具、信息和同日不同的结果，旧的在前。",
        "Lists what is perhaps the same, the oldest first.",
        defaults={"page_size": 50}),
    Row("alike show", "sameness.GetLikeness", "并排显示疑似同一的各方，及决定时须写的摘要值。",
        "Shows all sides, and the digest that a decision names.", args="likeness_id"),
    Row("alike join", "sameness.JoinLikeness",
        "合并：KEPT_ID 保留，其余并入；合并主体、撤销失信信息和终结红色警示的须经他人批准。",
        "Joins sides to the one that stays; subjects once a second person releases it.",
        args="likeness_id kept_id joined_ids"),
    Row("alike apart", "sameness.KeepApart",
        "各自保留；同日不同的结果，用 --stands 选定以哪一个为准。",
        "Keeps all sides apart; of the results of a day lets one stand.", args="likeness_id"),
)  # fmt: skip
