"""What makes a password too easy to guess: it is short, common, repetitive or names the person."""

from __future__ import annotations

import gzip
import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from law.errors import Fault, InvalidInput

LEAST = 12  # characters
LEAST_DIFFERENT = 5
NAME_LEAST = 4  # characters; a shorter name may stand in a password

# 20,000 passwords, collected by Royce Williams and published with Django (BSD licence), and what
# people of the platform are likely to add.
_COMMON = Path(__file__).with_name("common_passwords.txt.gz")
_OURS = frozenset({"quanheng", "metrology", "jiliang", "administrator", "woaini", "woaizhongguo"})
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def require_good(password: str, field: str, *names: str) -> None:
    """Raises InvalidInput, naming `field`, for a password that is too easy to guess.

    `names` are the login name and other words that the password may not contain.
    """
    if faults := list(_faults(password, field, names)):
        raise InvalidInput(faults=faults)


def _faults(password: str, field: str, names: tuple[str, ...]) -> Iterator[Fault]:
    lower = password.lower()
    if len(password) < LEAST:
        yield Fault(field, f"密码至少 {LEAST} 个字符", f"at least {LEAST} characters")
    elif _is_common(lower):
        zh = "这个密码太常见，容易被猜到，请换一个"
        yield Fault(field, zh, "this password is common and easily guessed; choose another")
    elif _is_simple(lower):
        zh = "密码过于简单：不要用重复或连续的字符"
        yield Fault(field, zh, "too simple: avoid repeated and consecutive characters")
    elif any(len(name) >= NAME_LEAST and name.lower() in lower for name in names):
        zh = "密码中不要含有用户名、邮箱或单位代码"
        yield Fault(field, zh, "it may not contain the login name, mail address or firm's code")


def _is_common(lower: str) -> bool:
    """Whether it is a common password, also with digits and signs around it or written twice."""
    words = {lower, _EDGES.sub("", lower)}
    half = lower[: len(lower) // 2]
    if half * 2 == lower:
        words.add(half)
    return not words.isdisjoint(_common())


def _is_simple(lower: str) -> bool:
    return len(set(lower)) < LEAST_DIFFERENT or _without_runs(lower) < LEAST_DIFFERENT


def _without_runs(text: str) -> int:
    """The number of characters, where each run such as abcd, 4321 or zzzz counts as one."""
    steps = [ord(after) - ord(before) for before, after in itertools.pairwise(text)]
    groups = ((step, len(list(group))) for step, group in itertools.groupby(steps))
    return 1 + sum(1 if step in (-1, 0, 1) else length for step, length in groups)


@cache
def _common() -> frozenset[str]:
    with gzip.open(_COMMON, "rt", encoding="utf-8") as lines:
        return frozenset(line.strip() for line in lines) | _OURS
