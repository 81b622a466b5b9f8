"""Which administrators besides the caller release a change of an account (ADR 0022).

They are those who govern the bureau where power is gained or lost. If nobody governs that bureau,
but somebody a part of it, they release. An administrator is released by any other one where nobody
else governs: otherwise one administrator alone would make a second one there, to release with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import WrongState
from law.separation import Act
from plumbing.change import Change
from plumbing.identity import Role, scope_prefix
from services.registry.identity.standing import (
    Standing,
    act_of,
    appoints,
    appoints_administrator,
    dismisses,
    within,
)
from services.registry.identity.tables import Account


@dataclass(frozen=True)
class Seconds:
    """The act, the administrators who may release it, and the bureau where its proposal waits."""

    act: Act
    people: Sequence[Account]
    desk: str


async def seconds(change: Change, before: Standing, after: Standing) -> Seconds | None:
    """Returns who releases a change; None if it needs nobody or nobody else could release it.

    Raises WrongState if an administrator moves between two bureaus that no other one governs both.
    """
    act = act_of(before, after)
    if act is None:
        return None
    able = await administrators(change, but=change.on_behalf_of)
    asked = {place: people for place, people in _asked(able, before, after) if people}
    if not asked:
        return None
    common = [row for row in able if all(row in people for people in asked.values())]
    if not common:
        zh = "没有一位其他管理员同时管辖两个机关；请注销该账号，再在另一机关新建"
        en = "No other administrator governs both bureaus; close the account, make one in the other"
        raise WrongState(zh, en)
    desk = _desk(list(asked), [row.bureau for row in common])
    return Seconds(act, [row for row in common if within(desk, row.bureau)], desk)


async def administrators(change: Change, *, but: str) -> Sequence[Account]:
    """Returns the open accounts of administrators but one, by id.

    They have signed in before: whoever never did may not exist.
    """
    able = select(Account).where(
        col(Account.account_id) != but,
        col(Account.bureau) != "",
        sa.not_(col(Account.closed)),
        sa.not_(col(Account.first_password)),
        sa.or_(col(Account.external), col(Account.password_hash) != ""),
    )
    rows = await change.session.exec(able.order_by(Account.account_id))
    return [row for row in rows if Role.ADMINISTRATOR in row.roles]


def _asked(
    able: Sequence[Account], before: Standing, after: Standing
) -> Iterator[tuple[str, Sequence[Account]]]:
    """Each bureau where a change gives or takes power, with those who may release it there."""
    if dismisses(before, after):
        yield before.place, _concerned(able, before.place)
    if appoints(before, after):
        anybody = able if appoints_administrator(before, after) else []
        yield after.place, _concerned(able, after.place) or anybody


def _concerned(able: Sequence[Account], place: str) -> Sequence[Account]:
    """Those who govern a bureau, or else those who govern a part of it."""
    governing = [row for row in able if within(place, row.bureau)]
    return governing or [row for row in able if within(row.bureau, place)]


def _desk(places: list[str], theirs: list[str]) -> str:
    """The smallest bureau that spans the places and that one of the administrators governs.

    If they govern parts or none of the places, it is the smallest of their own bureaus.
    """
    spanning = [
        desk
        for desk in (*places, *theirs)
        if all(within(place, desk) for place in places) and any(within(desk, own) for own in theirs)
    ]
    return max(spanning or theirs, key=lambda bureau: len(scope_prefix(bureau)))
