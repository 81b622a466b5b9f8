"""What is sealed for one workflow opens there alone; what does not open raises nothing."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext

from plumbing.workflow_codec import Codec, sealed_converter
from plumbing.workflow_seals import Seals, key_file, make_key

KEYS = [bytes([number]) * 32 for number in range(3)]


def context(workflow_id: str, namespace: str = "default") -> WorkflowSerializationContext:
    return WorkflowSerializationContext(namespace, workflow_id)


def test_a_seal_opens_for_its_purpose_and_with_its_key() -> None:
    sealed = Seals(KEYS[:1]).seal("罚款".encode(), "a")
    assert "罚款".encode() not in sealed
    assert Seals(KEYS[:1]).open(sealed, "a") == "罚款".encode()
    assert Seals([KEYS[1], KEYS[0]]).open(sealed, "a") == "罚款".encode()
    for seals, text, purpose in (
        (Seals(KEYS[:1]), sealed, "b"),
        (Seals(KEYS[1:2]), sealed, "a"),
        (Seals(KEYS[:1]), sealed[:-1], "a"),
        (Seals(KEYS[:1]), sealed[:10], "a"),
        (Seals(KEYS[:1]), b"", "a"),
    ):
        assert seals.open(text, purpose) is None


def test_the_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    file = make_key(tmp_path / "keys", "alerts")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert make_key(tmp_path / "keys", "alerts").read_text() == text
    assert [one.name for one in (tmp_path / "keys").iterdir()] == ["workflows-alerts.keys"]
    assert len(base64.b64decode(text)) == 32


def test_two_keys_at_a_time_and_no_more(tmp_path: Path) -> None:
    lines = [base64.b64encode(key).decode() for key in KEYS]
    file = key_file(tmp_path, "alerts")
    file.write_text("\n".join(lines[:2]))
    old = Seals(KEYS[1:2]).seal(b"old", "a")
    assert Seals.of(tmp_path, "alerts").open(old, "a") == b"old"
    assert Seals(KEYS[:1]).open(Seals.of(tmp_path, "alerts").seal(b"new", "a"), "a") == b"new"
    for wrong in ("", "\n".join(lines), base64.b64encode(b"short").decode()):
        file.write_text(wrong)
        with pytest.raises(ValueError, match="one or two keys"):
            Seals.of(tmp_path, "alerts")


async def test_a_payload_of_one_workflow_is_worth_nothing_in_another() -> None:
    codec = Codec(Seals(KEYS[:1]))
    mine = codec.with_context(context("watch/330106"))
    [sealed] = await mine.encode([Payload(metadata={"encoding": b"json/plain"}, data=b'"secret"')])
    assert b"secret" not in sealed.SerializeToString()
    activity = ActivitySerializationContext(
        "default", None, "watch", "q", "watch/330106", "Watch", is_local=False
    )
    for reader in (mine, codec.with_context(activity)):
        assert [one.data for one in await reader.decode([sealed])] == [b'"secret"']
    for other in (context("watch/330110"), context("watch/330106", "another")):
        [refused] = await codec.with_context(other).decode([sealed])
        assert not refused.data


async def test_what_a_stranger_sends_becomes_unusable_and_raises_nothing() -> None:
    converter = sealed_converter(Seals(KEYS[:1])).with_context(context("retention/daily"))
    assert converter.payload_codec is not None
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'{"offset_seconds": 315360000}')
    forged = Payload(metadata={"encoding": b"quanheng/sealed"}, data=b"x" * 64)
    refused = await converter.payload_codec.decode([plain, forged])
    for payload in refused:
        with pytest.raises(KeyError):
            converter.payload_converter.from_payloads([payload])
