"""The first start of the registry: creates the account that creates all other accounts."""

from __future__ import annotations

import secrets
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Changes
from plumbing.events.leadership import exclusively
from plumbing.identity import Role, service_caller
from plumbing.private_files import write_private
from protos.identity.v1 import identity_pb2 as pb
from services.registry import wire
from services.registry.identity import sessions
from services.registry.identity.accounts import create_account
from services.registry.identity.passwords import Passwords
from services.registry.identity.tables import Account
from services.registry.scope import PLATFORM_WIDE

ADMINISTRATOR = "administrator"
log = structlog.get_logger()


async def ensure_administrator(
    changes: Changes, passwords: Passwords, keys_dir: Path, *, first_password_stays: bool = False
) -> None:
    """Creates the first administrator's account, unless it exists already.

    Its password must be changed at the first login, unless `first_password_stays`: a sandbox signs
    in as the administrator by itself.

    Its password is stored in a file that only the file's owner may read. The file is written first,
    so that after a crash the next start uses the same password.
    """
    async with changes.database.snapshot() as session:
        if await _is_there(session):
            return
    request = pb.CreateAccountRequest(
        name=ADMINISTRATOR,
        display_name="平台管理员",
        roles=[wire.role_number(Role.ADMINISTRATOR)],
        bureau=PLATFORM_WIDE,
    )
    async with changes.change(service_caller("registry")) as change:
        # Replicas that start at once take turns; the later ones find the account made.
        await exclusively(change.session, "first administrator")
        if await _is_there(change.session):
            return
        file = first_password(keys_dir)
        hashed = await passwords.hash(file.read_text().strip())
        await create_account(
            change, request, password_hash=hashed, first_password=not first_password_stays
        )
    log.info("identity.administrator_created", password_file=str(file))


async def _is_there(session: AsyncSession) -> bool:
    known = await session.exec(select(Account).where(Account.name == ADMINISTRATOR))
    return known.first() is not None


async def span_the_platform(changes: Changes) -> None:
    """Gives administrators of earlier releases, who have no bureau, the platform as their scope.

    Without one they cover nothing, and so could keep no accounts. They sign in again.
    """
    without = select(Account).where(Account.bureau == "", sa.not_(col(Account.closed)))
    async with changes.change(service_caller("registry")) as change:
        for row in (await change.session.exec(without)).all():
            if row.roles != [Role.ADMINISTRATOR]:
                continue
            before, row.bureau = row.audited(), PLATFORM_WIDE
            await sessions.end_all(change, row)
            change.audit(
                "change_account",
                f"account/{row.account_id}",
                before=before,
                after=row.audited(),
                bureau=PLATFORM_WIDE,
            )


def first_password(keys_dir: Path) -> Path:
    """Returns the path of the file with the first administrator's password.

    Writes the file with a random password if it does not exist.
    """
    file = keys_dir / f"{ADMINISTRATOR}.password"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(18))
    return file
