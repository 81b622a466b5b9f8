"""The mailbox of a sandbox, reached over SMTP."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
from typer.testing import CliRunner

from plumbing.settings import Settings, child_environment
from services.cli.__main__ import app
from services.cli.commands import mail
from services.cli.machine import engines
from services.cli.machine.engines import engine_specs, settings_on, usual_ports
from services.cli.machine.launcher import Launcher
from services.cli.machine.platform import SANDBOX_START, prepare_clock
from services.cli.machine.supervisor import Backoff, Silent, Supervised
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
async def settings(tmp_path: Path) -> AsyncIterator[Settings]:
    """The settings of a sandbox in which nothing but the mailbox runs."""
    usual = Settings(data_dir=tmp_path, sandbox=True)
    chosen = engines.choose_ports(usual_ports(usual), insist_on_others=True)
    settings = settings_on(usual, chosen)
    (tmp_path / "logs").mkdir()
    prepare_clock(settings, SANDBOX_START)
    (spec,) = (spec for spec in engine_specs(settings, chosen) if spec.name == "mailbox")
    assert spec.environment == child_environment(settings)
    launcher, log = Launcher(tmp_path, []), tmp_path / "logs" / "mailbox.log"
    mailbox = Supervised(spec, launcher, log, Silent(), Backoff())
    running = asyncio.create_task(mailbox.keep_running({}))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await mailbox.ready.wait()
    yield settings
    running.cancel()
    await asyncio.wait({running})


async def send(settings: Settings, message: EmailMessage) -> None:
    host, port = settings.smtp_url.removeprefix("smtp://").split(":")
    await aiosmtplib.send(message, hostname=host, port=int(port), start_tls=False)


def letter(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "quanheng@localhost", "operator@example.com"
    message["Subject"] = subject
    message.set_content("您有一台计量器具将于一个月内到期。\n")
    return message


async def test_an_acknowledged_mail_is_a_complete_file_named_by_the_sandbox_time(
    settings: Settings,
) -> None:
    await send(settings, letter("检定到期提醒"))
    (file,) = settings.mailbox_dir.iterdir()
    assert file.suffix == ".eml"
    assert file.name.startswith("20260914T01")  # nine in the morning of Shanghai, in UTC
    kept = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert kept["Subject"] == "检定到期提醒"
    assert kept["X-Envelope-To"] == "operator@example.com"
    assert kept["X-Envelope-From"] == "quanheng@localhost"
    assert "一个月内到期" in kept.get_content()


async def test_mails_sent_at_the_same_time_are_all_kept(settings: Settings) -> None:
    await asyncio.gather(*(send(settings, letter(str(number))) for number in range(20)))
    kept = [
        email.message_from_bytes(path.read_bytes()) for path in settings.mailbox_dir.glob("*.eml")
    ]
    assert {message["Subject"] for message in kept} == {str(number) for number in range(20)}


async def test_an_address_that_nobody_can_have_is_refused(settings: Settings) -> None:
    message = letter("检定到期提醒")
    message.replace_header("To", "somebody@no-mailbox.example")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused, match="No such mailbox"):
        await send(settings, message)
    assert list(settings.mailbox_dir.iterdir()) == []


async def test_a_test_mail_says_whether_the_server_took_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "platform_settings", lambda _data: settings)
    words = ["mail", "test", "operator@example.com"]
    sent = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert sent.exit_code == 0, sent.output
    (file,) = settings.mailbox_dir.glob("*.eml")
    kept = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (kept["To"], kept["X-Envelope-From"]) == ("operator@example.com", settings.mail_from)
    assert "权衡测试邮件" in kept["Subject"]

    unset = settings.model_copy(update={"smtp_url": ""})
    monkeypatch.setattr(mail, "platform_settings", lambda _data: unset)
    refused = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert (refused.exit_code, "QUANHENG_SMTP_URL" in refused.output) == (1, True)

    nowhere = settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1"})
    monkeypatch.setattr(mail, "platform_settings", lambda _data: nowhere)
    refused = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert (refused.exit_code, "127.0.0.1:1 没有收下" in refused.output) == (1, True)
