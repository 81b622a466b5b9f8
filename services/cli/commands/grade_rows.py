"""The commands of grades, of the texts that govern them, and of indices of areas."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

_COMMANDS = "services.cli.commands"

GRADE_COMMANDS: tuple[Command, ...] = (
    Command("grade receipt", f"{_COMMANDS}.grades:grade_receipt", "显示评价凭据。",
            "Shows the receipt of a grade."),
    Command("grade what-if", f"{_COMMANDS}.grades:grade_what_if",
            "假如记录撤销、修复、新增或更正，等级会怎样。",
            "Computes the grade that a subject would have if records were withdrawn, repaired, "
            "added or corrected."),
    Command("ruleset list", f"{_COMMANDS}.rulesets:ruleset_list", "列出各规则及其启用情况。",
            "Lists the rulesets, and at which bureau and from which day each one applies."),
    Command("ruleset show", f"{_COMMANDS}.rulesets:ruleset_show", "显示试算结果和等级变化的主体。",
            "Shows the result of a trial run (impact) and the subjects whose grade would change."),
)  # fmt: skip

GRADE_ROWS: tuple[Row, ...] = (
    Row("grade show", "grading.GetGrade", "显示等级：某日有效、某时所知。",
        "Shows a grade: in force on a day, as known at a moment.", args="subject_id"),
    Row("grade current", "grading.ListGradesInForce", "列出若干主体今天有效的等级。",
        "Lists the grades of several subjects that are in force today.", args="subject_ids"),
    Row("grade history", "grading.ListGrades", "列出历次等级，两种时间。",
        "Lists every grade in both times.", args="subject_id", defaults={"page_size": 50}),
    Row("grade verify", "grading.VerifyReceipt", "重新计算凭据；不一致时退出码为 1。",
        "Recomputes a receipt; exit 1 when it differs.", args="receipt_id", fails="differences"),
    Row("grade summary", "grading.SummariseGrades", "按等级统计主体。",
        "Counts subjects by grade."),
    Row("grade record", "grading.GetRecordGraded", "某条信用信息的某一版本是否已计入等级。",
        "Whether a version of a record is in the grade.", args="record_id",
        defaults={"version": 1}),
    Row("grade outlook", "assessments.Outlook", "今后等级何时变化，以及如何提升。",
        "When the grade will change by itself, and what would raise it.", args="subject_id",
        names={"horizon": "--until"}),
    Row("grade compare", "assessments.Compare", "同一主体在各文件下的等级对照。",
        "Grades one subject under every text, side by side.", args="subject_id"),
    Row("grade year-ends", "assessments.ListYearEnds", "列出历次年末类别调整（天津），最近的在前。",
        "Lists the year-end adjustments of classes, the last one first.",
        defaults={"page_size": 10}),
    # which text governs
    Row("ruleset impact", "rulesets.RunImpact", "试算：若自某日起启用某规则，哪些主体的等级会变。",
        "Rehearses a text; changes nothing.", args="ruleset_id"),
    Row("ruleset impacts", "rulesets.ListImpacts", "列出试算及其结果，新的在前。",
        "Lists impacts and their results, newest first.", defaults={"page_size": 50}),
    Row("ruleset acknowledge", "rulesets.AcknowledgeImpact",
        "确认已查看试算结果；启用之前必须有人查看。", "States that you have looked at an impact.",
        args="impact_id"),
    Row("ruleset activate", "rulesets.ActivateRuleset",
        "自某日起启用已查看试算的规则；试算人不得启用。", "Brings a text into force.",
        args="impact_id", names={"valid_from": "--from"}),
    # indices of areas
    Row("index assess", "assessments.AssessIndex", "评价一个景区或街区，存为待公布。",
        "Scores an area and keeps the result as a draft.", args="findings_json",
        names={"area_name": "--name", "area_kind": "--kind", "assessed_on": "--on"}),
    Row("index show", "assessments.GetIndex", "显示一个指数的各行得分与条款。",
        "Shows an index with the points and the article of every row.", args="index_id"),
    Row("index list", "assessments.ListIndexes", "列出指数，最近的在前。",
        "Lists indices, the newest first.", defaults={"page_size": 50},
        names={"name_contains": "--name", "area_kind": "--kind"}),
    Row("index publish", "assessments.PublishIndex", "公布指数；评价人不得公布自己评出的。",
        "Publishes a draft; not by whoever assessed it.", args="index_id"),
    Row("index withdraw", "assessments.WithdrawIndex", "撤回已公布的指数，说明理由。",
        "Withdraws a publication, with the ground.", args="index_id"),
)  # fmt: skip
