"""gRPC between clients and services by TLS, on one machine and on several."""

from __future__ import annotations

import asyncio
import gc
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from plumbing import certificates
from plumbing.addresses import CLIENT
from plumbing.authority import certify
from plumbing.client import UNTRUSTED, Refusal, ServiceToken, ask, open_channel
from plumbing.clock import SystemClock
from plumbing.health import serves
from plumbing.identity import service_caller
from plumbing.private_files import service_secret_file
from plumbing.rpc import only_services, serve
from plumbing.settings import Settings
from plumbing.tokens import Signer, Verifier, make_keys
from plumbing.transport import NoCertificate, server_credentials
from protos.identity.v1 import identity_pb2 as pb
from protos.identity.v1 import identity_pb2_grpc as rpc
from tests.logins import none_ended
from tests.ports import free_port

SERVICE = "quanheng.identity.v1.IdentityService"
POLICY = {f"/{SERVICE}/GetCaller": only_services("alerts", "objection")}


class Identity(rpc.IdentityServiceServicer):
    """Answers once it `may`, which is from the beginning, unless it is away."""

    def __init__(self) -> None:
        self.called, self.may = asyncio.Event(), asyncio.Event()
        self.may.set()
        self.away = False

    async def GetCaller(self, request: Any, context: Any) -> pb.GetCallerResponse:  # noqa: N802
        self.called.set()
        if self.away:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        await self.may.wait()
        return pb.GetCallerResponse()


def settings_of(folder: Path, **values: Any) -> Settings:
    settings = Settings(data_dir=folder, registry_address=f"127.0.0.1:{free_port()}", **values)
    certificates.provide(settings.tls_dir, SystemClock())
    return settings


@asynccontextmanager
async def serving(settings: Settings, identity: Identity | None = None) -> AsyncIterator[Signer]:
    """A registry by the settings; the signer makes the tokens that it accepts."""
    key, answering = make_keys(settings.keys_dir, ()), identity or Identity()  # type: ignore[abstract]

    def register(server: grpc.aio.Server) -> None:
        rpc.add_IdentityServiceServicer_to_server(answering, server)

    server, _ = await serve(
        settings.registry_address,
        {SERVICE: register},
        Verifier(key, SystemClock()),
        [POLICY],
        none_ended(),
        credentials=server_credentials(settings, "registry"),
    )
    yield Signer(key, SystemClock(), timedelta(minutes=5))
    await server.stop(None)


async def call(settings: Settings, token: str, caller: str = CLIENT) -> Refusal | None:
    """Calls the registry with the certificate of a caller; returns the refusal, if any."""

    async def source() -> str:
        return token

    channel = open_channel(settings.endpoint("registry", caller), source, timeout=5)
    try:
        await ask(rpc.IdentityServiceStub(channel).GetCaller(pb.GetCallerRequest()))
    except Refusal as refusal:
        return refusal
    finally:
        await channel.close()
    return None


def token_of(signer: Signer, service: str) -> str:
    return signer.issue(service_caller(service))[0]


