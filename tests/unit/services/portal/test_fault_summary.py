"""Every line of an error summary names its field in the words of its label, and leads to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from services.portal.fault_summary import name_faults, read
from services.portal.rendering import HERE

TEMPLATES = HERE / "templates"
FORM = """
<ul class="govuk-list govuk-error-summary__list">
<li><a href="#note">不能超过 500 个字</a></li><li><a href="#kind">须选择一个值</a></li>
<li><a href="#no">请填写编号 &lt;20&gt;</a></li><li><a href="#uses">必填</a></li>
<li><a href="#rows">甲：已报废</a></li><li><a href="#valid_until">格式不符</a></li>
<li><a href="#request_id">须为 UUID</a></li>
</ul>
<form><input type="hidden" name="request_id"><fieldset><legend>类别</legend>
<input type="radio" id="kind" name="kind" value="a"><label for="kind">甲</label></fieldset>
<label for="no">编号</label><input id="no" name="no">
<label for="note">给机构的话（可以不填）</label><textarea id="note" name="note"></textarea>
<fieldset><legend>事项</legend><input type="checkbox" id="uses" name="uses">
<label for="uses">一</label><input type="checkbox" id="uses-2" name="uses"></fieldset></form>
<ul id="rows" aria-label="器具"><li>甲</li></ul>
"""


def lines(html: str) -> list[str]:
    return re.findall(r"<li>(.*?)</li>", html.partition("</ul>")[0])


def test_each_line_names_its_field_and_stands_in_the_order_of_the_page() -> None:
    assert lines(name_faults(FORM, "zh-CN", str)) == [
        '<a href="#kind">类别：须选择一个值</a>',
        '<a href="#no">请填写编号 &lt;20&gt;</a>',  # it names its field itself
        '<a href="#note">给机构的话：不能超过 500 个字</a>',
        '<a href="#uses">事项：必填</a>',
        '<a href="#rows">器具：甲：已报废</a>',
        "有效期至：格式不符",  # no field of the page, so there is nowhere to go
        "须为 UUID",
    ]


def test_in_english_too() -> None:
    told = lines(name_faults(FORM, "en", {"有效期至": "Valid until"}.get))  # type: ignore[arg-type]
    assert told[0] == '<a href="#kind">类别: 须选择一个值</a>'
    assert told[5] == "Valid until: 格式不符"


def test_a_page_without_faults_is_left_alone() -> None:
    page = FORM.replace("govuk-error-summary__list", "other")
    assert name_faults(page, "en", str) is page


# What the macros of parts.html make of a field; they give each one a label or a legend.
_MACRO = re.compile(r"parts\.(?:input|textarea|radios|choice|file)\(_, *'([\w-]+)'")
_TAGS = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_VALUES = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def plain(source: str) -> str:
    """A template as a page: macros of fields as what they make, every other value as a word."""
    source = _TAGS.sub("", source)

    def value(found: re.Match[str]) -> str:
        if field := _MACRO.search(found[0]):
            return f'<label for="{field[1]}">L</label><input id="{field[1]}" name="{field[1]}">'
        return "x"

    return _VALUES.sub(value, source)


def forms() -> Iterator[tuple[str, str]]:
    for file in sorted(TEMPLATES.rglob("*.html")):
        source = file.read_text("utf-8")
        if re.search(r"<(input|select|textarea)\b|parts\.(input|textarea|radios)\(", source):
            yield file.relative_to(TEMPLATES).as_posix(), plain(source)


@pytest.mark.parametrize(("template", "page"), list(forms()), ids=[name for name, _ in forms()])
def test_every_field_of_every_form_can_be_named(template: str, page: str) -> None:
    found = read(page)
    unnamed = [
        one.name
        for one in found.controls
        if one.name != "show_in" and not all(found.named(one.name)[:2])
    ]
    assert unnamed == [], template


def filled(tree: ast.AST) -> dict[str, set[str]]:
    """The fields of requests that each filter fills in, as `field=asked["filter"]`."""
    found = dict[str, set[str]]()
    keywords = (node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg)
    for keyword in keywords:
        for part in ast.walk(keyword):
            if isinstance(part, ast.Subscript) and ast.unparse(part.value) == "asked":
                found.setdefault(ast.unparse(part.slice).strip("'"), set()).add(str(keyword.arg))
    return found


def typed_filters(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """The name of each filter that is typed, and the field of the request that it says it asks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Filter":
            given = {str(one.arg): one.value for one in node.keywords}
            name = ast.unparse(node.args[0]).strip("'")
            if len(node.args) == 2 and not given.keys() & {"options", "box"}:
                yield name, getattr(given.get("asks"), "value", name)


def test_every_filter_that_is_typed_names_the_field_that_it_asks() -> None:
    trees = {file.name: ast.parse(file.read_text("utf-8")) for file in HERE.glob("pages/*.py")}
    checked = [
        (file, name, asks in filled(tree).get(name, {asks}))
        for file, tree in trees.items()
        for name, asks in typed_filters(tree)
    ]
    assert ("directory.py", "division", True) in checked
    assert [one for one in checked if not one[2]] == []
