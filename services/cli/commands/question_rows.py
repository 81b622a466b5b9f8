"""The rows of the table of commands for what imports leave to decide."""

from __future__ import annotations

from services.cli.commands.row import Row

QUESTION_ROWS = (
    Row("question list", "questions.ListQuestions",
        "列出导入后待人决定的事项：只有不合格结果的器具、已撤销或者有异议的处罚，旧的在前。",
        "Lists what imports leave to decide, the oldest first.",
        defaults={"page_size": 50}),
    Row("question show", "questions.GetQuestion", "显示一项待决定事项。",
        "Shows what is to be decided.", args="question_id"),
    Row("question answer", "questions.AnswerQuestion",
        "决定：器具在用、停用或者报废，处罚录入、不录入或者撤销；终结红色警示和撤销记录的须经他人批准。",
        "Decides it; what ends a red alert or withdraws a record waits for a second person.",
        args="question_id answer"),
)  # fmt: skip
