"""Which names look alike to people: a hint for the caseworker, never a reason to take two for one.

Two names look alike if they are the same but for width, case, punctuation, the legal form at the
end and characters that are drawn alike, or if one single character differs. A number or a letter
that differs tells two firms apart: the first and the second filling station of a town.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from law.identity.folding import letters

_LEGAL_FORM = re.compile("(股份有限公司|有限责任公司|有限公司|公司|个体工商户)$")
LONGEST_FORM = 10  # characters of a legal form and of brackets around a part of the name
_LEAST = 3  # characters of a name in which one may differ
_COUNTING = re.compile("[0-9a-z一二三四五六七八九十百甲乙丙丁东西南北]")
# Each group is drawn alike; a name is compared with the first character in place of the others.
_DRAWN_ALIKE = (
    "oо0οO", "lіιI1|", "aаα", "eе", "pрρ", "cс", "xхχ", "bв", "hн", "kкκ", "mм", "tтτ", "yуγ",
    "未末", "土士", "己已巳", "日曰", "人入", "天夭", "干千于", "大太犬", "王玉", "田由甲申",
    "朩木", "戊戌戍", "茶荼", "晴睛", "博搏", "辨辩辫", "巿市", "囗口", "氷冰", "呂吕", "黃黄",
)  # fmt: skip
_FIRST = str.maketrans({other: group[0] for group in _DRAWN_ALIKE for other in group[1:]})


def skeleton(name: str) -> str:
    """Returns a name without what people do not see as a difference."""
    plain = letters(name)
    return _LEGAL_FORM.sub("", plain) or plain


def alike(one: str, other: str) -> bool:
    """Returns whether two names look alike; the same name does."""
    left, right = skeleton(one), skeleton(other)
    if left.translate(_FIRST) == right.translate(_FIRST):
        return True
    short = min(len(left), len(right)) < _LEAST
    return not short and any(map(_is_no_count, _single_differences(left, right)))


def _single_differences(left: str, right: str) -> Iterator[str]:
    """Yields the characters that alone differ, one of each name or one that is added."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    start = sum(1 for _ in same)
    rest, other = left[start:], right[start:]
    for skipped, others in ((1, 1), (1, 0), (0, 1)):
        if rest[skipped:] == other[others:]:
            yield rest[:skipped] + other[:others]


def _is_no_count(characters: str) -> bool:
    return not all(map(_COUNTING.match, characters))
