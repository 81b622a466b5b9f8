"""What describes a command: a row of the table of plain commands, or a hand-written command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """A plain command: one gRPC call. Request fields are named as in the contract, with dots.

    words: the words that the user types to call the command.
    method: service and method, as the client names them.
    zh, en: the help text in Chinese and English.
    args: the fields given as positional arguments, in order.
    names: the option of a field; `!--refuse` is a flag that sets the field to false.
    defaults: the value of a field if no option gives one; `=other` copies another field.
    fixed: the value of a field that has no option.
    flags: further flags, each with the field that it sets and the value.
    present: the method that reads the object to be changed; only the given fields are changed.
    key: the field with the id by which it is read, if that is no argument; without it, it is new.
    fails: the response field that makes the exit code 1 if it is not empty.
    anyone: True if nobody needs to log in.
    asks: what a person at a terminal is asked first, by the answer to a check; None for nothing.
    """

    words: str
    method: str
    zh: str
    en: str
    args: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    present: str = ""
    key: str = ""
    fails: str = ""
    anyone: bool = False
    asks: Callable[[Any], str] | None = None

    @property
    def help(self) -> str:
        """The help text of the command, in Chinese and English."""
        return f"{self.zh}\n\n{self.en}"


@dataclass(frozen=True)
class Command:
    """A hand-written command: its words, its function as `module:name`, and its help text."""

    words: str
    place: str  # module:name
    zh: str
    en: str

    @property
    def help(self) -> str:
        """The help text of the command, in Chinese and English."""
        return f"{self.zh}\n\n{self.en}"
