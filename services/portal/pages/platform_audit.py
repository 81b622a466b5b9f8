"""Pages of the audit: who did what when, and whether the chain of every service holds."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from plumbing.client import ask
from plumbing.clock import SHANGHAI
from plumbing.identity import Role
from plumbing.settings import SERVICES
from protos.operations.v1 import operations_pb2 as pb
from protos.operations.v1.operations_pb2_grpc import OperationsServiceStub
from services.portal.audit_content import Content
from services.portal.audit_words import ACTIONS, KINDS, action, thing
from services.portal.listing import Asked, Cell, Chunk, Column, Filter, Listing, chunk_of, show
from services.portal.pages.checkpoints import newest
from services.portal.pages.platform_state import of_each_service
from services.portal.pages.reading import account_names
from services.portal.visit import Visit
from services.portal.wording import N_, SERVICE_NAMES

Named = tuple[pb.AuditEntry, str]
READERS = (Role.ADMINISTRATOR, Role.AUDITOR, Role.UNIT_HEAD, Role.MUNICIPAL_REVIEWER)


async def entries(visit: Visit) -> Response:
    """Shows the audit entries of a service, newest first, filtered by who, what and when."""
    service = visit.query("service") if visit.query("service") in SERVICES else SERVICES[0]
    return await show(visit, listing_of(visit, service), "administration/audit.html")


def listing_of(visit: Visit, service: str, object_: str = "") -> Listing[Named]:
    """Returns the list of a service's audit entries: of one object, or else of the list's filters.

    `object_` names the object as the audit does, for example `subject/…`.
    """
    return Listing(
        path="/audit",
        title=N_("审计"),
        counted=N_("共 {total} 条，第 {first}–{last} 条"),
        columns=(
            Column(N_("时间"), lambda row: row[0].at.ToDatetime(SHANGHAI)),
            Column(N_("谁"), lambda row: Cell(row[1], note=_roles(visit, row[0]))),
            Column(N_("事项"), lambda row: action(row[0].action, visit.words, visit.say)),
            Column(N_("对象"), lambda row: _object(visit, service, row[0])),
            Column(N_("内容"), lambda row: _told(visit, row[0])),
            Column(N_("序号"), lambda row: str(row[0].sequence or visit.say(N_("待封"))),
                   numeric=True),
        ),
        filters=(
            Filter("service", N_("服务"), [(name, SERVICE_NAMES[name]) for name in SERVICES]),
            Filter("kind", N_("对象类别"), list(KINDS.items())),
            Filter("actor", N_("账号编号")),
            Filter("action", N_("事项"), list(ACTIONS.items())),
            Filter("object", N_("对象")),
            Filter("from_day", N_("自（如 2026-09-01）")),
            Filter("to_day", N_("至（如 2026-09-30）")),
        ),
        read=partial(_read, visit, service, object_),
        empty=N_("没有这样的审计记录。"),
    )  # fmt: skip


async def _read(visit: Visit, service: str, object_: str, asked: Asked) -> Chunk[Named]:
    request = pb.ListAuditRequest(
        actor=asked["actor"],
        action=asked["action"],
        kind=asked["kind"],
        object=object_ or asked["object"],
        from_day=asked["from_day"],
        to_day=asked["to_day"],
        **asked.paging,
    )
    answer = await ask(visit.services.operations[service].ListAudit(request))
    people = (one.on_behalf_of or one.actor for one in answer.entries)
    names = await account_names(visit, people)
    rows = [(one, _who(visit, one, names)) for one in answer.entries]
    return chunk_of(answer, rows)


def _object(visit: Visit, service: str, one: pb.AuditEntry) -> Cell:
    """The thing, with a link to everything that was done to it."""
    asked = urlencode({"service": service, "object": one.object})
    return Cell(thing(one.object, visit.say), link=f"/audit?{asked}")


def _who(visit: Visit, one: pb.AuditEntry, names: Any) -> str:
    """The person who did it; for a service that acted by itself, the platform."""
    person = names.get(one.on_behalf_of or one.actor)
    if person:
        return str(person)
    is_service = one.actor.startswith("service:") and not one.on_behalf_of
    return visit.say(N_("平台自动")) if is_service else one.on_behalf_of or one.actor


def _roles(visit: Visit, one: pb.AuditEntry) -> str:
    words = visit.words
    return words.listed(words.role(role) for role in one.roles if role != "service")


def _told(visit: Visit, one: pb.AuditEntry) -> Cell:
    return Cell(Content(visit.words).of(one), note=visit.words.plain(one.ground))


async def verify(visit: Visit) -> Response:
    """Walks the audit chain of every service, and shows whether each one holds.

    Beside it stands the newest checkpoint of each.
    """
    answers = await of_each_service(visit, _walk)
    checkpoints = await of_each_service(visit, newest)
    return visit.page("administration/chains.html", answers=answers, checkpoints=checkpoints)


async def _walk(stub: OperationsServiceStub) -> pb.VerifyAuditResponse:
    return await ask(stub.VerifyAudit(pb.VerifyAuditRequest()))
