"""buf finds changes that break a client, a stored event or one on its way; additions pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from tools.release import contract

EVENTS, CALLS = "protos/objection/v1/events.proto", "protos/objection/v1/objection.proto"
Change = Callable[[FileDescriptorSet], None]


@pytest.fixture(scope="module")
def released() -> FileDescriptorSet:
    return contract.recorded()


@pytest.fixture(scope="module")
def today() -> FileDescriptorSet:
    return contract.compiled()


def file_in(image: FileDescriptorSet, name: str) -> FileDescriptorProto:
    return next(file for file in image.file if file.name == name)


def message_in(image: FileDescriptorSet, file: str, name: str) -> DescriptorProto:
    return next(message for message in file_in(image, file).message_type if message.name == name)


def _renumber(image: FileDescriptorSet) -> None:
    message_in(image, CALLS, "Case").field[0].number = 999


def _reuse(image: FileDescriptorSet) -> None:
    field = message_in(image, CALLS, "Case").field[0]
    field.name, field.json_name = "another", "another"


def _retype(image: FileDescriptorSet) -> None:
    message_in(image, CALLS, "Case").field[0].type = FieldDescriptorProto.TYPE_INT32


def _remove_field(image: FileDescriptorSet) -> None:
    del message_in(image, CALLS, "Case").field[0]


def _remove_call(image: FileDescriptorSet) -> None:
    del file_in(image, CALLS).service[0].method[0]


def _remove_event(image: FileDescriptorSet) -> None:
    del file_in(image, EVENTS).message_type[0]


@pytest.mark.parametrize(
    "change",
    [_renumber, _reuse, _retype, _remove_field, _remove_call, _remove_event],
    ids=lambda change: change.__name__.strip("_"),
)
def test_a_break_is_found(today: FileDescriptorSet, change: Change) -> None:
    broken = FileDescriptorSet()
    broken.CopyFrom(today)
    change(broken)
    breaks = contract.breaks(broken, today)
    assert any("protos/objection/v1" in line for line in breaks), breaks


def test_what_is_added_breaks_nothing(today: FileDescriptorSet) -> None:
    wider = FileDescriptorSet()
    wider.CopyFrom(today)
    case = message_in(wider, CALLS, "Case")
    case.field.add(name="later", json_name="later", number=999, type=9, label=1)
    file_in(wider, EVENTS).message_type.add(name="ObjectionFoundLater")
    assert contract.breaks(wider, today) == []


def test_nothing_of_the_last_release_is_broken(
    today: FileDescriptorSet, released: FileDescriptorSet
) -> None:
    assert len([file for file in released.file if file.service]) > 5
    assert contract.breaks(today, released) == []
