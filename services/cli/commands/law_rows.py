"""The commands of the law, which need no platform."""

from __future__ import annotations

from services.cli.commands.row import Command

_LAW = "services.cli.law"

LAW_COMMANDS: tuple[Command, ...] = (
    Command("law list", f"{_LAW}.commands:list_", "列出全部规则集。",
            "Lists the rulesets with id, version, status and hash."),
    Command("law show", f"{_LAW}.commands:show_", "显示一个规则集的全部数据和出处。",
            "Shows all data of a ruleset, with the citations."),
    Command("law grade", f"{_LAW}.commands:grade", "评定等级，输出完整凭据。",
            "Grades a dossier (a subject and its credit records) and prints the receipt."),
    Command("law compare", f"{_LAW}.commands:compare", "同一档案在各文件下的等级对照。",
            "Grades one dossier under every ruleset, side by side."),
    Command("law outlook", f"{_LAW}.commands:outlook", "今后等级何时变化，以及如何提升。",
            "Reports when the grade will change by itself, and what would raise it."),
    Command("law verify", f"{_LAW}.commands:verify", "重新计算凭据，核对是否一致。",
            "Recomputes a receipt."),
    Command("law index", f"{_LAW}.colours_and_indices:index", "计算景区或街区诚信计量指数。",
            "Scores a scenic area or a street block by the Taizhou tables."),
    Command("law workdays", f"{_LAW}.workdays:workdays", "计算第N个工作日。",
            "Computes the n-th working day after an event."),
    Command("law colour", f"{_LAW}.colours_and_indices:colour_",
            "计算器具的三色预警，以及今后变色的日期。",
            "Computes the alert colour of an instrument, and the days on which the colour will "
            "change."),
)  # fmt: skip
