"""TLS to PostgreSQL, the mail server, NATS and Temporal; the test makes the authority."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from structlog.testing import capture_logs
from temporalio import workflow
from temporalio.service import RPCError

from plumbing import renewed_temporal, temporal
from plumbing.authority import certify
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.database_away import NoDatabase
from plumbing.events.connect import connect
from plumbing.events.encrypted import EncryptedClient, tls_of
from plumbing.settings import Settings
from plumbing.state.engines import grpc_serves, nats_greets
from services.alerts.notices.mail import MailError, send
from services.cli.machine.engine_programs import nats_program
from services.cli.machine.engines import choose_ports, engine_specs, usual_ports
from tests.patience import PATIENCE_SECONDS
from tests.ports import free_port, wait_for_port
from tests.postgres import PostgresServer
from tests.service_keys import TESTER, authorization


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
    try:
        return await asked(database)
    finally:
        await database.close()


async def asked(database: Database) -> bool:
    """Whether the database answers over an encrypted connection."""
    query = sa.text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    async with database.snapshot() as session:
        return bool((await (await session.connection()).execute(query)).scalar_one())


async def test_postgresql_proves_who_it_is(
    postgresql: PostgresServer, directory: Path, stranger: Path
) -> None:
    full = "sslmode=verify-full&sslrootcert={}/ca.pem"
    assert await encrypted(postgresql, full.format(directory))
    client = f"&sslcert={directory}/client.pem&sslkey={directory}/client.key"
    assert await encrypted(postgresql, full.format(directory) + client)
    with pytest.raises(NoDatabase, match="CERTIFICATE_VERIFY_FAILED"):
        await encrypted(postgresql, full.format(stranger))
    assert await encrypted(postgresql, "sslmode=require")


async def test_postgresql_is_asked_with_replaced_files_without_a_restart(
    postgresql: PostgresServer, directory: Path, stranger: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(stranger, tmp_path / "own")
    query = f"sslmode=verify-full&sslrootcert={own}/ca.pem&sslcert={own}/client.pem"
    database = Database(f"{postgresql.url('postgres')}?{query}&sslkey={own}/client.key")
    with pytest.raises(NoDatabase, match="CERTIFICATE_VERIFY_FAILED"):
        await asked(database)
    (own / "client.key").write_text("half a key")
    with capture_logs() as lines, pytest.raises(NoDatabase, match="CERTIFICATE_VERIFY_FAILED"):
        await asked(database)
    assert [line["event"] for line in lines] == ["tls.not_renewed"]
    shutil.copytree(directory, own, dirs_exist_ok=True)
    assert await asked(database)
    await database.close()


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


@pytest.fixture(scope="module")
def nats_port(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A NATS server that has a certificate, and asks its clients for theirs."""
    port, folder = free_port(), tmp_path_factory.mktemp("nats")
    parts = {"cert": "server.pem", "key": "server.key", "ca": "ca.pem"}
    files = "".join(f'{part}_file: "{directory / name}", ' for part, name in parts.items())
    configuration = folder / "nats.conf"
    configuration.write_text(
        f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder}" }}\n'
        f"tls {{ {files} verify: true, timeout: 10 }}\n{authorization()}"
    )
    command = (nats_program(Settings()), "--config", str(configuration))
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        wait_for_port(port)
        yield port
        server.kill()


def at_tls(port: int, directory: Path) -> Settings:
    return Settings(nats_url=f"tls://127.0.0.1:{port}", nats_tls_dir=str(directory))


async def test_nats_and_its_client_prove_who_they_are(
    nats_port: int, directory: Path, stranger: Path
) -> None:
    settings = at_tls(nats_port, directory)
    async with asyncio.timeout(PATIENCE_SECONDS):
        client = await connect(settings.nats_url, TESTER, tls_of(settings))
    assert client.is_connected
    await client.close()
    assert await nats_greets(settings)
    assert not await nats_greets(at_tls(nats_port, stranger))
    assert not await nats_greets(settings.model_copy(update={"nats_tls_dir": ""}))


