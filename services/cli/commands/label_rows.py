"""The rows of the table of commands that concern the labels of instruments."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

LABEL_COMMANDS = (
    Command("instrument label-sheet", "services.cli.commands.label_sheet:label_sheet",
            "把器具标签写成可打印的 PDF。", "Writes labels of instruments as PDF to print."),
)  # fmt: skip

LABEL_ROWS = (
    Row("instrument scan", "registry.ScanInstrument", "按标签编号或 GS1 码查器具，与公众所见相同。",
        "Looks an instrument up by the code of its label or a GS1 key.", args="code"),
    Row("instrument labels", "registry.ListLabels", "列出器具标签的编号。",
        "Lists the labels of instruments with their codes."),
)  # fmt: skip
