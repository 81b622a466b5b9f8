"""Nothing leaves the machine unencrypted unless a setting says that other software encrypts it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from law.errors import InvalidInput
from plumbing.plain_links import refuse_plain_links
from plumbing.settings import PORTAL, Settings

ELSEWHERE: dict[str, Any] = {
    "database": "postgresql://{service}:secret@db.example/{service}",
    "nats_url": "nats://bus.example:4222",
    "temporal_address": "temporal.example:7233",
    "smtp_url": "smtp://mail.example",
    "oidc_issuer": "http://login.example",
    "portal_url": "http://portal.example",
}
ENCRYPTED: dict[str, Any] = {
    "database": "postgresql://{service}@db.example/x?sslmode=verify-full&sslrootcert=/ca.pem",
    "nats_url": "tls://bus.example:4222",
    "temporal_address": "temporal.example:7233",
    "temporal_tls_dir": "/tls",
    "smtp_url": "smtp+starttls://mail.example",
    "oidc_issuer": "https://login.example",
    "portal_url": "https://portal.example",
}


def refused(service: str = "alerts", **values: Any) -> list[str]:
    try:
        refuse_plain_links(Settings(**values), service)
    except InvalidInput as error:
        texts = [error.zh, error.en, *error.faults]
        return sorted(fault.field for fault in error.faults if "secret" not in str(texts))
    return []


def test_everything_on_one_machine_needs_no_encryption() -> None:
    here = {"database": "postgresql://x@127.0.0.1/{service}", "smtp_url": "smtp://localhost:7307"}
    assert refused() == refused(**here) == refused(nats_url="nats://[::1]:4222") == []


def test_each_unencrypted_connection_to_another_machine_is_a_fault() -> None:
    assert refused(**ELSEWHERE) == ["database", "nats_url", "smtp_url", "temporal_address"]
    assert refused("grading", **ELSEWHERE) == ["database", "nats_url", "temporal_address"]
    assert refused(PORTAL, **ELSEWHERE) == ["database", "oidc_issuer", "portal_url"]
    assert refused(**ENCRYPTED) == refused(PORTAL, **ENCRYPTED) == []


def test_one_server_elsewhere_of_several_is_a_fault() -> None:
    assert refused(nats_url="nats://127.0.0.1:4222,nats://b.example:4222") == ["nats_url"]


def test_what_other_software_encrypts_is_named() -> None:
    assert refused(**ELSEWHERE, plaintext="postgresql, nats,smtp") == ["temporal_address"]
    with pytest.raises(ValidationError, match="natz"):
        Settings(plaintext="natz")


@pytest.mark.parametrize("query", ["sslmode=disable", "sslmode=prefer", "sslmode=allow", ""])
def test_a_mode_that_may_end_without_encryption_is_none(query: str) -> None:
    assert refused(database=f"postgresql://x@db.example/x?{query}") == ["database"]
