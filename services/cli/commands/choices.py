"""Codes on the command line: taken in Chinese or as code, listed in full by help and refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import typer

from services.cli.output.words import words


def listed(codes: Mapping[str, str]) -> str:
    """Codes as help and refusals list them: 经营者 operator、经办人 caseworker."""
    return "、".join(f"{zh} {code}" for code, zh in codes.items())


def read(codes: Mapping[str, str], text: str) -> str:
    """The code of a choice given in Chinese or as code. Raises BadParameter, listing all."""
    by_word = {zh: code for code, zh in codes.items()}
    code = text if text in codes else by_word.get(text)
    if code is None:
        raise typer.BadParameter(f"没有“{text}”；可选 one of：{listed(codes)}")
    return code


def some(vocabulary: str, *only: str) -> dict[str, str]:
    """The codes of a vocabulary with their Chinese words; only some of them where named."""
    return {code: zh for code, zh in words(vocabulary).items() if not only or code in only}


def parser(codes: Mapping[str, str]) -> Callable[[str], str]:
    """A parser of an option that takes one of some codes."""

    def parse(text: str) -> str:
        return read(codes, text)

    return parse
