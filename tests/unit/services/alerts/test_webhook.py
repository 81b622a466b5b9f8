"""Webhooks: signed as Standard Webhooks says, and sent nowhere but to where they may go."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from law.errors import InvalidInput
from plumbing import certificates
from plumbing.clock import SystemClock
from plumbing.settings import Settings
from services.alerts.notices import webhook
from services.alerts.notices.webhook import require_secret
from services.alerts.tables import Notice, NoticeKind, NoticeState
from services.alerts.webhooks.sending import WebhookError, signature

NOW = datetime(2026, 9, 14, 2, tzinfo=UTC)
# The example of the specification.
SECRET, BODY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"test": 2432232314}'


class Receiver:
    """A program that takes webhooks: it answers each with a status and keeps what came."""

    def __init__(self, answer: str = "204 No Content") -> None:
        self.answer = answer
        self.requests: list[tuple[dict[str, str], str]] = []
        self.port = 0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[1:-1]
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append((headers, body.decode()))
        writer.write(f"HTTP/1.1 {self.answer}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def running(receiver: Receiver, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield


def settings(**given: Any) -> Settings:
    return Settings(checkpoint_webhook_secret=SECRET, **given)


def notice(address: str, body: str = BODY) -> Notice:
    return Notice(
        notice_id="n1",
        key="checkpoint-webhook/2026-09-14",
        kind=NoticeKind.CHECKPOINT,
        subject_id="",
        bureau="platform",
        address=address,
        title="",
        body=body,
        state=NoticeState.PENDING,
        created_at=NOW,
    )


def test_the_signature_is_that_of_the_specification() -> None:
    signed = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_message_has_its_id_its_moment_and_its_signature() -> None:
    receiver = Receiver()
    async with running(receiver):
        to = notice(f"http://localhost:{receiver.port}/keep?from=quanheng")
        await webhook.send(to, settings(checkpoint_webhook_private=True), NOW)
    [(headers, body)] = receiver.requests
    at = int(NOW.timestamp())
    assert body == BODY
    assert headers["host"] == f"localhost:{receiver.port}"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("n1", str(at))
    assert headers["webhook-signature"] == signature(SECRET, "n1", at, BODY)


async def test_a_receiver_with_a_certificate_is_asked_by_its_name(tmp_path: Path) -> None:
    certificates.provide(tmp_path, SystemClock())
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "alerts.pem", tmp_path / "alerts.key")
    receiver = Receiver()
    async with running(receiver, tls):
        to = notice(f"https://localhost:{receiver.port}/")
        with pytest.raises(WebhookError, match="CERTIFICATE_VERIFY_FAILED"):
            await webhook.send(to, settings(checkpoint_webhook_private=True), NOW)
        ca_file = str(tmp_path / "ca.pem")
        known = settings(checkpoint_webhook_private=True, checkpoint_webhook_ca_file=ca_file)
        await webhook.send(to, known, NOW)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]", "[::ffff:10.1.2.3]",
     "[fd00::1]", "0.0.0.0", "224.0.0.1", "[64:ff9b::10.1.2.3]", "[2002:a01:203::1]",  # noqa: S104
     "[fe80::1]"],
)  # fmt: skip
async def test_an_address_that_is_not_public_is_refused_and_asked_nothing(host: str) -> None:
    receiver = Receiver()
    async with running(receiver):
        with pytest.raises(WebhookError, match="not a public address") as refused:
            await webhook.send(notice(f"http://{host}:{receiver.port}/"), settings(), NOW)
    assert refused.value.final
    assert receiver.requests == []


async def test_a_name_with_one_inner_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def look_up(*_: object, **__: object) -> list[tuple[Any, ...]]:
        return [(0, 0, 0, "", (address, 443)) for address in ("93.184.215.14", "192.168.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    with pytest.raises(WebhookError, match="not a public address"):
        await webhook.send(notice("https://keeper.example/"), settings(), NOW)


@pytest.mark.parametrize(
    ("answer", "final"),
    [
        ("500 Oh", False),
        ("429 Later", False),
        ("410 Gone", True),
        ("302 Found\r\nlocation: /elsewhere", False),
    ],
)
async def test_what_is_not_accepted_is_an_error_and_no_redirect_is_followed(
    answer: str, final: bool
) -> None:
    receiver = Receiver(answer)
    async with running(receiver):
        to = notice(f"http://127.0.0.1:{receiver.port}/")
        with pytest.raises(WebhookError, match=answer[:3]) as refused:
            await webhook.send(to, settings(checkpoint_webhook_private=True), NOW)
    assert refused.value.final is final
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", SECRET[6:]])
def test_a_webhook_without_a_good_secret_does_not_start(secret: str) -> None:
    url = "https://keeper.example/"
    with pytest.raises(InvalidInput):
        require_secret(Settings(checkpoint_webhook=url, checkpoint_webhook_secret=secret))
    require_secret(Settings(checkpoint_webhook=url, checkpoint_webhook_secret=SECRET))
    require_secret(Settings(checkpoint_webhook_secret=secret))
