"""The rows of the table of commands for editions of the working-day calendar."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

_COMMANDS = "services.cli.commands"

CALENDAR_COMMANDS = (
    Command("calendar load", f"{_COMMANDS}.calendar:calendar_load",
            "载入一年的放假安排（CSV 或 JSON）；另一位平台管理员启用之后才起作用。",
            "Loads the holidays of a year; they count once another administrator applies them."),
    Command("calendar show", f"{_COMMANDS}.calendar:calendar_show",
            "并排显示一版日历会改变的每个期限：原届满日和新届满日。",
            "Shows every open term that an edition moves, the old and the new last day."),
)  # fmt: skip

CALENDAR_ROWS = (
    Row("calendar list", "calendar.ListCalendarEditions", "列出载入的各版日历，新的在前。",
        "Lists the editions of the calendar that were loaded, the newest first.",
        defaults={"page_size": 50}),
    Row("calendar apply", "calendar.ApplyCalendarEdition",
        "启用他人载入的日历：全部未办结的期限按它重新计算。",
        "Applies an edition that somebody else loaded: every open term is counted by it.",
        args="edition_id"),
    Row("calendar discard", "calendar.DiscardCalendarEdition", "作废尚未启用的日历。",
        "Discards an edition that was not applied.", args="edition_id"),
)  # fmt: skip
