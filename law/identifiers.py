"""Identifiers of subjects: the unified social credit code (统一社会信用代码)."""

from __future__ import annotations

from law.errors import Fault, InvalidInput
from law.identity.folding import folded

CITE = "GB 32100-2015"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_LENGTH = 18
_BODY = 17


def _refuse(field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(zh, en, cite=CITE, faults=(Fault(field, zh, en, cite=CITE),))


def credit_code_check_digit(first17: str) -> str:
    """Returns the check digit (the eighteenth character) for the first seventeen characters.

    GB 32100-2015: weighted sum modulo 31, over an alphabet without I, O, S, V, Z. Raises
    InvalidInput if there are not 17 characters, or if one is not in the alphabet.
    """
    if len(first17) != _BODY or any(c not in ALPHABET for c in first17):
        raise _refuse(
            "first17",
            f"需要统一社会信用代码的前17位：{first17!r}",
            f"the first 17 characters of a credit code are needed: {first17!r}",
        )
    total = sum(ALPHABET.index(c) * w for c, w in zip(first17, _WEIGHTS, strict=True))
    return ALPHABET[-total % len(ALPHABET)]


def check_credit_code(code: str, field: str = "credit_code", *, digit: bool = True) -> str:
    """Checks a credit code and returns it in its normal form of 18 capital characters.

    GB 32100-2015. Folds away how it is written, and removes hyphens. The code of the
    registering department may be a letter, such as A, N (village co-operatives) or Y. Department
    and division codes are not looked up, because old credit codes contain divisions that no longer
    exist. With `digit=False` the check digit may disagree: some registers issued such codes. Raises
    InvalidInput for a wrong length, character or check digit; `field` is the path reported in the
    fault.
    """
    normal = folded(code).replace("-", "").upper()
    if len(normal) != _LENGTH:
        raise _refuse(
            field,
            f"统一社会信用代码应为{_LENGTH}位，现为{len(normal)}位",
            f"a unified social credit code has {_LENGTH} characters, not {len(normal)}",
        )
    foreign = [(i, c) for i, c in enumerate(normal, 1) if c not in ALPHABET]
    if foreign:
        place, character = foreign[0]
        raise _refuse(
            field,
            f"统一社会信用代码第{place}位为不允许的字符“{character}”",
            f"character {place} of the unified social credit code is {character!r}",
        )
    expected = credit_code_check_digit(normal[:_BODY])
    if digit and normal[_BODY] != expected:
        raise _refuse(
            field,
            f"统一社会信用代码校验码不符：末位应为“{expected}”",
            f"the check digit of the unified social credit code should be {expected}",
        )
    return normal
