"""The words of pages for when an institution is expected to be ready, and where it verifies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protos.registry.v1 import directory_pb2 as directory
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import orders_pb2 as pb
from services.portal.wording import N_, Words

AnySite = pb.VerifierSite | directory.DirectorySite | institutions.Site


def sentences(words: Words, expected: pb.Expectation) -> Sequence[str]:
    """Returns when an order is expected to be completed, and the figures of this estimate.

    There are none if the registry answers nothing of it, as one of an earlier release does.
    """
    if not expected.term_on:
        return []
    say, term = words.say, words.day(expected.term_on)
    provisional = say(N_("（暂定：涉及放假安排尚未公布的年份）")) if expected.provisional else ""
    if not expected.expected_on:
        text = say(N_("未填报能力（{types}），不能估计；期限的最后一日：{term}"))
        types = _types(words, expected.types_without_capacity)
        return [text.format(types=types, term=term) + provisional]
    within = N_("预计 {day}完成，在期限以内（期限的最后一日：{term}）")
    after = N_("预计 {day}完成，晚于期限的最后一日 {term}")
    first = say(within if expected.within_term else after)
    first = first.format(day=words.day(expected.expected_on), term=term)
    return [first + provisional, *(_figure(words, one) for one in expected.figures)]


def _figure(words: Words, figure: pb.CapacityFigure) -> str:
    text = N_("{types}：排在前面的 {ahead} 件；机构填报自 {day}起每个工作日完成 {n} 台")
    return words.say(text).format(
        types=_types(words, figure.type_codes),
        ahead=figure.ahead,
        n=figure.per_day,
        day=words.day(figure.from_on),
    )


def site(words: Words, one: AnySite) -> str:
    """Returns a place where an institution verifies in one line."""
    parts = [one.address] if one.address else []
    if one.type_codes:
        parts.append(_types(words, one.type_codes))
    if one.at_owner:
        parts.append(words.say(N_("可以上门")))
    return words.listed((one.name, words.listed(parts, "，")), "：") if parts else one.name


def without_site(words: Words, types: Iterable[str]) -> str:
    """Returns that no site of an institution verifies some types."""
    text = words.say(N_("公开的检定地点都不检定{types}，请先向机构询问"))
    return text.format(types=_types(words, types))


def _types(words: Words, codes: Iterable[str]) -> str:
    return words.listed((words.instrument_type(code) for code in codes), "、")
