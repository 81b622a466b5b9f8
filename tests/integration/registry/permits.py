"""Published permits for the tests: rows of them, and what becomes of them in the register."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from plumbing.client import new_request_id
from protos.registry.v1 import permits_pb2 as permits
from protos.registry.v1 import registry_pb2 as pb
from tests.integration.registry.import_files import table
from tests.integration.registry.running_registry import Client
from tests.unit.services.registry.permit_rows import COLUMNS, GIVEN

NAME, CODE, NUMBER = COLUMNS[0], COLUMNS[2], "行政许可决定文书号"
STATE, CONTENT, ENDS = "当前状态", "许可内容", "有效期至"


def permit(subject: pb.Subject | None = None, **values: str) -> dict[str, str]:
    """One row of the publication, by default a measurement standard of a subject."""
    number = {NUMBER: f"（合成）计许〔2026〕{uuid4().int % 10**9}号"}
    named = {NAME: subject.name, CODE: subject.credit_code} if subject else {}
    return GIVEN | number | named | values


def published(*rows: dict[str, str], columns: Sequence[str] = COLUMNS) -> bytes:
    """A CSV file of these rows."""
    return table(columns, *([row.get(name, "") for name in columns] for row in rows))


async def listed(client: Client, **asked: Any) -> list[permits.PermitEntry]:
    """The permits that a caller is shown."""
    request = permits.ListPermitsRequest(page_size=100, **asked)
    return list((await client.permits.ListPermits(request)).permits)


async def of(client: Client, subject: pb.Subject) -> list[permits.PermitEntry]:
    """The permits of a subject."""
    return await listed(client, subject_id=subject.subject_id)


async def end(client: Client, entry: permits.PermitEntry, ended: str) -> permits.PermitEntry:
    """Says of a permit that it ended, or that it has not."""
    request = permits.EndPermitRequest(
        request_id=new_request_id(),
        permit_id=entry.permit.permit_id,
        ended=ended,
        ground="撤销决定书〔2026〕1号",
    )
    return (await client.permits.EndPermit(request)).permit
