"""The attacker has an account on the machine, and listens on the port of a stopped service.

Any user may take a port above 1023 once it is free. Before, what came next was the administrator's
password, which the command line sends when nobody has logged in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx2 as httpx
import pytest
import pytest_asyncio
from typer.testing import CliRunner

from plumbing.addresses import Endpoint, endpoint_by_tls
from plumbing.authority import certify
from plumbing.client import open_channel
from plumbing.clock import SystemClock
from plumbing.settings import SERVICES
from plumbing.transport import aio_channel
from protos.identity.v1 import identity_pb2 as identity
from protos.identity.v1.identity_pb2_grpc import IdentityServiceStub
from services.cli.__main__ import app
from services.cli.machine.platform import Platform
from services.cli.machine.supervisor import Backoff
from services.cli.sessions import administrator_password
from tests.nursery import QuickLauncher
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
LONG_AWAY = Backoff(first=3600)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A real platform, of which a service that has died stays away."""
    data = tmp_path_factory.mktemp("platform") / "data"
    async with Platform(
        data, usual_ports=False, portal=True, backoff=LONG_AWAY, launcher=QuickLauncher
    ) as running:
        await running.wait_ready(PATIENCE_SECONDS)
        yield running


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home without sessions for the commands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


class Squatter(grpc.GenericRpcHandler):
    """A gRPC server that takes every call and keeps what it is sent."""

    def __init__(self) -> None:
        self.loot: list[bytes] = []

    def service(self, handler_call_details: Any) -> Any:
        details = handler_call_details

        async def take(request: bytes, _context: Any) -> bytes:
            self.loot.append(repr(details.invocation_metadata).encode() + request)
            return b""

        return grpc.unary_unary_rpc_method_handler(take)


@asynccontextmanager
async def squatting(
    address: str, credentials: grpc.ServerCredentials | None
) -> AsyncIterator[Squatter]:
    squatter = Squatter()
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((squatter,))
    if credentials is None:
        server.add_insecure_port(address)
    else:
        server.add_secure_port(address, credentials)
    await server.start()
    yield squatter
    await server.stop(None)


async def act_as_administrator(platform: Platform) -> str:
    """A command of somebody who never logged in; returns what it printed."""
    words = ["whoami", "--data", str(platform.data_dir)]
    result = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert result.exit_code == 1, result.output
    return result.output


async def sign_in_at_the_portal(platform: Platform, password: str) -> str:
    """The page that somebody gets who signs in at the portal."""
    portal = platform.settings.portal_url
    async with httpx.AsyncClient(base_url=portal, timeout=PATIENCE_SECONDS) as browser:
        form = {"name": "administrator", "password": password}
        answer = await browser.post("/sign-in", data=form)
    assert answer.status_code == 503, answer.text
    return answer.text


async def log_in_carelessly(endpoint: Endpoint, password: str) -> None:
    """Logs in as a client that trusts whoever answers."""
    async with aio_channel(endpoint) as channel:
        request = identity.LoginRequest(name="administrator", password=password)
        await IdentityServiceStub(channel).Login(request)


@pytest.mark.parametrize("way", ["plain", "by TLS"])
async def test_a_squatter_on_the_port_of_the_registry_is_sent_nothing(
    platform: Platform, tmp_path: Path, way: str
) -> None:
    settings, address = platform.settings, platform.settings.registry_address
    password = administrator_password(settings.keys_dir)
    if platform.processes["registry"].pid:
        await platform.kill("registry")
    certify(tmp_path, ["registry"], SystemClock().now())  # by an authority of the attacker's own
    pair = [(tmp_path / f"registry.{kind}").read_bytes() for kind in ("key", "pem")]
    by_tls = way == "by TLS"
    credentials = grpc.ssl_server_credentials([(pair[0], pair[1])]) if by_tls else None
    async with squatting(address, credentials) as squatter:
        told = await act_as_administrator(platform)
        page = await sign_in_at_the_portal(platform, password)
        assert squatter.loot == []
        # The squatter does listen: whoever does not check the certificate is robbed.
        careless = endpoint_by_tls(address, "registry", tmp_path) if by_tls else Endpoint(address)
        await log_in_carelessly(careless, password)
        assert password.encode() in squatter.loot[0]
    assert "证书不符" in told
    assert "Nothing was sent" in told
    assert "证书不符" in page
    assert "账号和登记" in page


async def test_a_service_cannot_stand_in_for_another(platform: Platform) -> None:
    """The attacker holds the certificate of one service, such as that of a container they broke."""
    address, directory = platform.settings.grading_address, platform.settings.tls_dir
    await platform.kill("grading")
    pair = [(directory / f"alerts.{kind}").read_bytes() for kind in ("key", "pem")]
    async with squatting(address, grpc.ssl_server_credentials([(pair[0], pair[1])])) as squatter:
        channel = open_channel(platform.settings.endpoint("grading"), _token, timeout=5)
        call: Any = channel.unary_unary("/quanheng.grading.v1.GradingService/GetGrade")
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(b"")
        await channel.close()
        assert squatter.loot == []
    assert "Hostname Verification Check failed" in str(refused.value.details())


async def _token() -> str:
    return "a token that nobody else may see"


async def test_no_service_answers_a_client_without_tls(platform: Platform) -> None:
    for service in SERVICES:
        if platform.processes[service].pid:
            async with aio_channel(Endpoint(platform.settings.address(service))) as channel:
                call: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await call(b"", timeout=5)
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
