"""Loads the sample register into a platform, through its public gRPC interface.

The administrator imports the bureaus, and a caseworker of each city everything else. Another
caseworker of each city then reviews the records, so that the public is shown them.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import publication_pb2 as publication
from protos.registry.v1 import registry_pb2 as registry
from services.cli import sample
from services.cli.client import Client, fixed_token, log_in, new_password_step
from services.cli.commands import imports
from services.cli.commands.accounts import role_value
from services.cli.commands.imports import ColumnMapping
from services.cli.sample import SampleFile

_PEOPLE = {
    "loader": ("样例建档人员", Role.CASEWORKER),
    "reviewer": ("样例审查人员", Role.CASEWORKER),
    "head": ("样例登记负责人", Role.UNIT_HEAD),
}


async def load(administrator: Client) -> AsyncIterator[registry.Batch]:
    """Imports every file of the sample register without alerts, dated today; yields each batch."""
    clock = await administrator.clock.GetClock(registry.GetClockRequest())
    async with AsyncExitStack() as exits:
        people: dict[str, Client] = {"": administrator}
        for file in sample.portions(date.fromisoformat(clock.today)):
            city = sample.city_of(file.bureau) if file.bureau else ""
            if city not in people:
                people[city] = await engage(administrator, city)
                exits.push_async_callback(people[city].close)
            yield await load_file(people[city], file)
        for city in filter(None, people):
            reviewer = await engage(administrator, city, "reviewer")
            exits.push_async_callback(reviewer.close)
            await release_all(reviewer)


async def engage(administrator: Client, bureau: str, part: str = "loader") -> Client:
    """Creates the account of somebody who fills the sample for a bureau, and logs in once."""
    name, role = _PEOPLE[part]
    first, password = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    request = identity.CreateAccountRequest(
        request_id=new_request_id(),
        name=f"sample.{part}.{bureau}",
        display_name=name,
        password=first,
        roles=[role_value(role)],
        bureau=bureau,
    )
    await administrator.identity.CreateAccount(request)
    step = new_password_step(password)
    session = await log_in(administrator.settings, request.name, first, step)
    return Client(administrator.settings, fixed_token(session.token))


async def load_file(client: Client, file: SampleFile) -> registry.Batch:
    """Imports one file of the sample register; importing it again changes nothing."""
    header = imports.header_of(
        file.family, file.name, ColumnMapping(), bureau=file.bureau, baseline=True
    )
    return await imports.upload(client, header, file.content)


async def release_all(reviewer: Client) -> None:
    """Releases every record that awaits its confidentiality review, with its text as it is."""
    request = publication.ListPublicationsRequest(page_size=1000, state="waiting")
    waiting = (await reviewer.publication.ListPublications(request)).publications
    for one in waiting:
        if one.untold:
            await reviewer.publication.RecordTelling(_served(one.record))
        review = publication.ReviewRecordRequest(
            request_id=new_request_id(),
            record_id=one.record.record_id,
            version=one.record.version,
            classification="open",
            summary=one.record.summary,
        )
        await reviewer.publication.ReviewRecord(review)


def _served(record: registry.Record) -> publication.RecordTellingRequest:
    """The document of a sample record was served on its subject long ago."""
    return publication.RecordTellingRequest(
        request_id=new_request_id(),
        record_id=record.record_id,
        version=record.version,
        told_on=record.determined_on,
        means="served",
        remark="样例送达回证",
    )


async def is_empty(client: Client) -> bool:
    """Returns True if the register contains no bureau."""
    answer = await client.registry.ListBureaus(registry.ListBureausRequest(page_size=1))
    return not answer.bureaus
