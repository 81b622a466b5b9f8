"""Who keeps preferences, a mobile number and webhooks: a subject, or a verification institution.

Rows of an institution have `institution/` and its id where those of a subject have the subject's
id. An account names its institution by name, as its token says it. Staff keep the preferences of
their bureau, which has one address for its notices: these rows have `bureau/` and its code.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound, NotPermitted
from plumbing import row_scope
from plumbing.change import Change
from plumbing.identity import Caller, Role
from plumbing.view import View
from services.alerts.notice_kinds import INSTITUTION, OUTSIDE, NoticeKind
from services.alerts.tables import OF_OTHERS, Institution, Notice, Subject

Owner = Subject | Institution
BUREAU = "bureau/"
# Kinds whose mails are for one person, one program or the platform's operator.
_NOT_OF_A_BUREAU = (NoticeKind.ACCOUNT, NoticeKind.CHECKPOINT, NoticeKind.GIVEN_UP)
GOES_OUTSIDE = sa.or_(*(col(Notice.key).startswith(key) for key in OUTSIDE))
TO_INSTITUTION = sa.and_(sa.text(f"notice.{OF_OTHERS}"), col(Notice.key).startswith(INSTITUTION))
TO_BUREAU = sa.and_(
    col(Notice.subject_id) == "",
    sa.not_(GOES_OUTSIDE),
    col(Notice.kind).not_in(_NOT_OF_A_BUREAU),
)
KEEPERS_OF_A_BUREAU = (Role.CASEWORKER, Role.UNIT_HEAD)
READERS = (Role.CASEWORKER, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)


def owner_key(owner: Owner) -> str:
    """Returns the key of the rows that a subject or an institution keeps."""
    if isinstance(owner, Subject):
        return owner.subject_id
    return f"{INSTITUTION}{owner.institution_id}"


async def key_of_caller(by: Change | View) -> str:
    """Returns the key of the caller's own rows; empty for an institution that is not on file."""
    if by.caller.has(Role.OPERATOR):
        return by.caller.subject_id
    if by.caller.has(*KEEPERS_OF_A_BUREAU):
        return f"{BUREAU}{by.caller.bureau}"
    owner = await institution_named(by.session, by.caller.institution)
    return owner_key(owner) if owner else ""


async def key_of_recipient(session: AsyncSession, notice: Notice) -> str:
    """Returns the key of the subject or institution that gets a notice; empty for a bureau."""
    if notice.subject_id or not notice.key.startswith(INSTITUTION):
        return notice.subject_id
    owner = await institution_named(session, notice.recipient)
    return owner_key(owner) if owner else ""


async def key_of_wish(session: AsyncSession, notice: Notice) -> str:
    """Returns the key of the preferences that a notice follows; empty if it follows none."""
    if is_to_bureau(notice):
        return f"{BUREAU}{notice.bureau}"
    return await key_of_recipient(session, notice)


def is_to_bureau(notice: Notice) -> bool:
    """Returns whether a notice is for a bureau, as TO_BUREAU asks in a query."""
    outside = notice.subject_id or notice.key.startswith(OUTSIDE)
    return not outside and notice.kind not in _NOT_OF_A_BUREAU


async def owner_of(session: AsyncSession, key: str) -> Owner | None:
    """Returns the subject or institution with this key; None if it is not known here."""
    if key.startswith(INSTITUTION):
        return await session.get(Institution, key.removeprefix(INSTITUTION))
    return await session.get(Subject, key) if key else None


async def require_key(change: Change) -> str:
    """Returns the key of the caller's own rows; raises the errors of `require_owner`.

    An operator's subject need not be known here yet.
    """
    if change.caller.has(Role.OPERATOR):
        return change.caller.subject_id
    if change.caller.has(*KEEPERS_OF_A_BUREAU):
        if not change.caller.bureau:
            raise NotPermitted("您的账号没有登记机关", "Your account names no bureau")
        return f"{BUREAU}{change.caller.bureau}"
    return owner_key(await require_owner(change))


def audited(key: str) -> str:
    """Returns how the audit names the owner with this key."""
    return key if key.startswith((INSTITUTION, BUREAU)) else f"subject/{key}"


async def require_owner(change: Change) -> Owner:
    """Returns the caller's subject or institution, locked until the change commits.

    Raises NotPermitted for an account that names no institution, and NotFound for a subject or an
    institution that is not known here.
    """
    caller, session = change.caller, change.session
    if caller.has(Role.OPERATOR):
        owner = await session.get(Subject, caller.subject_id, with_for_update=True)
        if owner is None:
            raise NotFound("没有这个主体", "There is no such subject", subject=caller.subject_id)
        return owner
    if not caller.institution:
        zh = "您的账号没有登记机构名称，请平台管理员登记后再办"
        en = "Your account names no institution; the administrator has to name it first"
        raise NotPermitted(zh, en)
    institution = await institution_named(session, caller.institution, lock=True)
    if institution is None:
        zh = "贵机构还没有登记为检定机构，请监管机关的单位负责人登记"
        en = "Your institution is not on file; the bureau's unit head has to register it first"
        raise NotFound(zh, en, institution=caller.institution)
    return institution


async def institution_named(
    session: AsyncSession, name: str, *, lock: bool = False
) -> Institution | None:
    """Returns the institution of this name, locked if asked; None if it is not on file."""
    if not name:
        return None
    rows = select(Institution).where(col(Institution.name) == name)
    return (await session.exec(rows.with_for_update() if lock else rows)).first()


def addressed_to(caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the condition for the notices addressed to the caller.

    They are those to the subject or the institution that the account speaks for, or, for staff that
    handle cases, to its bureau. An account may lack the one that its role needs: it has none.
    """
    own: sa.ColumnElement[bool] = sa.false()
    if caller.has(Role.OPERATOR):
        own = col(Notice.subject_id) == caller.subject_id if caller.subject_id else own
    elif caller.has(*READERS):
        of_bureau = row_scope.of_bureau(caller.bureau, Notice.bureau)
        own = sa.and_(of_bureau, TO_BUREAU) if caller.bureau else own
    elif caller.has(Role.VERIFICATION_INSTITUTION) and caller.institution:
        own = sa.and_(col(Notice.recipient) == caller.institution, TO_INSTITUTION)
    return own
