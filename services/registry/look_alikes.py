"""Subjects whose names look like another name, for the caseworker who registers or confirms one.

Two names look alike if they are the same but for width, case, punctuation, the legal form at the
end and characters that are drawn alike, or if one single character differs. A number or a letter
that differs tells two firms apart: the first and the second filling station of a town.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import takewhile

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.identity import letters
from plumbing.identity import Caller
from plumbing.paging import read_in_chunks
from services.registry import scope
from services.registry.tables import Subject

MOST = 20  # look-alikes that are shown
_CHUNK = 2000
_LEGAL_FORM = re.compile("(股份有限公司|有限责任公司|有限公司|公司|个体工商户)$")
_LONGEST_FORM = 10  # characters of a legal form and of brackets around a part of the name
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


async def look_alikes(
    session: AsyncSession, caller: Caller, on: date, name: str, besides: str = ""
) -> list[str]:
    """Returns the ids of at most 20 subjects in the caller's scope whose names look like a name.

    `besides` is the id of a subject that is left out. The names are compared in parts, so that
    other calls are answered in between.
    """
    length = len(skeleton(name))
    near = sa.func.length(Subject.name).between(length - 1, length + 1 + _LONGEST_FORM)
    rows = select(Subject.subject_id, Subject.name).where(
        sa.not_(col(Subject.removed)),
        scope.subjects(caller, on),
        near,
        col(Subject.subject_id) != besides,
    )
    found: list[str] = []
    async for chunk in read_in_chunks(session, rows, col(Subject.subject_id), _CHUNK):
        found += [subject_id for subject_id, other in chunk if alike(name, other)]
        if len(found) >= MOST:
            break
        await asyncio.sleep(0)
    return found[:MOST]


async def rows_of(session: AsyncSession, ids: Sequence[str]) -> Sequence[Subject]:
    """Reads the subjects with these ids, by name."""
    wanted = select(Subject).where(col(Subject.subject_id).in_(ids))
    return (await session.exec(wanted.order_by(col(Subject.name)))).all()