async def test_a_client_that_reads_the_directory_is_answered(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with serving(settings) as signer:
        assert await call(settings, token_of(signer, "alerts")) is None
        assert await asyncio.to_thread(serves, settings.endpoint("registry"))


async def test_another_authority_is_refused_at_once_and_nothing_is_sent(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "ours")
    other = settings.model_copy(update={"tls_dir": settings_of(tmp_path / "other").tls_dir})
    async with serving(settings) as signer:
        refusal = await asyncio.wait_for(call(other, token_of(signer, "alerts")), 3)
        assert refusal is not None
        assert (refusal.reason, refusal.code) == (UNTRUSTED, grpc.StatusCode.UNAVAILABLE)
        assert "没有向它发送任何内容" in refusal.message_zh
        assert not await asyncio.to_thread(serves, other.endpoint("registry"))


async def test_a_renewed_certificate_is_shown_from_the_next_connection_on(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    async with serving(settings) as signer:
        token = token_of(signer, "alerts")
        assert await call(settings, token) is None
        for file in settings.tls_dir.iterdir():  # as after a theft
            file.unlink()
        certify(settings.tls_dir, ("registry",), SystemClock().now())
        assert await call(settings, token) is None


async def test_a_client_goes_on_with_files_that_replaced_its_own(tmp_path: Path) -> None:
    ours = settings_of(tmp_path / "ours", tls_client_certificates=True)
    port = {"registry_address": ours.registry_address}
    settings = settings_of(tmp_path / "another authority").model_copy(update=port)
    async with serving(ours) as signer, calling(settings, token_of(signer, "alerts")) as stub:
        with pytest.raises(Refusal, match=UNTRUSTED):
            await ask(stub.GetCaller(pb.GetCallerRequest()))
        for name in ("ca.pem", "alerts.pem"):
            shutil.copy(ours.tls_dir / name, settings.tls_dir)
        with pytest.raises(Refusal, match=UNTRUSTED):  # as long as the key does not fit
            await ask(stub.GetCaller(pb.GetCallerRequest()))
        shutil.copy(ours.tls_dir / "alerts.key", settings.tls_dir)
        await ask(stub.GetCaller(pb.GetCallerRequest()))


async def test_a_call_under_way_ends_where_it_began_when_files_are_replaced(tmp_path: Path) -> None:
    settings, identity = settings_of(tmp_path), Identity()  # type: ignore[abstract]
    async with (
        serving(settings, identity) as signer,
        calling(settings, token_of(signer, "alerts")) as stub,
    ):
        identity.may.clear()
        first = asyncio.ensure_future(ask(stub.GetCaller(pb.GetCallerRequest())))
        await identity.called.wait()
        certify(settings.tls_dir, certificates.HOLDERS, SystemClock().now())
        identity.called.clear()
        second = asyncio.ensure_future(ask(stub.GetCaller(pb.GetCallerRequest())))
        await identity.called.wait()
        gc.collect()  # by which the former channel would end
        identity.may.set()
        await asyncio.gather(first, second)


async def test_a_call_that_is_repeated_meanwhile_is_answered_too(tmp_path: Path) -> None:
    settings, identity = settings_of(tmp_path), Identity()  # type: ignore[abstract]
    async with (
        serving(settings, identity) as signer,
        calling(settings, token_of(signer, "alerts")) as stub,
    ):
        identity.away = True
        first = asyncio.ensure_future(ask(stub.GetCaller(pb.GetCallerRequest())))
        await identity.called.wait()
        certify(settings.tls_dir, certificates.HOLDERS, SystemClock().now())
        second = stub.GetCaller(pb.GetCallerRequest())  # goes out on a new channel
        gc.collect()
        identity.away = False
        await asyncio.gather(first, ask(second))


async def test_a_client_does_not_go_on_without_the_certificate_that_it_had(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, tls_client_certificates=True)
    own = settings.tls_dir / "alerts.pem"
    async with serving(settings) as signer, calling(settings, token_of(signer, "alerts")) as stub:
        await ask(stub.GetCaller(pb.GetCallerRequest()))
        kept = own.read_bytes()
        own.unlink()
        await ask(stub.GetCaller(pb.GetCallerRequest()))
        own.write_bytes(kept)
        await ask(stub.GetCaller(pb.GetCallerRequest()))


@asynccontextmanager
async def calling(settings: Settings, token: str) -> AsyncIterator[rpc.IdentityServiceStub]:
    """What alerts calls the registry with, as long as it runs."""

    async def source() -> str:
        return token

    async with open_channel(settings.endpoint("registry", "alerts"), source, timeout=5) as channel:
        yield rpc.IdentityServiceStub(channel)


async def test_where_clients_need_a_certificate_none_comes_without(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, tls_client_certificates=True)
    async with serving(settings) as signer:
        token = token_of(signer, "alerts")
        assert await call(settings, token, "alerts") is None
        refusal = await call(settings, token, "nobody-has-this-name")
        assert refusal is not None
        assert refusal.code is grpc.StatusCode.UNAVAILABLE


async def test_the_token_of_a_service_counts_only_with_its_own_certificate(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, tls_client_certificates=True)
    async with serving(settings) as signer:
        refusal = await call(settings, token_of(signer, "objection"), "alerts")
        assert refusal is not None
        assert refusal.code is grpc.StatusCode.PERMISSION_DENIED


async def test_in_a_mesh_that_encrypts_nothing_is_encrypted_twice(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, plaintext="grpc")
    async with serving(settings) as signer:
        assert settings.endpoint("registry").authorities is None
        assert await call(settings, token_of(signer, "alerts")) is None


async def test_without_certificates_neither_side_starts(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with pytest.raises(NoCertificate, match="QUANHENG_TLS_DIR"):
        server_credentials(settings, "registry")
    with pytest.raises(NoCertificate):
        open_channel(settings.endpoint("registry"))
    assert not await asyncio.to_thread(serves, settings.endpoint("registry"))


async def test_a_service_sends_its_secret_to_no_stranger(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "ours")
    make_keys(settings.keys_dir, ("alerts",))
    assert service_secret_file(settings.keys_dir, "alerts").exists()
    other = settings_of(tmp_path / "other").model_copy(
        update={"registry_address": settings.registry_address}
    )
    async with serving(other):
        endpoint = settings.endpoint("registry", "alerts")
        token = ServiceToken("alerts", settings.keys_dir, endpoint, SystemClock())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await token()
    assert "CERTIFICATE_VERIFY_FAILED" in str(refused.value.details())
