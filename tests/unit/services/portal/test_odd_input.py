"""What people and machines put into fields and addresses never ends a page with an error."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
from starlette.datastructures import FormData

from plumbing.validation import SEVERAL_LINES
from services.portal.pages import imports
from services.portal.pages.scanning import code_in
from services.portal.rendering import HERE
from services.portal.visit import Visit, whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("999999999", 999_999_999),
        ("1000000000", None),
        ("99999999999", None),
        ("²", None),
        ("٣", None),
        ("-1", None),
        ("1.0", None),
        (" 1", None),
        ("", None),
    ],
)
def test_a_whole_number_is_written_with_ascii_digits(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("abc123-DEF", "abc123-DEF"),
        ("https://example.org/i/abc123-DEF?x=1#y", "abc123-DEF"),
        ("//[", ""),
        ("http://[x/i/abc", "abc"),
        ("器具", ""),
        ("", ""),
    ],
)
def test_the_code_of_a_label_is_found_in_what_was_typed(typed: str, code: str) -> None:
    assert code_in(typed) == code


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/home?a=b", "/home?a=b"),
        ("//[", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\t/evil.example", "/"),
        ("home", "/"),
    ],
)
def test_a_redirect_stays_on_this_host(path: str, local: str) -> None:
    nowhere = cast("Any", None)
    assert Visit(nowhere, nowhere, None).local(path) == local


def test_the_name_of_a_sheet_may_hold_a_comma() -> None:
    form = FormData({"sheets": "named", "sheet_names": "一、二季度\r\n合计,全年\r\n\r\n合计,全年"})
    nowhere = cast("Any", None)
    assert imports._sheets(Visit(nowhere, nowhere, None, form)) == ["一、二季度", "合计,全年"]


def test_what_is_typed_in_several_lines_may_have_them() -> None:
    sources = (file.read_text("utf-8") for file in (HERE / "templates").rglob("*.html"))
    names = {name for source in sources for name in re.findall(r"textarea\(_, *'(\w+)'", source)}
    assert {"grounds", "reasons", "minutes"} <= names
    # Each of the media, sheets, streets and numbers, and each part with its result, is a text.
    assert names - {"media", "names", "numbers", "parts", "sheet_names"} <= SEVERAL_LINES
