"""A stranger reaches the NATS server of the platform; then a service that was taken over does.

The stranger has a shell on the host or the network of the engines, and no key. The second attacker
has everything that the alerts service has: its credentials. The server is the one of `quanheng up`,
with its configuration.
"""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import nats.errors
import pytest
from joserfc.jwk import OKPKey
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig

from plumbing.events.connect import connect
from plumbing.events.credentials import Credentials
from plumbing.events.encrypted import tls_of
from plumbing.events.subjects import Stream, ensure_streams
from plumbing.settings import SERVICES, Settings
from services.cli.machine.engines import choose_ports, engine_specs, settings_on, usual_ports
from tests.patience import PATIENCE_SECONDS

FORGED = "registry.v1.records_changed.330106"
SOON = 0.5  # seconds in which a server on this machine has answered or will not


@contextmanager
def served(folder: Path) -> Iterator[Settings]:
    """The NATS server of a platform on one machine, and nothing else of it."""
    base = Settings(data_dir=folder)
    ports = choose_ports(usual_ports(base), insist_on_others=True)
    settings = settings_on(base, ports)
    spec = engine_specs(settings, ports)[0]
    process = subprocess.Popen(spec.command, env=dict(spec.environment), stderr=subprocess.DEVNULL)
    try:
        yield settings
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with served(tmp_path_factory.mktemp("platform")) as settings:
        asyncio.run(_streams_of_every_service(settings))
        yield settings


async def _streams_of_every_service(settings: Settings) -> None:
    for service in SERVICES:
        async with client_of(settings, service) as client:
            await ensure_streams(client.jetstream(), service)


@asynccontextmanager
async def client_of(settings: Settings, service: str) -> AsyncIterator[Client]:
    """A client with the credentials of a service."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        known = Credentials.of(settings.keys_dir, service)
        client = await connect(settings.nats_url, known, tls_of(settings))
    yield client
    await client.close()


async def unanswered(asking: Awaitable[object]) -> bool:
    """Whether the server, which says what it refuses to the connection only, gives no answer."""
    try:
        await asking
    except (TimeoutError, nats.errors.TimeoutError, nats.errors.NoRespondersError):
        return True
    return False


async def refused(settings: Settings, credentials: Credentials | None, **options: Any) -> None:
    """Fails if the server lets somebody in."""
    client = Client()
    if credentials is not None:
        credentials.give_to(client)
        options["signature_cb"] = credentials.sign
    with pytest.raises(nats.errors.Error, match="Authorization Violation"):
        await client.connect(
            settings.nats_url,
            tls=tls_of(settings),
            allow_reconnect=False,
            error_cb=_quiet,
            **options,
        )
    await client.close()


async def _quiet(_error: Exception) -> None: ...


async def test_without_a_key_nobody_is_let_in(settings: Settings) -> None:
    await refused(settings, None)
    await refused(settings, None, user="quanheng", password="quanheng")


async def test_a_key_of_ones_own_opens_nothing(settings: Settings) -> None:
    await refused(settings, Credentials("registry", OKPKey.generate_key("Ed25519")))


async def test_the_public_key_of_a_service_is_not_enough(settings: Settings) -> None:
    thief = Credentials("registry", OKPKey.generate_key("Ed25519"))
    thief.nkey = Credentials.of(settings.keys_dir, "registry").nkey
    await refused(settings, thief)


def test_only_the_platforms_user_reads_the_configuration_and_it_holds_no_secret(
    settings: Settings,
) -> None:
    file = settings.data_dir / "nats" / "nats.conf"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for key in settings.keys_dir.glob("*.jwk"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        private = json.loads(key.read_text())["d"]
        assert str(private) not in file.read_text()


def acts_on_the_registry(client: Client) -> dict[str, Awaitable[object]]:
    """What a service that was taken over might do to what is the registry's or grading's."""
    js, stream, reader = client.jetstream(timeout=SOON), Stream.REGISTRY, "grading-registry"
    own = ConsumerConfig(durable_name="mine", ack_policy=AckPolicy.EXPLICIT)
    ask = partial(client.request, timeout=SOON)
    return {
        "publish": js.publish(FORGED, b"forged", timeout=SOON),
        "empty the stream": js.purge_stream(stream),
        "delete the stream": js.delete_stream(stream),
        "change the stream": js.update_stream(StreamConfig(name=stream, subjects=["nothing"])),
        "delete an event": js.delete_msg(stream, 1),
        "delete a consumer": js.delete_consumer(stream, reader),
        "take another's events": ask(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{reader}", b"1"),
        "acknowledge for another": ask(f"$JS.ACK.{stream}.{reader}.1.1.1.1.0", b"+ACK"),
        "make a consumer": js.add_consumer(stream, own),
        "make a stream": js.add_stream(StreamConfig(name="MINE", subjects=["mine.>"])),
        "bury for another": js.publish(f"dead.v1.{reader}", b"forged", timeout=SOON),
    }


async def test_a_service_that_was_taken_over_changes_nothing_of_another(settings: Settings) -> None:
    async with (
        client_of(settings, "registry") as registry,
        client_of(settings, "grading") as reader,
    ):
        await registry.jetstream().publish("registry.v1.true.330106", b"true")
        config = ConsumerConfig(durable_name="grading-registry", ack_policy=AckPolicy.EXPLICIT)
        await reader.jetstream().add_consumer(Stream.REGISTRY, config)
        before = (await registry.jetstream().stream_info(Stream.REGISTRY)).state
        async with client_of(settings, "alerts") as alerts:
            acts = acts_on_the_registry(alerts)
            refused = await asyncio.gather(*map(unanswered, acts.values()))
        assert dict(zip(acts, refused, strict=True)) == dict.fromkeys(acts, True)
        after = await registry.jetstream().stream_info(Stream.REGISTRY)
        assert (after.state, after.config.subjects) == (before, ["registry.v1.>"])
        waiting = await reader.jetstream().consumer_info(Stream.REGISTRY, "grading-registry")
        assert (waiting.num_pending, waiting.num_ack_pending) == (1, 0)


@pytest.mark.parametrize("subject", ["registry.v1.>", "_INBOX_registry.>", "_INBOX.>", ">"])
async def test_a_service_hears_nothing_but_what_it_asked_for(
    settings: Settings, subject: str
) -> None:
    async with client_of(settings, "registry") as registry, client_of(settings, "alerts") as alerts:
        overheard = await alerts.subscribe(subject)
        await alerts.flush()
        await registry.jetstream().publish("registry.v1.true.330106", b"true")
        with pytest.raises(nats.errors.TimeoutError):
            await overheard.next_msg(timeout=SOON)
