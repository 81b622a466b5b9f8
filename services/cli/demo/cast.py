"""The demo's cast: synthetic accounts, each acting only through its own role."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from plumbing.client import new_request_id
from plumbing.settings import Settings
from protos.identity.v1 import identity_pb2 as pb
from services.cli.client import ADMINISTRATOR, Desk, administrator_password, held, log_in
from services.cli.commands.accounts import role_value


@dataclass(frozen=True)
class Part:
    """One role of the story."""

    name: str
    display_name: str
    role: str
    bureau: str = ""
    subject_id: str = ""


async def administrator(settings: Settings, exits: AsyncExitStack) -> Desk:
    """The desk of whoever runs this machine."""
    token = await log_in(settings, ADMINISTRATOR, administrator_password(settings))
    return _closing(Desk(settings, held(token)), exits)


async def engage(settings: Settings, desk: Desk, part: Part, exits: AsyncExitStack) -> Desk:
    """Creates an account for a part and opens its desk."""
    password = secrets.token_urlsafe(12)
    request = pb.CreateAccountRequest(
        request_id=new_request_id(),
        name=part.name,
        display_name=part.display_name,
        password=password,
        roles=[role_value(part.role)],
        bureau=part.bureau,
        subject_id=part.subject_id,
    )
    await desk.identity.CreateAccount(request)
    token = await log_in(settings, part.name, password)
    return _closing(Desk(settings, held(token)), exits)


async def engage_all(
    settings: Settings, desk: Desk, parts: Mapping[str, Part], exits: AsyncExitStack
) -> dict[str, Desk]:
    """The whole cast, by what each is called in the story."""
    return {key: await engage(settings, desk, part, exits) for key, part in parts.items()}


def _closing(desk: Desk, exits: AsyncExitStack) -> Desk:
    exits.push_async_callback(desk.close)
    return desk
