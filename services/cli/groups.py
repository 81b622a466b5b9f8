"""The tree of commands, built from the command table; a command is loaded when it is called.

The help of a group needs only the table. Usage, options and errors have Chinese and English
headings.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from services.cli.commands.row import Command, Row
from services.cli.commands.table import GROUPS, HAND_WRITTEN, ROWS
from services.cli.plain_values import read_plainly, read_value_plainly

SETTINGS = {"help_option_names": ["-h", "--help"]}
# What a group does where its first word is none of its commands: `import FILE`.
DEFAULT_COMMANDS = {"import": "file"}
HELP = "显示本帮助 | shows this help"
BAD_USAGE = 2
_Context: Any = TyperGroup.context_class
# What is wrong with a command line, as typer says it and in Chinese.
_FAULTS = (
    (r"Missing command\.", "缺少命令"),
    (r"Missing (?:option|argument) '(.*?)'.*", r"缺少 \1"),
    (r"No such option: (\S+).*", r"没有选项 \1"),
    (r"No such command '(.*?)'.*", r"没有命令 \1"),
    (r"Got unexpected extra argument\S* \((.*)\)", r"多余的内容：\1"),
    (r"Option '(.*)' requires an argument\.?", r"选项 \1 后应有内容"),
    (r"Option '(.*)' does not take a value\.?", r"选项 \1 后不应有内容"),
    (r"Invalid value for '(.*?)': .*valid integer.*", r"\1 应为整数"),
    (
        r"Invalid value for '(.*?)': .*(?:greater|less) than or equal to (.*)",
        r"\1 超出范围，界限 \2",
    ),
    (r"Invalid value for '(.*?)': .*does not exist.*", r"\1：没有这个文件"),
    (r"Invalid value for '(.*?)': .*", r"\1 的内容不对"),
)
_PANELS = {
    "ARGUMENTS_PANEL_TITLE": "参数 Arguments",
    "OPTIONS_PANEL_TITLE": "选项 Options",
    "COMMANDS_PANEL_TITLE": "命令 Commands",
    "ERRORS_PANEL_TITLE": "错误 Error",
    "REQUIRED_LONG_STRING": "[必填 required]",
    "DEFAULT_STRING": "[默认 default: {}]",
    "ABORTED_TEXT": "已中止 Aborted.",
    "RICH_HELP": "帮助 help: [blue]{command_path} {help_option}[/]",
}


class _Formatter(_Context.formatter_class):  # type: ignore[misc]
    """Writes the usage of a command under a bilingual word."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or "用法 Usage: ")


_Context.formatter_class = _Formatter


class PlainCommand(TyperCommand):
    """A command whose help has headings in Chinese and English."""

    def get_help_option(self, ctx: Any) -> Any:
        return _explained(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        translate_frames()
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """A group of commands in the command table; its help is printed without loading any command."""

    words = ""

    @cached_property
    def entries(self) -> dict[str, Row | Command | str]:
        """The entries directly below this group: rows, commands, or the help of groups.

        The key is the last word of the entry.
        """
        below: dict[str, Row | Command | str] = {one.words: one for one in HAND_WRITTEN}
        below |= {**GROUPS, **{row.words: row for row in ROWS}}
        pairs = ((words.rpartition(" "), entry) for words, entry in below.items())
        return {last: entry for (before, _, last), entry in pairs if before == self.words}

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.entries:
            return None
        if getattr(self, "_is_listing", False):
            return self._summary(cmd_name)
        if cmd_name not in self.commands:
            words = f"{self.words} {cmd_name}".strip()
            self.commands[cmd_name] = load(words, self.entries[cmd_name])
        return self.commands[cmd_name]

    def _summary(self, name: str) -> PlainCommand:
        """A command that has its help and nothing else."""
        entry = self.entries[name]
        help_ = entry if isinstance(entry, str) else entry.help
        return PlainCommand(name=name, help=help_)

    def get_help_option(self, ctx: Any) -> Any:
        return _explained(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        translate_frames()
        self._is_listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._is_listing = False

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        default = DEFAULT_COMMANDS.get(self.words)
        if default and args and args[0] not in {*self.entries, *ctx.help_option_names}:
            args = [default, *args]
        return super().parse_args(ctx, args)


class Root(Group):
    """The top-level group of commands: the program `quanheng`."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command line; prints a usage error in Chinese and English and exits with 2."""
        read_plainly(self)
        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
        except Exception as error:
            if not standalone_mode or not hasattr(error, "format_message"):
                raise
            show_fault(error)
            sys.exit(getattr(error, "exit_code", BAD_USAGE))
        if standalone_mode:
            sys.exit(status if isinstance(status, int) else 0)
        return status


def load(words: str, entry: Row | Command | str) -> Any:
    """Builds the typer command or group for an entry of the command table."""
    name = words.rpartition(" ")[2]
    if isinstance(entry, str):
        group = Group(name=name, help=entry, no_args_is_help=True, context_settings=SETTINGS)
        group.words = words
        return group
    found = _found(entry)
    app = typer.Typer(add_completion=False)
    app.command(name, cls=PlainCommand, context_settings=SETTINGS)(found)
    return read_plainly(typer.main.get_command(app))


def _found(entry: Row | Command) -> Any:
    if isinstance(entry, Row):
        plain = import_module("services.cli.commands.plain")
        return plain.function_of(entry)
    module, _, name = entry.place.partition(":")
    return getattr(import_module(module), name)


def _explained(option: Any) -> Any:
    if option is not None:
        option.help = HELP
        read_value_plainly(option)
    return option


def translate_frames() -> None:
    """Sets Chinese and English headings for the help and error messages of typer."""
    from typer import rich_utils  # noqa: PLC0415 - only help and errors need it

    for name, text in _PANELS.items():
        setattr(rich_utils, name, text)


def fault_in_chinese(message: str) -> str:
    """Translates an error message of typer to Chinese; returns an empty text if it is unknown."""
    for pattern, zh in _FAULTS:
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match:
            return match.expand(zh)
    return ""


def show_fault(error: Any) -> None:
    """Prints a command-line error in Chinese and English, with the usage and how to get help."""
    from typer import rich_utils  # noqa: PLC0415 - only a fault needs it

    translate_frames()
    english = error.format_message()
    if zh := fault_in_chinese(english):
        error.format_message = lambda: f"{zh}\n{english}"
    rich_utils.rich_format_error(error)
