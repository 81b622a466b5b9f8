"""Codes on the command line: given as code or as Chinese word; help and errors list all codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import typer

from services.cli.output.words import words


def listed(codes: Mapping[str, str]) -> str:
    """Formats codes for help and error messages: `经营者 operator、办案人员 caseworker`."""
    return "、".join(f"{zh} {code}" for code, zh in codes.items())


def read(codes: Mapping[str, str], text: str) -> str:
    """Returns the code that a text names, as code or as Chinese word.

    Raises BadParameter, which lists all codes, if the text names none of them.
    """
    by_word = {zh: code for code, zh in codes.items()}
    code = text if text in codes else by_word.get(text)
    if code is None:
        raise typer.BadParameter(f"没有“{text}”；可选 one of：{listed(codes)}")
    return code


def some(vocabulary: str, *only: str) -> dict[str, str]:
    """Returns codes of a vocabulary with their Chinese words: all, or those in `only`."""
    return {code: zh for code, zh in words(vocabulary).items() if not only or code in only}


def parser(codes: Mapping[str, str]) -> Callable[[str], str]:
    """Returns a function that converts the text of an option to one of the codes (see `read`)."""

    def parse(text: str) -> str:
        return read(codes, text)

    return parse