async def test_nats_is_asked_with_replaced_files_without_a_restart(
    nats_port: int, directory: Path, stranger: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(stranger, tmp_path / "own")
    settings = at_tls(nats_port, own)
    connecting = asyncio.create_task(connect(settings.nats_url, TESTER, tls_of(settings)))
    done, _ = await asyncio.wait({connecting}, timeout=1)
    assert not done
    shutil.copytree(directory, own, dirs_exist_ok=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        client = await connecting
    assert client.is_connected
    await client.close()


async def test_nats_of_another_authority_is_not_spoken_to(nats_port: int, stranger: Path) -> None:
    settings, client = at_tls(nats_port, stranger), EncryptedClient()
    with pytest.raises(ssl.SSLCertVerificationError):
        await client.connect(
            settings.nats_url, tls=tls_of(settings), allow_reconnect=False, error_cb=_quiet
        )


async def _quiet(_error: Exception) -> None: ...


class TemporalBehindTls:
    """What a Temporal with certificates does, before the development server, which has none."""

    def __init__(self, directory: Path, behind: int) -> None:
        self.port, self._behind = free_port(), behind
        self.heard = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=directory / "ca.pem")
        self._tls.load_cert_chain(directory / "server.pem", directory / "server.key")
        self._tls.verify_mode = ssl.CERT_REQUIRED
        self._tls.set_alpn_protocols(["h2"])

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls):
            yield
            for writer in self._open:
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with closing(writer), suppress(OSError, asyncio.CancelledError):
            there = await asyncio.open_connection("127.0.0.1", self._behind)
            with closing(there[1]):
                await asyncio.gather(self._pass(reader, there[1]), self._pass(there[0], writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            self.heard += len(data)
            writer.write(data)
            await writer.drain()
        writer.close()


@pytest.fixture(scope="module")
def temporal_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Temporal's development server, as `quanheng up` starts it."""
    port, folder = free_port(), tmp_path_factory.mktemp("temporal")
    settings = Settings(data_dir=folder, temporal_address=f"127.0.0.1:{port}")
    ports = choose_ports(usual_ports(settings), insist_on_others=True)
    spec = engine_specs(settings, ports)[1]
    command, environment = spec.command, dict(spec.environment)
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        wait_for_port(port)
        yield port
        server.kill()


async def test_temporal_and_its_client_prove_who_they_are(
    temporal_port: int, directory: Path, stranger: Path, tmp_path: Path
) -> None:
    proxy = TemporalBehindTls(directory, temporal_port)
    settings = Settings(
        temporal_address=f"127.0.0.1:{proxy.port}",
        temporal_tls_dir=str(directory),
        keys_dir=tmp_path,
    )
    of_a_stranger = settings.model_copy(update={"temporal_tls_dir": str(stranger)})
    async with asyncio.timeout(PATIENCE_SECONDS), proxy.serving():
        assert not await grpc_serves(of_a_stranger.temporal_endpoint)
        connecting = asyncio.create_task(temporal.connect(of_a_stranger, "alerts"))
        done, _ = await asyncio.wait({connecting}, timeout=1)
        assert not done
        connecting.cancel()
        assert proxy.heard == 0

        client = await temporal.connect(settings, "alerts")
        assert await client.service_client.check_health()
        assert await grpc_serves(settings.temporal_endpoint)
        assert proxy.heard > 0


@workflow.defn(sandboxed=False)
class Echo:
    """A workflow that ends with what it is given."""

    @workflow.run
    async def run(self, word: str) -> str:
        return word


async def test_temporal_is_asked_with_replaced_files_without_a_restart(
    temporal_port: int,
    directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its server changes to another authority, and whoever lacks that finds it away meanwhile."""
    monkeypatch.setattr(renewed_temporal, "LOOK_EVERY_SECONDS", 0.1)
    own, other = shutil.copytree(directory, tmp_path / "own"), tmp_path / "other"
    certify(other, ["server", "client"], SystemClock().now())
    before, after = (TemporalBehindTls(one, temporal_port) for one in (directory, other))
    after.port = before.port
    settings = Settings(
        temporal_address=f"127.0.0.1:{before.port}", temporal_tls_dir=str(own), keys_dir=tmp_path
    )

    async def echo(word: str) -> str:
        queue = temporal.task_queue("alerts")
        return await client.execute_workflow(Echo.run, word, id=f"echo {word}", task_queue=queue)

    async with asyncio.timeout(PATIENCE_SECONDS):
        async with before.serving():
            client = await temporal.connect(settings, "alerts")
            working = asyncio.create_task(temporal.worker(client, "alerts", [Echo], []).run())
            assert await echo("before") == "before"
        async with after.serving():
            with pytest.raises(RPCError):
                await client.service_client.check_health()
            assert after.heard == 0
            shutil.copytree(other, own, dirs_exist_ok=True)
            while not after.heard:  # noqa: ASYNC110 - what the worker does by itself
                await asyncio.sleep(0.05)
            assert await echo("after") == "after"
            working.cancel()
            await asyncio.wait({working})
