"""The attacker runs a sandbox on the machine of a real platform, and waits for its letters.

A sandbox keeps what it is sent in its mailbox, on a port that anybody can guess.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import grpc
import pytest

from plumbing.client import ask, new_request_id
from plumbing.clock import SHANGHAI, SandboxClock, SystemClock
from plumbing.settings import Settings, child_environment
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.identity.v1 import identity_pb2 as identity
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client, fixed_token, log_in, replace_first_password
from services.cli.commands.accounts import role_value
from services.cli.demo.mail import mails
from services.cli.health.status import Status, look
from services.cli.machine.platform import Platform
from services.cli.machine.readiness import smtp_greets
from services.cli.machine.up import mail_state
from services.cli.sessions import ADMINISTRATOR, administrator_password
from tests.e2e.running_platform import until
from tests.nursery import QuickLauncher
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port

ADDRESS = "head@bureau.example"
PASSWORD = "a-word-of-their-own"


@asynccontextmanager
async def sandbox_mailbox(folder: Path) -> AsyncIterator[Settings]:
    """The mailbox of a sandbox, as a process."""
    place = f"127.0.0.1:{free_port()}"
    settings = Settings(data_dir=folder, sandbox=True, smtp_url=f"smtp://{place}")
    SandboxClock.create(settings.clock_file, SystemClock().now().astimezone(SHANGHAI))
    words = (sys.executable, "-P", "-m", "services.cli.machine.mailbox")
    process = await asyncio.create_subprocess_exec(*words, env=child_environment(settings))

    async def greets() -> bool | None:
        return await smtp_greets(place) or None

    try:
        await until(greets)
        yield settings
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[tuple[Platform, Client]]:
    """A real platform on a directory, and its administrator."""
    async with AsyncExitStack() as exits:
        machine = Platform(data, usual_ports=False, launcher=QuickLauncher)
        platform = await exits.enter_async_context(machine)
        await platform.wait_ready(PATIENCE_SECONDS)
        settings = platform.settings
        first = administrator_password(settings.keys_dir)
        with suppress(grpc.aio.AioRpcError):  # at the second start it was replaced
            await replace_first_password(settings, ADMINISTRATOR, first, PASSWORD)
        session = await log_in(settings, ADMINISTRATOR, PASSWORD)
        client = Client(settings, fixed_token(session.token))
        exits.push_async_callback(client.close)
        yield platform, client


async def mail_a_link(client: Client) -> None:
    """Has a link mailed that sets the password of a new account."""
    bureau = registry.Bureau(code="330106", name="测试市场监督管理局")
    put = registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
    await ask(client.registry.PutBureau(put))
    account = identity.CreateAccountRequest(
        request_id=new_request_id(),
        name="test.head",
        display_name="测试负责人",
        password="the-first-one-given",
        roles=[role_value("unit_head")],
        bureau="330106",
        email=ADDRESS,
    )
    account_id = (await ask(client.identity.CreateAccount(account))).account.account_id
    request = identity.SendPasswordLinkRequest(request_id=new_request_id(), account_id=account_id)
    await ask(client.identity.SendPasswordLink(request))


async def notice(client: Client, state: str) -> alerts.Notice:
    """The one notice, once it is in a state."""

    async def seen() -> alerts.Notice | None:
        answer = await ask(client.alerts.ListNotices(alerts.ListNoticesRequest(state=state)))
        return answer.notices[0] if answer.notices else None

    return await until(seen)


async def minded(settings: Settings) -> Status:
    async def seen() -> Status | None:
        status = await look(settings)
        rules = {finding.rule for finding in status.findings}
        return status if "QuanhengMailServerUnset" in rules else None

    return await until(seen)


async def test_letters_wait_visibly_until_the_operator_names_a_mail_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUANHENG_SMTP_URL", raising=False)
    async with sandbox_mailbox(tmp_path / "sandbox") as sandbox:
        async with running(tmp_path / "real") as (platform, client):
            # Before, the address of a sandbox's mailbox was the default of a real platform.
            assert platform.settings.smtp_url == ""
            assert "未设置发信服务器" in await mail_state(platform.settings)
            await mail_a_link(client)
            waiting = await notice(client, "pending")
            assert (waiting.address, waiting.attempts, waiting.error) == (ADDRESS, 0, "")
            [finding] = [f for f in (await minded(platform.settings)).findings if f.value]
            assert (finding.value, finding.severity.value) == (1, "warning")
        assert mails(sandbox.mailbox_dir) == ()
        monkeypatch.setenv("QUANHENG_SMTP_URL", sandbox.smtp_url)
        async with running(tmp_path / "real") as (_, client):
            assert (await notice(client, "delivered")).notice_id == waiting.notice_id
        files = list(sandbox.mailbox_dir.glob("*.eml"))
        [mail] = mails(sandbox.mailbox_dir)
        assert (len(files), mail.to, mail.notice_id) == (1, ADDRESS, waiting.notice_id)
