"""The figures of the law data as sentences, by the article on which each rests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from law.corpus import READERS, CitedEntry, articles, cited, declared
from law.evidence import RecordKind
from law.kind_names import kind_name
from law.reader.packaged import read
from law.reader.words import article_of
from law.texts_in_force.load import GRADING
from law.texts_in_force.model import Reading
from services.portal.wording import N_, Words


@dataclass(frozen=True)
class Figure:
    """What the platform takes from an article: a sentence, and where the data have it.

    `example` is true for a value that stands in for one that is not public; `adopted_for` names,
    where the figure is borrowed, what the text in force leaves open.
    """

    source: str
    sentence: str
    example: bool
    adopted_for: str


_SOURCES = {
    "attention": N_("重点关注"),
    "colours": N_("三色预警"),
    "courses": N_("督促的事由"),
    "disclosure": N_("披露和保存"),
    "escalation": N_("督促"),
    "instruments": N_("器具目录"),
    "jurisdictions": N_("哪里适用哪个文件"),
    "measures": N_("激励和约束措施"),
    "permits": N_("计量行政许可"),
    "repair": N_("信用修复"),
    "sampling": N_("抽查比例"),
    "upkeep": N_("维护和签封记录"),
    "separation": N_("不相容职务、经他人批准和回避"),
    "taizhou-block": N_("街区诚信计量指数"),
    "taizhou-scenic": N_("景区诚信计量指数"),
    "terms": N_("办理期限"),
    "workdays": N_("工作日"),
}
_LABELS = ("name", "title", "rule", "note", "reason")
_QUANTITIES = (
    ("days", N_("{n} 个工作日")),
    ("cycle_months", N_("检定周期 {n} 个月")),
    ("points", N_("{n} 分")),
    ("at_least_percent", N_("不低于 {n}%")),
)
_ORIGINS = {"entered_on": N_("自录入之日起"), "determined_on": N_("自认定之日起")}


def figures_by_article(text_id: str, words: Words) -> Mapping[str, list[Figure]]:
    """Returns what the platform takes from each article of a text, in the order of the data."""
    found: defaultdict[str, list[Figure]] = defaultdict(list)
    for name, entry in _entries():
        figure = None
        for cite in articles(entry.cite):
            head, _, article = cite.partition(" ")
            if head != text_id:
                continue
            figure = figure or _figure(name, entry, words)
            if figure.sentence:
                found[article_of(text_id, article)].append(figure)
    return {article: list(dict.fromkeys(own)) for article, own in found.items()}


@cache
def _entries() -> tuple[tuple[str, CitedEntry], ...]:
    return tuple((name, entry) for name in READERS for entry in cited(read(name)))


def _figure(name: str, entry: CitedEntry, words: Words) -> Figure:
    source = words.text_title(name) if name in GRADING else words.say(_SOURCES.get(name, ""))
    say = next((say for start, say in _SENTENCES if entry.place.startswith(start)), _labelled)
    return Figure(
        source=source,
        sentence=words.plain(say(name, entry, words)),
        example=bool(entry.content.get("example")),
        adopted_for=words.plain(str(entry.content.get("adopted_for", ""))),
    )


def _labelled(_name: str, entry: CitedEntry, words: Words) -> str:
    """The entry's own words, with its quantities."""
    content = entry.content
    label = _label(content, words)
    quantities = [
        words.say(text).format(n=content[key])
        for key, text in _QUANTITIES
        if isinstance(content.get(key), int)
    ]
    return _joined([label, *quantities], words) if label else ""


def _joined(parts: list[str], words: Words) -> str:
    return words.listed(parts, "：")


def _label(content: Mapping[str, Any], words: Words) -> str:
    named = (content.get(f"{key}_{words.lang}") for key in _LABELS)
    others = (content.get(words.lang), content.get("standard"), content.get("title"))
    return str(next((text for text in (*named, *others) if text), ""))


def _kind(_name: str, entry: CitedEntry, words: Words) -> str:
    kind = RecordKind(entry.place.rpartition(".")[2])
    text = _EFFECTS[entry.content["effect"]]
    effect = words.say(text).format(n=entry.content.get("points", ""))
    return _joined([kind_name(kind, words.lang), effect], words)


_EFFECTS = {
    "adds": N_("加 {n} 分"),
    "deducts": N_("减 {n} 分"),
    "adverse": N_("记为不良记录"),
    "good": N_("记为良好记录"),
    "none": N_("不计入"),
}


