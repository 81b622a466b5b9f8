"""The configuration that compose gives NATS, on the real server, with the keys made for it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nats.errors
import pytest

from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import EncryptedClient, tls_of
from plumbing.settings import SERVICES, Settings
from services.cli.machine.engine_programs import nats_program
from services.registry.identity.keys import hand_out
from tests.ports import free_port, wait_for_port

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nats" / "nats.conf"


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    """The folder /etc/nats of the container: the configuration, and `keys` beside it."""
    hand_out(tmp_path / "made")
    folder = tmp_path / "nats"
    shutil.copytree(tmp_path / "made" / "nats", folder / "keys")
    text = CONFIGURATION.read_text().replace("/etc/nats/keys", str(folder / "keys"))
    (folder / "nats.conf").write_text(text)
    return folder


@pytest.fixture
def url(mounted: Path, tmp_path: Path) -> Iterator[str]:
    """The server with this configuration; only its ports and the place of its data are others."""
    port, monitor, file = free_port(), free_port(), mounted / "nats.conf"
    moved = {"0.0.0.0:4222": f"127.0.0.1:{port}", "127.0.0.1:8222": f"127.0.0.1:{monitor}"}
    text = file.read_text()
    for former, other in (moved | {"/data": str(tmp_path / "data")}).items():
        assert former in text
        text = text.replace(former, other)
    file.write_text(text)
    command = (nats_program(Settings()), "--config", str(file))
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for_port(port)
            yield f"tls://127.0.0.1:{port}"
        finally:
            server.kill()


def test_the_server_takes_the_configuration(mounted: Path) -> None:
    command = (nats_program(Settings()), "-t", "--config", str(mounted / "nats.conf"))
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr


def settings_of(made: Path, service: str, url: str) -> Settings:
    return Settings(nats_url=url, nats_tls_dir=str(made / service / "engines"))


async def test_it_lets_each_service_in_and_nobody_else(url: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    for service in SERVICES:
        tls = tls_of(settings_of(made, service, url))
        client = await connect(url, Credentials.of(made / service, service), tls)
        assert client.is_connected
        await client.close()
    strangers: list[dict[str, Any]] = [{}, {"user": "anybody", "password": "anything"}]
    for stranger in strangers:
        client = EncryptedClient()
        tls = tls_of(settings_of(made, "portal", url))
        with pytest.raises(nats.errors.Error, match="Authorization Violation"):
            await client.connect(url, tls=tls, allow_reconnect=False, error_cb=_quiet, **stranger)
        await client.close()


async def test_it_speaks_to_nobody_without_a_certificate_of_the_authority(
    url: str, tmp_path: Path
) -> None:
    engines, key = tmp_path / "made" / "grading" / "engines", tmp_path / "made" / "grading"
    only_ca = tmp_path / "only-ca"
    only_ca.mkdir()
    shutil.copy(engines / "ca.pem", only_ca)
    credentials, client = Credentials.of(key, "grading"), EncryptedClient()
    tls = tls_of(Settings(nats_url=url, nats_tls_dir=str(only_ca)))
    credentials.give_to(client)
    with pytest.raises((nats.errors.Error, OSError)):
        await client.connect(
            url,
            tls=tls,
            signature_cb=credentials.sign,
            allow_reconnect=False,
            error_cb=_quiet,
        )
    assert not client.is_connected


async def _quiet(_error: Exception) -> None: ...
