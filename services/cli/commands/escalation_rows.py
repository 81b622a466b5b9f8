"""The commands of escalation: cases, their steps, interviews and exposures."""

from __future__ import annotations

from services.cli.commands.row import Row

ESCALATION_ROWS: tuple[Row, ...] = (
    Row("escalation list", "escalations.ListEscalations", "列出督促案件，新的在前。",
        "Lists escalation cases, newest first.", defaults={"page_size": 50}),
    Row("escalation show", "escalations.GetEscalation", "显示案件、各步骤、文书和红色警示。",
        "Shows a case with steps, documents and alerts.", args="escalation_id"),
    Row("escalation open", "escalations.OpenEscalation",
        "由经办人开始督促：grade 按信用等级，或者按查明的事实（如 minor_breach）。",
        "Opens a case by hand: of the subject's grade, or of stated facts.",
        args="subject_id course"),
    Row("escalation close", "escalations.CloseEscalation",
        "终结按事实开始的督促，说明理由。", "Ends a case of facts, with reasons.",
        args="escalation_id"),
    Row("escalation approve", "escalations.ApproveStep", "批准待批准的步骤，随即实施。",
        "Approves the step that is proposed.", args="escalation_id step",
        names={"appointment.attendees": "--who", "appointment.note_in_archive": "--note",
               "publication.facts_verified": "--verified",
               "publication.confidentiality_reviewed": "--reviewed",
               "draft_version": "--version"}),
    Row("escalation alter", "escalations.AlterStep",
        "修改待批准的提醒或行政指导建议书；正文为空则恢复平台原来的文字。",
        "Alters the reminder or guidance letter that is proposed; nothing is sent.",
        args="escalation_id step", names={"draft_text": "--text", "draft_version": "--version"}),
    Row("escalation decline", "escalations.DeclineStep", "不批准，说明理由；到复查日再提出。",
        "Declines the step that is proposed.", args="escalation_id step",
        names={"review_on": "--until"}),
    Row("escalation defer", "escalations.DeferStep", "暂缓。",
        "Puts off the step that is proposed.", args="escalation_id step",
        names={"review_on": "--until"}),
    Row("escalation interview", "escalations.RecordInterview", "记录约谈情况。",
        "Records how an interview went.", args="escalation_id", defaults={"outcome": "held"},
        flags={"--absent": ("outcome", "not_attended")}),
    Row("escalation exposures", "escalations.ListExposures",
        "列出向社会公开的内容；案件终结即撤下。", "Lists what is public.",
        defaults={"page_size": 50}, names={"name_contains": "--name"}),
)  # fmt: skip
