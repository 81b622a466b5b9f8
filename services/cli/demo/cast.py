"""The accounts of the demo: synthetic people, each of whom acts only in one role."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from plumbing.client import new_request_id
from plumbing.settings import Settings
from protos.identity.v1 import identity_pb2 as pb
from services.cli.client import Client, fixed_token, log_in, new_password_step
from services.cli.commands.accounts import role_value
from services.cli.sample.institution import authorise
from services.cli.sessions import ADMINISTRATOR, administrator_password


@dataclass(frozen=True)
class Part:
    """A synthetic account of the demo: its names, its role, and its bureau or subject."""

    name: str
    display_name: str
    role: str
    bureau: str = ""
    subject_id: str = ""
    institution: str = ""


async def administrator(settings: Settings, exits: AsyncExitStack) -> Client:
    """Logs in as the platform's administrator; returns the client, which `exits` closes."""
    password = administrator_password(settings.keys_dir)
    session = await log_in(settings, ADMINISTRATOR, password)
    return _closing(Client(settings, fixed_token(session.token)), exits)


async def engage(settings: Settings, client: Client, part: Part, exits: AsyncExitStack) -> Client:
    """Creates the account of a part and logs in; returns the client, which `exits` closes."""
    first, password = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
    request = pb.CreateAccountRequest(
        request_id=new_request_id(),
        name=part.name,
        display_name=part.display_name,
        password=first,
        roles=[role_value(part.role)],
        bureau=part.bureau,
        subject_id=part.subject_id,
        institution=part.institution,
    )
    await client.identity.CreateAccount(request)
    session = await log_in(settings, part.name, first, new_password_step(password))
    return _closing(Client(settings, fixed_token(session.token)), exits)


async def engage_all(
    settings: Settings, client: Client, parts: Mapping[str, Part], exits: AsyncExitStack
) -> dict[str, Client]:
    """Creates the accounts of all parts and logs in; returns the clients by the keys of `parts`.

    The unit head, who comes before an institution, puts it on file.
    """
    clients: dict[str, Client] = {}
    for key, part in parts.items():
        if part.institution:
            await authorise(clients["unit_head"], part.bureau)
        clients[key] = await engage(settings, client, part, exits)
    return clients


def _closing(client: Client, exits: AsyncExitStack) -> Client:
    exits.push_async_callback(client.close)
    return client
