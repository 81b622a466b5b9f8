"""An event is believed only as its owner signed it: subject, every attribute and body."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import UUID

import pytest

from plumbing.events.envelope import Attributes
from plumbing.events.signing import (
    SIGNATURE_HEADER,
    EventSigner,
    ForeignSubject,
    NotSigned,
    Signatures,
)
from plumbing.service_keys import NoKey, event_key, event_public_keys, make_service_keys
from plumbing.settings import SERVICES
from tests.integration.events.support import AT

SUBJECT, BODY = "registry.v1.bureaus_changed.330106", b"body"
ID = "6f2c1a52-56a7-4f3c-9d3b-0d2f1f8f0a11"


def attributes(event_type: str = "quanheng.registry.v1.BureausChanged") -> dict[str, str]:
    about = {"aggregate": "bureau/1", "bureau": "330106", "on_behalf_of": ""}
    return Attributes(id=UUID(ID), type=event_type, sequence=1, time=AT, **about).headers()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_service_keys(tmp_path, SERVICES)
    return tmp_path


def signed(keys: Path, headers: dict[str, str], service: str = "registry") -> dict[str, str]:
    subject = SUBJECT.replace("registry", service)
    signature = EventSigner.of(keys, service).sign(subject, headers, BODY)
    return {**headers, SIGNATURE_HEADER: signature, "Nats-Msg-Id": "any", "quanheng-error": "any"}


def test_what_the_owner_signed_is_believed(keys: Path) -> None:
    Signatures.of(keys).verify(SUBJECT, signed(keys, attributes()), BODY)


@pytest.mark.parametrize("name", [*attributes(), "ce-new"])
def test_no_attribute_can_be_changed(keys: Path, name: str) -> None:
    headers = signed(keys, attributes())
    changed = {**headers, name: headers.get(name, "") + "0"}
    with pytest.raises(NotSigned):
        Signatures.of(keys).verify(SUBJECT, changed, BODY)
    if name in headers:
        del changed[name]
        with pytest.raises(NotSigned):
            Signatures.of(keys).verify(SUBJECT, changed, BODY)


def test_neither_subject_nor_body_can_be_changed(keys: Path) -> None:
    headers, signatures = signed(keys, attributes()), Signatures.of(keys)
    assert signatures.signed(SUBJECT, headers, BODY)
    assert not signatures.signed(SUBJECT, headers, BODY + b"0")
    assert not signatures.signed("registry.v1.bureaus_changed.330110", headers, BODY)


@pytest.mark.parametrize("value", ["", ".", "x.y", "x.=", "registry.AAAA", "é.é"])
def test_what_is_no_signature_is_refused(keys: Path, value: str) -> None:
    thumbprint = event_key(keys, "registry").thumbprint()
    for text in (value, f"{thumbprint}.{value}"):
        headers = {**attributes(), SIGNATURE_HEADER: text}
        assert not Signatures.of(keys).signed(SUBJECT, headers, BODY)
    assert not Signatures.of(keys).signed(SUBJECT, None, BODY)


def test_another_service_signs_neither_for_the_owner_nor_the_owners_types(keys: Path) -> None:
    with pytest.raises(ForeignSubject):
        EventSigner.of(keys, "alerts").sign(SUBJECT, attributes(), BODY)
    of_registry = signed(keys, attributes(), "alerts")
    assert not Signatures.of(keys).signed(SUBJECT, of_registry, BODY)
    # On its own subject, but with an event of the registry.
    own_subject = SUBJECT.replace("registry", "alerts")
    assert not Signatures.of(keys).signed(own_subject, of_registry, BODY)
    own = signed(keys, attributes("quanheng.alerts.v1.NoticesIssued"), "alerts")
    assert Signatures.of(keys).signed(own_subject, own, BODY)


@pytest.mark.parametrize("subject", ["", "../registry.v1.x", "dead.v1.x", "portal.v1.x"])
def test_a_subject_without_an_owner_has_no_signature(keys: Path, subject: str) -> None:
    assert not Signatures.of(keys).signed(subject, signed(keys, attributes()), BODY)


def test_a_new_key_is_known_without_a_restart_and_the_former_for_one_change(keys: Path) -> None:
    signatures, of_key = Signatures.of(keys), [signed(keys, attributes())]
    assert signatures.signed(SUBJECT, of_key[0], BODY)
    for _ in range(2):
        (keys / "events-registry.jwk").unlink()
        make_service_keys(keys, SERVICES)
        of_key.append(signed(keys, attributes()))
        assert signatures.signed(SUBJECT, of_key[-1], BODY)
    assert len(event_public_keys(keys, "registry")) == 2
    known = [Signatures.of(keys).signed(SUBJECT, headers, BODY) for headers in of_key]
    assert known == [False, True, True]


def test_keys_are_made_once_for_their_owner_to_read(keys: Path) -> None:
    before = {file: file.read_text() for file in keys.iterdir()}
    assert {stat.S_IMODE(file.stat().st_mode) for file in before} == {0o600}
    keys.chmod(0o500)
    make_service_keys(keys, SERVICES)
    keys.chmod(0o700)
    assert before == {file: file.read_text() for file in keys.iterdir()}


def test_a_missing_key_is_named_with_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(NoKey, match=r"events-registry\.jwk.*identity\.keys"):
        EventSigner.of(tmp_path, "registry")
