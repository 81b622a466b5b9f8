"""Loads the sample register into a platform, through its public gRPC interface.

The administrator imports the bureaus, and a caseworker of each city everything else.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date

from plumbing.client import new_request_id
from plumbing.identity import Role
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as registry
from services.cli import sample
from services.cli.client import Client, fixed_token, log_in, new_password_step
from services.cli.commands import imports
from services.cli.commands.accounts import role_value
from services.cli.commands.imports import ColumnMapping
from services.cli.sample import SampleFile


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


async def engage(administrator: Client, city: str) -> Client:
    """Creates the account of a caseworker who loads the register of a city, and logs in."""
    first, password = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    request = identity.CreateAccountRequest(
        request_id=new_request_id(),
        name=f"sample.loader.{city}",
        display_name="样例建档人员",
        password=first,
        roles=[role_value(Role.CASEWORKER)],
        bureau=city,
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


async def is_empty(client: Client) -> bool:
    """Returns True if the register contains no bureau."""
    answer = await client.registry.ListBureaus(registry.ListBureausRequest(page_size=1))
    return not answer.bureaus
