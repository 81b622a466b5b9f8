"""What each service may do on NATS is what its consumers and its stream need."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from plumbing.events.access import CONSUMERS, user
from plumbing.events.subjects import Stream, stream_of
from plumbing.settings import SERVICES
from tests.service_keys import credentials

ROOT = Path(__file__).parents[3] / "services"
_USES = re.compile(r"(?:CONSUMER\.(?:DURABLE\.CREATE|DELETE|MSG\.NEXT)|ACK)\.\w+\.([\w-]+)")
_READS = re.compile(r'"((?:registry|grading|objection|alerts)-[a-z-]+)"')


def publishes(service: str) -> list[str]:
    allowed: list[str] = user(credentials(service))["permissions"]["publish"]["allow"]
    return allowed


@pytest.mark.parametrize("service", SERVICES)
def test_the_consumers_of_a_service_are_those_in_its_code(service: str) -> None:
    code = "".join(file.read_text() for file in (ROOT / service).rglob("*.py"))
    assert set(_READS.findall(code)) == set(CONSUMERS[service])


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_of_another_service_is_written_made_or_removed(service: str) -> None:
    own, allowed = stream_of(service), publishes(service)
    deleted = [subject for subject in allowed if "DELETE" in subject and "DEAD" not in subject]
    assert not [
        subject for subject in deleted if "CONSUMER.DELETE" not in subject
    ]  # its own: below
    foreign = {*SERVICES} - {service}
    assert not [subject for subject in allowed if subject.partition(".")[0] in foreign]
    changes = [s for s in allowed if re.search(r"STREAM\.(CREATE|UPDATE|PURGE)", s)]
    assert {subject.rpartition(".")[2] for subject in changes} == {own, Stream.DEAD_LETTERS}
    assert not [subject for subject in changes if "PURGE" in subject and own not in subject]
    for subject in allowed:
        if named := re.search(
            r"(?:CONSUMER\.(?:DURABLE\.CREATE|DELETE|MSG\.NEXT)|ACK)\.\w+\.([\w-]+)", subject
        ):
            assert named[1] in CONSUMERS[service]


def test_an_nkey_is_the_public_key_with_its_kind_and_a_checksum() -> None:
    # From the documentation of NATS: 32 bytes in base 32 with the letter U before them.
    nkey = credentials("registry").nkey
    assert re.fullmatch(r"U[A-Z2-7]{55}", nkey)
    assert len(base64.b32decode(nkey)) == 35
