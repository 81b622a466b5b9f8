"""TLS to PostgreSQL, the mail server and Temporal, with an authority that the test makes."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from temporalio.client import Client
from temporalio.service import TLSConfig

from plumbing import temporal
from plumbing.authority import certify
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.settings import Settings
from services.alerts.notices.mail import MailError, send
from tests.ports import free_port
from tests.postgres import PostgresServer


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of a server and a client, and their authority."""
    directory = tmp_path_factory.mktemp("tls")
    certify(directory, ["server", "client"], SystemClock().now())
    return directory


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority that has signed nothing of ours."""
    directory = tmp_path_factory.mktemp("stranger")
    certify(directory, ["client"], SystemClock().now())
    return directory


@pytest.fixture(scope="module")
def postgresql(directory: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL server with a certificate."""
    server = PostgresServer()
    options = ["ssl=on"]
    for kind, setting in (("pem", "ssl_cert_file"), ("key", "ssl_key_file")):
        file = server.own(directory / f"server.{kind}")
        options.append(f"{setting}={file}")
    server.start(*options)
    yield server
    server.stop()


async def encrypted(server: PostgresServer, query: str) -> bool:
    database = Database(f"{server.url('postgres')}?{query}")
    asked = sa.text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    try:
        async with database.snapshot() as session:
            return bool((await (await session.connection()).execute(asked)).scalar_one())
    finally:
        await database.close()


async def test_postgresql_proves_who_it_is(
    postgresql: PostgresServer, directory: Path, stranger: Path
) -> None:
    full = "sslmode=verify-full&sslrootcert={}/ca.pem"
    assert await encrypted(postgresql, full.format(directory))
    client = f"&sslcert={directory}/client.pem&sslkey={directory}/client.key"
    assert await encrypted(postgresql, full.format(directory) + client)
    with pytest.raises(ssl.SSLCertVerificationError):
        await encrypted(postgresql, full.format(stranger))
    assert await encrypted(postgresql, "sslmode=require")


class MailServer:
    """A mail server with a certificate; it keeps mails, and the passwords it was told."""

    def __init__(self, directory: Path, way: str) -> None:
        self.mails: list[bytes] = []
        self.passwords: list[bytes] = []
        self.port = free_port()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(directory / "server.pem", directory / "server.key")
        ways: dict[str, dict[str, Any]] = {
            "smtps": {"ssl_context": context},
            "smtp+starttls": {"tls_context": context, "require_starttls": True},
            "plain": {},
        }
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self.authenticate,
            auth_require_tls=False,
            **ways[way],
        )

    def authenticate(self, *call: Any) -> AuthResult:
        login = call[-1]
        assert isinstance(login, LoginPassword)
        self.passwords.append(login.password)
        return AuthResult(success=True)

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls this name
        self, server: Any, session: Any, envelope: Envelope
    ) -> str:
        self.mails.append(envelope.original_content or b"")
        return "250 Kept"


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "quanheng@test.example", "unit@test.example"
    message.set_content("test")
    return message


@pytest.fixture
def mail_server(request: pytest.FixtureRequest, directory: Path) -> Iterator[MailServer]:
    server = MailServer(directory, request.param)
    server.controller.start()
    yield server
    server.controller.stop()


@pytest.mark.parametrize("mail_server", ["smtps", "smtp+starttls"], indirect=True)
async def test_the_mail_server_proves_who_it_is_before_it_is_told_the_password(
    mail_server: MailServer, directory: Path, stranger: Path, request: pytest.FixtureRequest
) -> None:
    way = request.node.callspec.params["mail_server"]
    url = f"{way}://user:secret@127.0.0.1:{mail_server.port}"
    with pytest.raises(MailError, match=r"(?i)certificate.verify.failed"):
        await send(letter(), url, str(stranger / "ca.pem"))
    assert mail_server.passwords == []
    await send(letter(), url, str(directory / "ca.pem"))
    assert (mail_server.passwords, len(mail_server.mails)) == ([b"secret"], 1)


@pytest.mark.parametrize("mail_server", ["plain"], indirect=True)
async def test_a_mail_server_that_offers_no_tls_is_told_nothing(
    mail_server: MailServer, directory: Path
) -> None:
    url = f"smtp+starttls://user:secret@127.0.0.1:{mail_server.port}"
    with pytest.raises(MailError):
        await send(letter(), url, str(directory / "ca.pem"))
    assert (mail_server.passwords, mail_server.mails) == ([], [])


async def test_the_certificates_for_temporal_reach_its_client(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporal's development server has no TLS: that it works is not proven here."""
    given: dict[str, Any] = {}

    async def connect(address: str, **options: Any) -> None:
        given.update(options, address=address)

    monkeypatch.setattr(Client, "connect", connect)
    settings = Settings(
        temporal_address="temporal.example:7233",
        temporal_namespace="quanheng",
        temporal_tls_dir=str(directory),
        keys_dir=directory,
    )
    await temporal.connect(settings, "alerts")
    tls = given["tls"]
    assert isinstance(tls, TLSConfig)
    assert tls.server_root_ca_cert == (directory / "ca.pem").read_bytes()
    assert tls.client_cert == (directory / "client.pem").read_bytes()
    assert tls.client_private_key == (directory / "client.key").read_bytes()
    assert (given["address"], given["namespace"]) == ("temporal.example:7233", "quanheng")
    await temporal.connect(settings.model_copy(update={"temporal_tls_dir": ""}), "alerts")
    assert given["tls"] is False
