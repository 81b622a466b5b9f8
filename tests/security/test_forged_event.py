"""Somebody forges an event of the registry.

First with the credentials of the alerts service, which are refused. Then as somebody to whom the
NATS server itself belongs: every subject may be published, and what travels may be copied and
changed. Only the private key of the registry is missing. A real registry announces; the consumer of
grading listens.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from nats.js import JetStreamContext
from nats.js.api import Header, RawStreamMsg
from sqlmodel import col, select

from plumbing.events.connect import connect
from plumbing.events.dead_letters import dead_letters
from plumbing.events.inspection import consumer_lags, dead_letter_counts, unsigned_counts
from plumbing.events.signing import SIGNATURE_HEADER, EventSigner
from plumbing.events.subjects import Stream
from plumbing.identity import Role
from protos.registry.v1.events_pb2 import SubjectsChanged
from services.grading.consumers import NAME
from services.grading.tables import Subject
from tests.integration.events.support import eventually
from tests.integration.registry.registry_with_grading import RegistryWithGrading, opened
from tests.integration.registry.running_registry import put_subject
from tests.postgres import Databases
from tests.service_keys import TESTER

INVENTED = "never-registered"


@pytest.fixture
async def platform(tmp_path: Path, databases: Databases) -> AsyncIterator[RegistryWithGrading]:
    async with opened(tmp_path, databases) as platform:
        yield platform


async def genuine(platform: RegistryWithGrading, js: JetStreamContext) -> RawStreamMsg:
    """Registers a subject; returns its event as everybody on the server can read it."""
    client = platform.client(Role.CASEWORKER)
    request = put_subject(name=f"合成{uuid4().hex}")
    made = (await client.registry.PutSubject(request)).subject
    await platform.graded(made.subject_id)
    event = await js.get_last_msg(Stream.REGISTRY, "registry.v1.subjects_changed.330106")
    if event.headers:  # of two that are published together, the second says what it follows
        event.headers.pop(Header.EXPECTED_LAST_SEQUENCE, None)
    return event


def invented(true: RawStreamMsg) -> bytes:
    message = SubjectsChanged.FromString(true.data or b"")
    message.subjects[0].subject_id = INVENTED
    return message.SerializeToString()


def forgeries(true: RawStreamMsg, folder: Path) -> list[tuple[str, Mapping[str, str], bytes]]:
    """What somebody can make of a genuine event who has every key but that of the registry."""
    headers, body, subject = dict(true.headers or {}), invented(true), true.subject or ""
    invented_id = {"ce-id": str(uuid4()), "ce-subject": "subject/forged", "ce-sequence": "1"}
    fresh = {**headers, **invented_id}
    plain = {name: value for name, value in fresh.items() if name != SIGNATURE_HEADER}
    aimed = subject.replace("registry", "alerts")
    of_alerts = EventSigner.of(folder, "alerts").sign(aimed, plain, body)
    return [
        (subject, plain, body),  # unsigned, as it was believed before
        (subject, fresh, body),  # with the signature of another event
        (subject, headers, body),  # the genuine one with another body
        (subject, {**headers, "ce-sequence": "2"}, true.data or b""),  # in another place
        (subject.replace("330106", "330110"), headers, true.data or b""),  # for another bureau
        (subject, {**plain, SIGNATURE_HEADER: of_alerts}, body),  # signed by another service
        (subject, {}, body),
    ]


async def _handled(js: JetStreamContext) -> bool:
    [lag] = [lag for lag in await consumer_lags(js, [Stream.REGISTRY]) if lag.consumer == NAME]
    return not lag.waiting + lag.unacknowledged


async def _known(platform: RegistryWithGrading, subject_id: str) -> bool:
    async with platform.grading.snapshot() as session:
        found = select(Subject).where(col(Subject.subject_id) == subject_id)
        return (await session.exec(found)).first() is not None


async def test_a_forged_event_is_refused_kept_counted_and_stops_nothing(
    platform: RegistryWithGrading,
) -> None:
    client = await connect(platform.settings.nats_url, TESTER)
    js = client.jetstream()
    await platform.bureau()
    true = await genuine(platform, js)

    forged = forgeries(true, platform.settings.keys_dir)
    for subject, headers, body in forged:
        named = {**headers, "Nats-Msg-Id": str(uuid4())} if headers else None
        await js.publish(subject, body, headers=named)
    await js.publish(
        true.subject or "", true.data or b"", headers={**(true.headers or {}), "Nats-Msg-Id": "x"}
    )
    await genuine(platform, js)  # what comes after is not stopped
    await eventually(lambda: _handled(js))

    assert not await _known(platform, INVENTED)
    assert await unsigned_counts(js) == {NAME: len(forged), "registry-own": len(forged)}
    assert await dead_letter_counts(js) == {}
    letters = [letter async for letter in dead_letters(js, NAME)]
    assert len(letters) == len(forged)
    assert all(letter.error.startswith("NotSigned") for letter in letters)
    await client.close()
