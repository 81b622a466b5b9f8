"""The cast of a sandbox: synthetic accounts in several roles, for the portal's sign-in page."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass

from plumbing.client import new_request_id
from plumbing.identity import Role
from plumbing.private_files import write_private
from plumbing.settings import Settings
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client, replace_first_password
from services.cli.commands.accounts import role_value
from services.cli.sample import furnishing, loading
from services.cli.sample.institution import authorise
from services.cli.sample.instruments import INSTITUTION
from services.cli.sample.order_book import APPLICANT
from services.cli.sample.subjects import SampleSubject, subjects
from services.cli.sessions import ADMINISTRATOR, administrator_password

_CITY = "330100"
PLATFORM_WIDE = "000000"  # the scope above every bureau
_INSTITUTION = Role.VERIFICATION_INSTITUTION
LISTING = "331002"  # 椒江
_OPERATOR = "HZ-05"  # a penalty is on its record, so there is something to object to


@dataclass(frozen=True)
class Member:
    """One synthetic person of the cast: names, role, bureau or institution, and password."""

    name: str
    display_name: str
    role: str
    bureau: str = ""
    institution: str = ""
    password: str = ""


def members(bureau: str) -> tuple[Member, ...]:
    """Returns the people of the cast, in the order in which their accounts are made.

    They are one operator, one institution, staff of bureau and city, three people of another bureau
    who make an exposure list, and a second administrator.
    """
    return (
        Member("demo.operator", "样例经营者", Role.OPERATOR),
        Member("demo.caseworker", "样例办案人员", Role.CASEWORKER, bureau),
        Member("demo.substitute", "样例代理人员", Role.CASEWORKER, bureau),
        Member("demo.unithead", "样例单位负责人", Role.UNIT_HEAD, bureau),
        Member("demo.reviewer", "样例复核人员", Role.MUNICIPAL_REVIEWER, _CITY),
        Member("demo.inspector", "样例检查人员", Role.INSPECTOR, bureau),
        Member("demo.cityhead", "样例市局负责人", Role.UNIT_HEAD, _CITY),
        Member("demo.auditor", "样例审计员", Role.AUDITOR, PLATFORM_WIDE),
        Member("demo.institution", "样例检定员", _INSTITUTION, bureau, INSTITUTION),
        # Its firms are graded by a text that knows exposure, and two of them may be listed.
        Member("demo.lister", "样例椒江办案人员", Role.CASEWORKER, LISTING),
        Member("demo.listreviewer", "样例椒江审查人员", Role.CASEWORKER, LISTING),
        Member("demo.listhead", "样例椒江负责人", Role.UNIT_HEAD, LISTING),
        # The last: from now on one administrator proposes and the other one releases.
        Member("demo.administrator", "样例第二管理员", Role.ADMINISTRATOR, PLATFORM_WIDE),
    )


async def engage(client: Client, settings: Settings) -> None:
    """Creates the accounts of the cast and stores their passwords for the portal.

    Only the owner of the file can read the passwords.
    """
    firm = _firm(_OPERATOR)
    subject_id = await _subject_id(client, firm)
    opened: list[Member] = []
    for member in members(firm.bureau):
        if member.institution:
            await _register(client, member.bureau)
        opened.append(await _open(client, member, subject_id))
    password = administrator_password(settings.keys_dir)
    administrator = Member(ADMINISTRATOR, "平台管理员", Role.ADMINISTRATOR, password=password)
    kept = [_kept(member) for member in (*opened, administrator)]
    write_private(settings.cast_file, json.dumps(kept, ensure_ascii=False))
    if not settings.roles_with_second_factor:  # which only a person can set up
        await _furnish(client, settings, opened, firm.bureau)


async def _furnish(
    client: Client, settings: Settings, opened: Sequence[Member], bureau: str
) -> None:
    applicant = Member(furnishing.APPLICANT, "样例申请人员", Role.OPERATOR)
    other = await _open(client, applicant, await _subject_id(client, _firm(APPLICANT)))
    passwords = {member.name: member.password for member in (*opened, other)}
    async with AsyncExitStack() as exits:
        acting = await furnishing.people(settings, passwords, exits)
        await furnishing.furnish(acting, bureau)


def _firm(ref: str) -> SampleSubject:
    return next(one for one in subjects() if one.ref == ref)


async def _subject_id(client: Client, firm: SampleSubject) -> str:
    wanted = registry.GetSubjectRequest(subject_id=firm.credit_code)
    return (await client.registry.GetSubject(wanted)).subject.subject_id


async def _register(client: Client, bureau: str) -> None:
    """Puts the institution of the cast on file, as a head of its bureau."""
    head = await loading.engage(client, bureau, "head")
    try:
        await authorise(head, bureau)
    finally:
        await head.close()


async def _open(client: Client, member: Member, subject_id: str) -> Member:
    first, password = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    request = identity.CreateAccountRequest(
        request_id=new_request_id(),
        name=member.name,
        display_name=member.display_name,
        password=first,
        roles=[role_value(member.role)],
        bureau=member.bureau,
        institution=member.institution,
        subject_id=subject_id if member.role == Role.OPERATOR else "",
    )
    await client.identity.CreateAccount(request)
    # Nobody signs in for good with a password that somebody else gave.
    await replace_first_password(client.settings, member.name, first, password)
    return Member(**{**asdict(member), "password": password})


def _kept(member: Member) -> dict[str, str]:
    kept = ("name", "display_name", "role", "password")
    return {name: str(value) for name, value in asdict(member).items() if name in kept}
