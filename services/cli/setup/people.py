"""The sheet of accounts: checked here, made by an administrator, each with a first password.

A first password is written to a private file before the account is made, so that none is lost; an
account with a mail address is sent a link instead, where the platform has a mail server.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc

from plumbing.client import Refusal, ask, new_request_id
from protos.identity.v1 import identity_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.commands.accounts import role_value
from services.cli.output.words import words
from services.cli.setup.workbook import SetupBook

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")
CREDIT_CODE = re.compile(r"[0-9A-Z]{18}")
BETWEEN_ROLES = re.compile(r"[、,，;；\s]+")
NO_PERSON = ("public", "service")
PAGE = 1000
# The names of roles in templates of earlier releases, by which a sheet may still be filled in.
_FORMERLY = {"经办人": "caseworker", "市局复核人": "municipal_reviewer"}
# What is said of a firm that there is not, or that the caller may not see.
NOT_SEEN = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED)


@dataclass(frozen=True)
class Person:
    """An account as a row of the sheet describes it; `subject` names an operator's firm."""

    row: int
    name: str
    display_name: str
    roles: tuple[str, ...]
    bureau: str
    subject: str
    institution: str
    email: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row of the sheet, in Chinese and English."""

    row: int
    column: str
    value: str
    zh: str
    en: str


def people_of(book: SetupBook) -> list[Person]:
    """Returns the accounts of the sheet; a role that is no role stays as it is written."""
    codes = _FORMERLY | {zh: code for code, zh in words("role").items()}
    return [
        Person(
            row=row,
            name=cells.get("用户名", ""),
            display_name=cells.get("姓名", ""),
            roles=tuple(codes.get(one, one) for one in _several(cells.get("角色", ""))),
            bureau=cells.get("机关代码", ""),
            subject=cells.get("主体", ""),
            institution=cells.get("检定机构", ""),
            email=cells.get("电子邮箱", ""),
        )
        for row, cells in book.accounts
    ]


def _several(text: str) -> list[str]:
    return [one for one in BETWEEN_ROLES.split(text) if one]


def faults_of(people: Sequence[Person]) -> Iterator[Fault]:
    """Yields what is wrong with the rows, without asking the platform."""
    seen: dict[str, int] = {}
    for one in people:
        if not NAME.fullmatch(one.name):
            zh, en = "用户名须为小写字母、数字、点或横线，2 至 63 个", "is no login name"
            yield Fault(one.row, "用户名", one.name, zh, en)
        elif (first := seen.setdefault(one.name, one.row)) != one.row:
            yield Fault(one.row, "用户名", one.name, f"与第 {first} 行重复", f"repeats row {first}")
        if not one.display_name:
            yield Fault(one.row, "姓名", "", "姓名不能为空", "is missing")
        yield from _faults_of_roles(one)


def _faults_of_roles(one: Person) -> Iterator[Fault]:
    known = {code: zh for code, zh in words("role").items() if code not in NO_PERSON}
    for role in one.roles:
        if role not in known:
            zh = f"没有这个角色；可选：{'、'.join(known.values())}"
            yield Fault(one.row, "角色", role, zh, "is no role")
    if not one.roles:
        yield Fault(one.row, "角色", "", "角色不能为空", "is missing")
    if "operator" in one.roles and not one.subject:
        yield Fault(one.row, "主体", "", "经营者须写明所属单位", "an operator acts for a subject")
    if not {"operator", "administrator", "auditor"}.intersection(one.roles) and not one.bureau:
        yield Fault(one.row, "机关代码", "", "须写明所属机关", "the bureau is missing")


async def existing(client: Client) -> set[str]:
    """Returns the login names of all accounts that the caller sees."""
    names, token = set[str](), ""
    while True:
        answer = await client.identity.ListAccounts(
            pb.ListAccountsRequest(page_size=PAGE, page_token=token)
        )
        names |= {account.name for account in answer.accounts}
        if not (token := answer.next_page_token):
            return names


async def subject_of(client: Client, person: Person) -> str:
    """Returns the id of an operator's firm by its credit code or whole name; empty if unknown."""
    if CREDIT_CODE.fullmatch(person.subject):
        try:
            request = registry.GetSubjectRequest(subject_id=person.subject)
            return str((await ask(client.registry.GetSubject(request))).subject.subject_id)
        except Refusal as refusal:
            if refusal.code not in NOT_SEEN:
                raise
            return ""
    named = registry.ListSubjectsRequest(name_contains=person.subject, page_size=PAGE)
    found = (await client.registry.ListSubjects(named)).subjects
    ids = [one.subject_id for one in found if one.name == person.subject]
    return ids[0] if len(ids) == 1 else ""


async def make(
    client: Client, person: Person, subject_id: str, passwords: Path, *, by_mail: bool
) -> pb.CreateAccountResponse:
    """Makes an account with a first password; `by_mail` sends a link to its mail address."""
    password = secrets.token_urlsafe(12)
    mailed = by_mail and bool(person.email)
    if not mailed:
        _keep(passwords, person.name, password)
    answer: pb.CreateAccountResponse = await client.identity.CreateAccount(
        pb.CreateAccountRequest(
            request_id=new_request_id(),
            name=person.name,
            display_name=person.display_name,
            password=password,
            roles=[role_value(role) for role in person.roles],
            bureau=person.bureau,
            subject_id=subject_id,
            institution=person.institution,
            email=person.email,
            ground=f"开局建账：账号表第 {person.row} 行",
        )
    )
    if mailed:
        link = pb.SendPasswordLinkRequest(
            request_id=new_request_id(), account_id=answer.account.account_id
        )
        await client.identity.SendPasswordLink(link)
    return answer


def _keep(passwords: Path, name: str, password: str) -> None:
    """Adds a first password to the private file, which only its owner may read."""
    descriptor = os.open(passwords, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.fchmod(descriptor, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write(f"{name}\t{password}\n")
        file.flush()
        os.fsync(file.fileno())
