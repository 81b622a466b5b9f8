"""Certificates, their authority and keys are replaced under load, as docs/operations.md says.

A person stays signed in meanwhile, with one login.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from plumbing.events.subjects import Stream
from plumbing.service_keys import event_public_keys
from plumbing.settings import SERVICES
from services.registry.identity.keys import hand_out
from tests.bound import bound
from tests.cluster.platform import Cluster
from tests.cluster.proving import told, until
from tests.cluster.replacing import (
    Certificates,
    begin_nats_keys,
    connect_anew,
    end_nats_keys,
    engines_see_present,
    remove_event_keys,
    restart_in_turn,
    shows_present,
    signers,
)
from tests.cluster.signed_in import refused, signed_in

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]  # four steps each, under load
WITH_WORKFLOWS = ("objection", "alerts")


async def test_certificates_and_then_their_authority_are_replaced(cluster: Cluster) -> None:
    """No process is restarted but the NATS servers, so that clients connect to them anew."""
    processes = [replica.pid for replica in cluster.replicas]
    made = Certificates(cluster)
    async with signed_in(cluster) as person, cluster.under_load() as ledger:
        for step in (made.renew, made.trust_another, made.use_other, made.drop_former):
            await asyncio.to_thread(step)
            await until(lambda: all(shows_present(cluster, one) for one in cluster.replicas))
            await connect_anew(cluster)
            await until(partial(engines_see_present, cluster))
            await ledger.more()
    assert processes == [replica.pid for replica in cluster.replicas]
    assert await refused(cluster, person.token) == set()
    await told("certificates and their authority are replaced", cluster, ledger)


async def test_keys_are_replaced_two_at_a_time(cluster: Cluster) -> None:
    given_up = await dead_letters(cluster)
    async with signed_in(cluster) as person, cluster.under_load() as ledger:
        first = person.token
        await rotate(cluster, "add")  # known by all
        remove_event_keys(cluster.keys)
        begin_nats_keys(cluster.keys)
        await handed_out(cluster)
        await restart_in_turn(cluster)
        await ledger.more()

        await rotate(cluster, "use")
        end_nats_keys(cluster.keys)
        await handed_out(cluster)
        await restart_in_turn(cluster)
        await ledger.more()
        assert await refused(cluster, first) == set()
        await person.renew()

        await quanheng("rotate-tokens", "drop", cluster.keys / "registry")
        remove_event_keys(cluster.keys)  # the first of three is known to nobody now
        await handed_out(cluster)
        await restart_in_turn(cluster)
        await ledger.more()
        assert await refused(cluster, first) == set(SERVICES)
    assert await refused(cluster, person.token) == set()
    cluster.forget_streams()  # they were filled again
    await told("keys are replaced, two at a time", cluster, ledger, refilled=True)
    for service in SERVICES:
        present, former = event_public_keys(cluster.keys / "registry", service)
        known = {present.thumbprint(), former.thumbprint()}
        assert await signers(cluster, service) <= known
    assert await dead_letters(cluster) == given_up


async def rotate(cluster: Cluster, step: str) -> None:
    """Takes a step of the change of the key of tokens, and of those of workflows."""
    await quanheng("rotate-tokens", step, cluster.keys / "registry")
    for service in WITH_WORKFLOWS:
        await quanheng("rotate", service, step, cluster.keys / service)


async def quanheng(*words: str | Path) -> None:
    """Runs `quanheng keys` on a folder, which is the last word."""
    program = Path(sys.executable).with_name("quanheng")
    command = bound([program, "keys", *words[:-1], "--keys", words[-1]])
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def handed_out(cluster: Cluster) -> None:
    """Gives every service its new files, and NATS its users."""
    await asyncio.to_thread(hand_out, cluster.keys)
    await asyncio.to_thread(cluster.reload_engines)


async def dead_letters(cluster: Cluster) -> int:
    async with cluster.jetstream("alerts") as js:
        return int((await js.stream_info(Stream.DEAD_LETTERS)).state.messages)
