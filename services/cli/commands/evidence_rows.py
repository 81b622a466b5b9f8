"""The rows of the table of commands that concern files as evidence in cases."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

_COMMANDS = "services.cli.commands"

EVIDENCE_COMMANDS = (
    Command("evidence upload", f"{_COMMANDS}.evidence:evidence_upload",
            "上传案件的证据文件；不写案件的，留待提出案件时附上。",
            "Sends a file as evidence in a case, or for a case that is still to be lodged."),
    Command("evidence save", f"{_COMMANDS}.evidence:evidence_save",
            "把证据文件存到本机。", "Saves a file of a case on this machine."),
)  # fmt: skip

EVIDENCE_ROWS = (
    Row("evidence show", "evidence.ListEvidence",
        "列出案件的证据文件；不写案件的，列出本单位还没有附上的文件。",
        "Lists the files of a case, or those held for a case still to be lodged."),
    Row("letter serve", "deliveries.RecordDelivery",
        "记录案件的文书已经纸质送达：日期、方式和凭据。",
        "Records that a letter of a case was served on paper: day, manner and proof.",
        args="letter_id"),
    Row("letter served", "deliveries.ListDeliveries", "案件的文书是怎样纸质送达的。",
        "Shows how the letters of a case were served on paper.", args="case_id"),
)  # fmt: skip
