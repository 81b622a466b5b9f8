"""Writes docs/law.md: the requirements, the rules and cases of each article, the readings.

Run `python docs/generate_law.py`; with `--check` it writes nothing and exits 1 when the file is
not what the data yields, or a requirement names a rule that does not exist.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from law import corpus  # noqa: E402 - the checkout has to be on the path first
from law.errors import InvalidInput  # noqa: E402
from law.reader.packaged import read  # noqa: E402
from law.reader.texts import TEXTS, Text  # noqa: E402
from tools import law_reach  # noqa: E402

RULESETS = ROOT / "law" / "rulesets"
CASES = ROOT / "tests" / "unit" / "law" / "cases"
REQUIREMENTS = ROOT / "docs" / "law_requirements.yaml"
PAGE = ROOT / "docs" / "law.md"


@dataclass
class Article:
    """What depends on one article: places in the data, and cases."""

    rules: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Writes or checks the page and returns the exit status; prints every fault of the data."""
    faults = list(_faults())
    if faults:
        sys.stderr.write("\n".join(faults) + "\n")
        return 1
    page = render()
    if "--check" not in arguments:
        PAGE.write_text(page, "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == page:
        return 0
    sys.stderr.write("docs/law.md is not what the data yields: run python docs/generate_law.py\n")
    return 1


def _faults() -> Iterator[str]:
    """Every fault of every data file of the law, with its path."""
    for name in corpus.READERS:
        try:
            corpus.check(name, read(name))
        except InvalidInput as error:
            for fault in error.faults:
                yield f"{name} {fault.field}: {fault.message_zh} · {fault.message_en}"


def render() -> str:
    """The whole page."""
    cases = list(_cases())
    parts = (
        _head(), _requirements(cases), _unreached(), _articles(cases), _ambiguities(), _sources(),
    )  # fmt: skip
    return "\n".join(line for part in parts for line in part) + "\n"


def _head() -> Iterator[str]:
    yield "# 法规与规则 · The law and its rules"
    yield ""
    yield "由 `docs/generate_law.py` 生成，请勿手改。Generated; do not edit."
    yield ""
    yield "| 文本 | 名称 | 状态 | 文号 |"
    yield "|---|---|---|---|"
    for text in TEXTS.values():
        yield f"| {text.id} | {text.title_zh} | {text.status} | {text.number} |"
    yield ""


def _requirements(cases: list[Mapping[str, Any]]) -> Iterator[str]:
    counted: dict[str, int] = defaultdict(int)
    for case in cases:
        for requirement in _cited_requirements(case):
            counted[requirement] += 1
    yield "## 要求与规则 · Requirements"
    yield ""
    for section in _read(REQUIREMENTS)["sections"]:
        yield f"### {section['title']}"
        yield ""
        yield "| 要求 | 条文 | 内容 | 规则 | 用例 |"
        yield "|---|---|---|---|---|"
        for entry in section["requirements"]:
            answer = _answer(entry)
            number = counted[entry["id"]] or ""
            yield f"| {entry['id']} | {entry['cite']} | {entry['asks']} | {answer} | {number} |"
        yield ""


def _unreached() -> Iterator[str]:
    """Every public function of the law that no service calls, directly or through another."""
    yield "## 服务尚未调用的规则 · Rules not reachable yet"
    yield ""
    yield "由源代码的调用关系得出。Derived from the calls in the source (`tools/law_reach.py`)."
    yield ""
    for name in law_reach.public_functions(ROOT):
        # The corpus serves this page and the tests, not the services.
        if _mark(name) and not name.startswith("law.corpus."):
            yield f"- `{name}`{NOT_REACHABLE}"
    yield ""


def _cited_requirements(case: Mapping[str, Any]) -> set[str]:
    cited = {part.strip() for part in str(case["cite"]).split(";")}
    return {part for part in cited if part.startswith("R-")} | set(case.get("requirements", ()))


def _answer(entry: Mapping[str, Any]) -> str:
    if "open" in entry:
        return f"*open*：{entry['open']}"
    for name in entry["rule"]:
        _resolve(name)
    for place in entry.get("data", ()):
        _find(place)
    rules = [f"`{name}`{_mark(name)}" for name in entry["rule"]]
    return "<br>".join((*rules, *(f"`{place}`" for place in entry.get("data", ()))))


NOT_REACHABLE = " *尚不可达 not reachable yet*"


def _mark(name: str) -> str:
    """The mark of a rule that no service can reach, by the calls in the source."""
    return "" if law_reach.is_reached(ROOT, name) else NOT_REACHABLE


def _find(place: str) -> None:
    """Raises LookupError unless the data cite the article at that place: file, path, article."""
    file, path, article = place.split(" ", 2)
    for entry in corpus.cited(_read(RULESETS / f"{file}.yaml")):
        if entry.place.startswith(path) and article in corpus.articles(entry.cite):
            return
    raise LookupError(f"{file} cites no {article} at {path}")


def _resolve(name: str) -> object:
    """The object of a dotted name. Raises AttributeError for a rule that does not exist."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _articles(cases: list[Mapping[str, Any]]) -> Iterator[str]:
    articles_of: dict[str, Article] = defaultdict(Article)
    for path in sorted(RULESETS.glob("*.yaml")):
        for entry in corpus.cited(_read(path)):
            for article in corpus.articles(entry.cite):
                articles_of[article].rules.append(f"`{path.stem}` {entry.place}".strip())
    for case in cases:
        for article in corpus.articles(case["cite"]):
            articles_of[article].cases.append(case["name"])
    yield "## 条文、规则、用例 · Articles"
    yield ""
    for text in TEXTS.values():
        articles = {a: r for a, r in articles_of.items() if a.split(" ")[0] == text.id}
        if articles:
            yield from _of_text(text, articles)


def _of_text(text: Text, articles: Mapping[str, Article]) -> Iterator[str]:
    yield f"### {text.id} {text.title_zh}"
    yield ""
    for cite in sorted(articles, key=_in_order):
        yield f"**{cite.partition(' ')[2]}**"
        yield ""
        yield from (f"- {rule}" for rule in dict.fromkeys(articles[cite].rules))
        yield from (f"- 用例：{name}" for name in dict.fromkeys(articles[cite].cases))
        yield ""


_NUMERALS = "〇一二三四五六七八九十"


def _in_order(cite: str) -> list[tuple[int, str]]:
    """Sorts articles as the texts number them: by figures and Chinese numerals, not by code."""
    pieces = re.findall(r"\d+|[〇一二三四五六七八九十]|[^\d〇一二三四五六七八九十]+", cite)
    return [_weight(piece) for piece in pieces]


def _weight(piece: str) -> tuple[int, str]:
    if piece.isdigit():
        return int(piece), ""
    return (_NUMERALS.index(piece), "") if piece in _NUMERALS else (-1, piece)


def _ambiguities() -> Iterator[str]:
    readings = corpus.declared()
    yield "## 歧义与采用的读法 · Ambiguities"
    yield ""
    yield from _heading("将改变什么 What would change")
    for declared in readings:
        if not declared.why_zh:
            yield _reading_row(declared, declared.reading.changes_zh, declared.reading.changes_en)
    yield ""
    yield "以下各项目前不触及任何规则 · These touch no rule today:"
    yield ""
    yield from _heading("为何不触及规则 Why no rule")
    for declared in readings:
        if declared.why_zh:
            yield _reading_row(declared, declared.why_zh, declared.why_en)
    yield ""


def _heading(last: str) -> Iterator[str]:
    yield f"| 编号 | 文件 | 文本 The texts | 读法 Reading | 另一读法 Alternative | {last} |"
    yield "|---|---|---|---|---|---|"


def _reading_row(declared: corpus.DeclaredReading, *last: str) -> str:
    reading = declared.reading
    cells = (
        (reading.text_zh, reading.text_en) if reading.text_zh else (),
        (reading.reading_zh, reading.reading_en),
        (reading.alternative_zh, reading.alternative_en),
        last,
    )
    return f"| {reading.id} | {declared.file} | " + " | ".join(map("<br>".join, cells)) + " |"


def _sources() -> Iterator[str]:
    """What was checked outside the five texts, and whether it was confirmed."""
    source = read("disclosure")["severity_caps_source"]
    sure = "已核实 confirmed" if source["confirmed"] else "未核实 not confirmed"
    yield "## 外部来源的核实 · Sources looked at"
    yield ""
    yield f"**披露期的国家上限 · National ceiling of disclosure**（`disclosure`）：{sure}"
    yield ""
    yield f"{source['note_zh']}"
    yield ""
    yield f"{source['note_en'].strip()}"
    yield ""
    yield from (f"- {place}" for place in source["looked_at"])


def _cases() -> Iterator[Mapping[str, Any]]:
    for path in sorted(CASES.glob("*.yaml")):
        document = _read(path)
        yield from document["cases"] if isinstance(document, Mapping) else document


@cache
def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
