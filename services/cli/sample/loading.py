"""Loads the sample register into a platform, through its public gRPC interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

from protos.registry.v1 import registry_pb2 as registry
from services.cli import sample
from services.cli.client import Client
from services.cli.commands import imports
from services.cli.commands.imports import ColumnMapping
from services.cli.sample import SampleFile


async def load(client: Client) -> AsyncIterator[registry.Batch]:
    """Imports every file of the sample register without alerts, dated today; yields each batch."""
    clock = await client.clock.GetClock(registry.GetClockRequest())
    for file in sample.files(date.fromisoformat(clock.today)):
        yield await load_file(client, file)


async def load_file(client: Client, file: SampleFile) -> registry.Batch:
    """Imports one file of the sample register; importing it again changes nothing."""
    header = imports.header_of(file.family, file.name, ColumnMapping(), baseline=True)
    return await imports.upload(client, header, file.content)


async def is_empty(client: Client) -> bool:
    """Returns True if the register contains no bureau."""
    answer = await client.registry.ListBureaus(registry.ListBureausRequest(page_size=1))
    return not answer.bureaus
