"""Subjects: where an event is published."""

from __future__ import annotations

import pytest
from google.protobuf.empty_pb2 import Empty

from law.errors import InvalidInput
from plumbing.events.subjects import (
    SUBJECTS,
    Stream,
    dead_letter_subject,
    service_of,
    subject_of,
)
from protos.alerts.v1 import events_pb2 as alerts
from protos.grading.v1 import events_pb2 as grading
from protos.objection.v1 import events_pb2 as objection
from protos.registry.v1 import events_pb2 as registry


@pytest.mark.parametrize("bureau", ["330106", "HZ-XIHU", "tz_1", "a"])
def test_a_subject_names_service_version_event_and_bureau(bureau: str) -> None:
    subject = subject_of(registry.BureausChanged, bureau)
    assert subject == f"registry.v1.bureaus_changed.{bureau}"


@pytest.mark.parametrize("bureau", ["", "33.01", "a b", ">", "*", "-a", "杭州", "a\n", "a" * 65])
def test_a_bureau_code_that_is_no_word_is_refused(bureau: str) -> None:
    with pytest.raises(InvalidInput):
        subject_of(registry.BureausChanged, bureau)


def test_a_type_without_a_stream_is_refused() -> None:
    with pytest.raises(ValueError, match=r"google\.protobuf\.Empty"):
        subject_of(Empty, "330106")


@pytest.mark.parametrize("name", ["Empty", "quanheng.registry.v1.A.B", "quanheng.registry.A", ""])
def test_only_top_level_messages_of_a_service_are_events(name: str) -> None:
    with pytest.raises(ValueError, match="event type"):
        service_of(name)


def test_every_event_of_every_service_has_a_stream_that_takes_it() -> None:
    for module in (registry, grading, objection, alerts):
        for name in module.DESCRIPTOR.message_types_by_name:
            service = service_of(f"{module.DESCRIPTOR.package}.{name}")
            subject = subject_of(getattr(module, name), "330106")
            assert subject.startswith(SUBJECTS[Stream(service.upper())].removesuffix(">"))


def test_every_stream_has_its_subjects() -> None:
    assert set(SUBJECTS) == set(Stream)


def test_dead_letters_have_a_subject_per_consumer() -> None:
    assert dead_letter_subject("grading-registry") == "dead.v1.grading-registry"


@pytest.mark.parametrize("name", ["", "a.b", "A", "a>", "a b", "等级"])
def test_a_consumer_whose_name_is_no_word_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="consumer's name"):
        dead_letter_subject(name)