def _direct(name: str, entry: CitedEntry, words: Words) -> str:
    content = entry.content
    kinds = [content["kind"]] if "kind" in content else content["kinds"]
    names = (kind_name(RecordKind(kind), words.lang) for kind in kinds)
    named = words.listed(names)
    facts = {"kinds": named, "grade": words.grade(name, content["grade"])}
    if content.get("at_least", 1) > 1:
        text = N_("{kinds}达到 {n} 次的，判为 {grade}")
        return words.say(text).format(n=content["at_least"], **facts)
    if "points_at_least" in content:
        text = N_("{kinds}单次扣 {n} 分及以上的，判为 {grade}")
        return words.say(text).format(n=content["points_at_least"], **facts)
    return words.say(N_("有{kinds}的，判为 {grade}")).format(**facts)


def _band(name: str, entry: CitedEntry, words: Words) -> str:
    content = entry.content
    facts = {
        "grade": words.grade(name, content["grade"]),
        "low": content.get("at_least", ""),
        "high": content.get("at_most", ""),
    }
    if "at_most" not in content:
        return words.say(N_("{low} 分及以上为 {grade}")).format(**facts)
    if "at_least" not in content:
        return words.say(N_("{high} 分及以下为 {grade}")).format(**facts)
    return words.say(N_("{low} 分至 {high} 分为 {grade}")).format(**facts)


def _base(_name: str, entry: CitedEntry, words: Words) -> str:
    return words.say(N_("基本分 {n} 分")).format(n=entry.content["points"])


def _window(_name: str, entry: CitedEntry, words: Words) -> str:
    text = words.say(N_("以近 {n} 年的记录为评价依据，{origin}"))
    return _years(text, entry, words)


def _reply_window(name: str, entry: CitedEntry, words: Words) -> str:
    facts = {"title": words.text_title(entry.place.partition(".")[2]), "n": entry.content["days"]}
    return words.say(N_("《{title}》：通知主体后 {n} 个工作日内可以陈述意见，此后才公开")).format(
        **facts
    )


def _announced(_name: str, entry: CitedEntry, words: Words) -> str:
    text = words.say(N_("修复在原公开的地方公布 {n} 天，期满撤下"))
    return text.format(n=entry.content["days"])


def _contact(_name: str, _entry: CitedEntry, words: Words) -> str:
    return words.say(N_("专家的联系方式在聘期内保存，聘期届满或者聘任终止后删除"))


def _period(_name: str, entry: CitedEntry, words: Words) -> str:
    return _years(words.say(N_("披露 {n} 年，{origin}")), entry, words)


def _years(text: str, entry: CitedEntry, words: Words) -> str:
    origin = _ORIGINS[entry.content["origin"]]
    return text.format(n=entry.content["years"], origin=words.say(origin))


def _cap(_name: str, entry: CitedEntry, words: Words) -> str:
    content = entry.content
    severity = _SEVERITIES[content["severity"]]
    text = words.say(N_("{severity}失信信息最长公示 {n} 个月"))
    return text.format(severity=words.say(severity), n=content["months"])


_SEVERITIES = {"minor": N_("轻微"), "general": N_("一般"), "serious": N_("严重")}


def _jurisdiction(_name: str, entry: CitedEntry, words: Words) -> str:
    ruleset = entry.content.get("ruleset")
    if ruleset:
        return words.say(N_("评定等级适用《{title}》")).format(title=words.text_title(ruleset))
    return _label(entry.content.get("not_graded", {}), words)


def _nothing(_name: str, _entry: CitedEntry, _words: Words) -> str:
    return ""


_Say = Callable[[str, CitedEntry, Words], str]
_SENTENCES: tuple[tuple[str, _Say], ...] = (
    ("kinds.", _kind),
    ("direct/", _direct),
    ("triggers/", _direct),
    ("bands/", _band),
    ("base/", _labelled),  # the rows of an index
    ("base", _base),
    ("windows.", _reply_window),
    ("window", _window),
    ("repair_announced", _announced),
    ("contact_kept", _contact),
    ("periods.", _period),
    ("severity_caps/", _cap),
    ("entries/", _jurisdiction),
    ("fields.", _nothing),
    ("classifications.", _nothing),
)


def readings_of(text_id: str) -> list[Reading]:
    """Returns how the platform reads what a text leaves open, each reading once."""
    about = (one.reading for one in declared() if f"{text_id} " in one.reading.text_zh)
    return list({reading.id: reading for reading in about}.values())
