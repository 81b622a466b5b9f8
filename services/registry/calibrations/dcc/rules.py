"""Rules that a certificate has to keep and no schema can state.

They are those of PTB's Schematron for DCC 3.3.0 that concern what is taken over or shown: dates,
references, languages, lists, and what a result must be accompanied by. Its rules on the writing of
software versions, on lists of country and language codes, on relative uncertainties and on units
beside the SI are not checked here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from services.registry.calibrations.dcc.elements import (
    DCC,
    SI,
    Element,
    day_at,
    every,
    name_of,
    text_at,
)
from services.registry.calibrations.dcc.findings import Finding, short

_CORE = "dcc:administrativeData/dcc:coreData"
_NEEDED = {
    "usedMethods": ("所用方法", "method"),
    "influenceConditions": ("影响量（环境条件）", "influence conditions"),
}
_LISTS = {
    "valueXMLList",
    "unitXMLList",
    "labelXMLList",
    "uncertaintyXMLList",
    "coverageFactorXMLList",
}


def broken(root: Element) -> Iterator[Finding]:
    """Yields every rule that a certificate breaks, with the line."""
    yield from _dates(root)
    yield from _references(root)
    yield from _languages(root)
    yield from _lists(root)
    yield from _lacking(root)


def _dates(root: Element) -> Iterator[Finding]:
    core = next(iter(every(root, _CORE)), None)
    begun, ended = day_at(core, "dcc:beginPerformanceDate"), day_at(core, "dcc:endPerformanceDate")
    if ended is None:
        zh, en = (
            "没有校准完成的日期，或者不是日期",
            "there is no day on which the calibration ended",
        )
        yield Finding("RULE", zh, en, "endPerformanceDate", _line(core))
    elif begun is not None and begun > ended:
        zh, en = (
            f"校准完成日期 {ended} 早于开始日期 {begun}",
            f"it ended on {ended}, before {begun}",
        )
        yield Finding("RULE", zh, en, "endPerformanceDate", _line(core))
    issued = day_at(core, "dcc:issueDate")
    if issued is not None and ended is not None and issued < ended:
        zh, en = (
            f"签发日期 {issued} 早于校准完成日期 {ended}",
            f"issued on {issued}, before {ended}",
        )
        yield Finding("RULE", zh, en, "issueDate", _line(core))


def _references(root: Element) -> Iterator[Finding]:
    known = {one.get("id") for one in root.iter() if one.get("id")}
    for one in root.iter():
        for id_ in (one.get("refId") or "").split():
            if id_ not in known:
                zh, en = f"引用的标识“{short(id_)}”不存在", f"nothing has the id {short(id_)}"
                yield Finding("RULE", zh, en, name_of(one), _line(one))


def _languages(root: Element) -> Iterator[Finding]:
    used = every(root, f"{_CORE}/dcc:usedLangCodeISO639_1")
    for code, times in Counter(short(one.text) for one in used).items():
        if times > 1:
            zh, en = f"语言“{code}”写了 {times} 次", f"the language {code} stands {times} times"
            yield Finding("RULE", zh, en, "usedLangCodeISO639_1", _line(used[0]))
    known, told = {short(one.text) for one in used}, set()
    for one in root.iter(f"{{{DCC}}}content"):
        lang = one.get("lang")
        if lang and lang not in known and lang not in told:
            told.add(lang)
            zh, en = (
                f"文字所用的语言“{short(lang)}”没有列出",
                f"the language {short(lang)} is not listed",
            )
            yield Finding("RULE", zh, en, "content", _line(one))


def _lists(root: Element) -> Iterator[Finding]:
    for one in root.iter(f"{{{SI}}}*"):
        if name_of(one) in _LISTS and " ".join((one.text or "").split()) != (one.text or ""):
            zh, en = (
                "清单的各项之间应只有一个空格",
                "one space stands between the entries of a list",
            )
            yield Finding("RULE", zh, en, name_of(one), _line(one))
    for one in root.iter(f"{{{SI}}}realListXMLList"):
        values = len(text_of(one, "si:valueXMLList"))
        for path, zh_name, en_name in (
            ("si:unitXMLList", "单位", "units"),
            ("si:expandedUncXMLList/si:uncertaintyXMLList", "扩展不确定度", "uncertainties"),
        ):
            count = len(text_of(one, path))
            if count > 1 and count != values:
                zh = f"{zh_name}有 {count} 个，值有 {values} 个，应为一个或者同样多"
                en = f"{count} {en_name} for {values} values: one, or as many"
                yield Finding("RULE", zh, en, path.rpartition(":")[2], _line(one))


def text_of(element: Element, path: str) -> list[str]:
    """Returns the entries of the list at a path."""
    found = every(element, path)
    return (found[0].text or "").split() if found else []


def _lacking(root: Element) -> Iterator[Finding]:
    """Results without the method or the conditions: of the whole section, the list or each one."""
    for section in root.iter(f"{{{DCC}}}measurementResult"):
        for name, (zh_name, en_name) in _NEEDED.items():
            if every(section, f"dcc:{name}"):
                continue
            bare = [one for one in _quantities(section) if not _has(one, name, section)]
            if bare:
                zh, en = (
                    f"{len(bare)} 个结果没有写明{zh_name}",
                    f"{len(bare)} results without {en_name}",
                )
                yield Finding("RULE", zh, en, name, _line(bare[0]))


def _quantities(section: Element) -> list[Element]:
    return [
        one
        for result in every(section, "dcc:results/dcc:result/dcc:data")
        for one in result.iter(f"{{{DCC}}}quantity")
        if not any(name_of(above) == "metaData" for above in one.iterancestors())
    ]


def _has(quantity: Element, name: str, section: Element) -> bool:
    for one in (quantity, *quantity.iterancestors()):
        if one is section:
            return False
        if every(one, f"dcc:{name}"):
            return True
    return False


def _line(element: Element) -> int:
    return 0 if element is None else element.sourceline or 0


def conformity_of(root: Element) -> str:
    """Returns what the certificate says of conformity as a whole; empty if it says nothing."""
    stated = every(root, "dcc:administrativeData/dcc:statements/dcc:statement")
    return next(filter(None, (text_at(one, "dcc:conformity") for one in stated)), "")
