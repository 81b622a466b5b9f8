"""The commands about the log of upkeep of instruments."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

_COMMANDS = "services.cli.commands.upkeep"

UPKEEP_COMMANDS = (
    Command("upkeep import", f"{_COMMANDS}:upkeep_import",
            "按 .xlsx 或 CSV 文件登记维护、修理和签封。",
            "Adds the entries of a workbook or CSV file to the log, or none if a row is wrong."),
    Command("upkeep attach", f"{_COMMANDS}:upkeep_attach",
            "为一条维护和签封记录添加照片或者文件。",
            "Adds a photograph or another file to an entry."),
    Command("upkeep save", f"{_COMMANDS}:upkeep_save", "把记录的文件存到本机。",
            "Saves a file of an entry on this machine."),
)  # fmt: skip

UPKEEP_ROWS = (
    Row("upkeep list", "upkeep.ListUpkeep", "列出器具的维护和签封记录，新的在前。",
        "Lists what was noted of maintenance, repairs and seals, the latest first.",
        defaults={"page_size": 50}),
    Row("upkeep show", "upkeep.GetUpkeep", "显示一条记录及其文件。",
        "Shows an entry with its files.", args="upkeep_id"),
    Row("upkeep add", "upkeep.RecordUpkeep",
        "登记维护、修理、签封损坏或者重新签封；更正用 --corrects 写明原来的一条。",
        "Notes maintenance, a repair, a broken seal or a new one, or corrects an entry.",
        args="upkeep.instrument_id", fixed={"upkeep.upkeep_id": ""},
        names={"upkeep.done_on": "--on", "upkeep.done_by": "--by"}),
)  # fmt: skip
