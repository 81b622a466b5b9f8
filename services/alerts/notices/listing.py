"""How notices list what is many: numbered, named, counted in the title. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from services.alerts.notices import english, texts

T = TypeVar("T")


class Named(Protocol):
    """What has the type and the serial number of an instrument."""

    @property
    def type_code(self) -> str:
        """The type by the catalogue."""

    @property
    def serial_no(self) -> str:
        """The serial number."""


def named(one: Named) -> str:
    """Returns how an instrument is called in Chinese: its type and its serial number."""
    return f"{texts.type_name(one.type_code)} {one.serial_no}"


def named_en(one: Named) -> str:
    """Returns the same in English."""
    return f"{english.type_name(one.type_code)} {one.serial_no}"


def numbered(things: Iterable[str]) -> Iterator[str]:
    """Yields each thing with its number, from 1."""
    return (f"{number}. {one}" for number, one in enumerate(things, 1))


def first_ones(things: Sequence[T], most: int, say: Callable[[T], str], rest: str) -> list[str]:
    """Returns the first things in words, numbered, and how many more there are.

    `rest` says the latter, with `{n}` for the number, and stands only where there are more.
    """
    lines, more = [*numbered(map(say, things[:most]))], len(things) - most
    return [*lines, rest.format(n=more)] if more > 0 else lines


def counted(title: str, number: int) -> str:
    """Returns a Chinese title, with the number of instruments if it is about several."""
    return title if number == 1 else f"{title}（{number} 台）"


def counted_en(title: str, number: int) -> str:
    """Returns the same of an English title."""
    return title if number == 1 else f"{title} ({number} instruments)"
