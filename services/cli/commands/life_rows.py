"""The rows of the table of commands for the life of a subject."""

from __future__ import annotations

from services.cli.commands.row import Row

_NOW = {"version": 0}
LIFE_ROWS = (
    Row("subject split", "lives.SplitSubject",
        "分立：主体的一部分作为单独的主体登记，所选的器具、信息和账号随之划出；须经他人批准。",
        "Makes a part of a subject a subject of its own, once a second person releases it.",
        args="subject_id", fixed={**_NOW, "part.subject_id": ""}),
    Row("subject recode", "lives.ChangeCreditCode",
        "变更统一社会信用代码；原代码仍指向该主体。",
        "Gives a subject another credit code; the former one goes on to lead to it.",
        args="subject_id credit_code", fixed=_NOW),
    Row("subject deregister", "lives.DeregisterSubject",
        "注销：器具不再预警和督促，案件和检定申请继续办理；须经他人批准。",
        "Marks a subject as deregistered, once a second person releases it.",
        args="subject_id on", fixed=_NOW),
    Row("subject reinstate", "lives.ReinstateSubject", "撤销注销，恢复登记。",
        "Ends the mark that a subject is deregistered.", args="subject_id", fixed=_NOW),
    Row("subject join", "lives.JoinSubjects",
        "合并：JOINED_ID 并入 KEPT_ID；跨机关的，由另一机关的单位负责人批准。",
        "Joins a subject to the one that stays, once the other bureau releases it.",
        args="kept_id joined_id", fixed={"kept_version": 0, "joined_version": 0}),
    Row("subject part", "lives.PartSubjects",
        "撤销合并；此后已有新的登记的，不能撤销。合并的 id 见 subject acts。",
        "Undoes a joining on which nothing stands, once a second person releases it.",
        args="act_id"),
    Row("subject acts", "lives.ListSubjectActs", "列出主体的沿革，新的在前。",
        "Lists the acts of a subject's life, the latest first.", args="subject_id"),
    Row("subject twins", "lives.ListTwins", "列出在其他机关有同名登记的主体。",
        "Lists subjects with namesakes in other bureaus that may be the same.",
        defaults={"page_size": 50}),
    Row("subject twins-apart", "lives.KeepTwinsApart",
        "两个同名主体不是同一主体：不再列出，除非一方的名称、代码、机关、地址或者自有编号变更。",
        "Says that two namesakes are not the same; they are listed no more unless one changes.",
        args="subject_id other_id", fixed={"subject_version": 0, "other_version": 0}),
)  # fmt: skip
