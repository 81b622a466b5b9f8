"""Who answers a request that somebody stands back from a case (回避): PENALTY-LAW 43, C-35."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from law.objection import Permission
from law.separation import recusal


@dataclass(frozen=True, slots=True)
class Concerned:
    """The person who is asked to stand back from a case.

    `is_head` tells whether the person answers such requests in their own bureau; `above` are the
    bureaus above the bureau of the case that have somebody who answers them.
    """

    person: str
    is_head: bool
    bureau: str
    above: Collection[str] = ()

    @property
    def answered_above(self) -> bool:
        """Whether a bureau above answers the request, because it concerns the unit head."""
        return self.is_head and bool(self.above)


def may_answer(
    concerned: Concerned, person: str, roles: Collection[str], bureau: str
) -> Permission:
    """Returns whether a person of `bureau` with these roles may answer a request for recusal."""
    cite = recusal().cite
    if recusal().by not in roles:
        zh, en = "回避由单位负责人决定", "the unit head decides on a recusal"
        return Permission(False, cite, zh, en)
    if person == concerned.person:
        zh, en = "不得决定本人的回避", "nobody decides on their own recusal"
        return Permission(False, cite, zh, en)
    if concerned.answered_above and bureau not in concerned.above:
        zh, en = (
            "涉及单位负责人的，由上级机关的单位负责人决定",
            "the head above decides on a head",
        )
        return Permission(False, cite, zh, en)
    if not concerned.answered_above and bureau != concerned.bureau:
        zh, en = "由办理案件的机关的单位负责人决定", "the head of the bureau that hears it decides"
        return Permission(False, cite, zh, en)
    return Permission(True, cite)
