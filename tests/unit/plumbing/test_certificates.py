"""Certificates are made once, renewed in time, and go on over a change of the authority."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plumbing import authority
from plumbing.certificates import HOLDERS, provide
from plumbing.clock import FixedClock, SystemClock

START = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)


def after(**period: float) -> FixedClock:
    return FixedClock(START + timedelta(**period))


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def trusts(authorities: Path, directory: Path, holder: str = "registry") -> bool:
    """Whether a TLS client that trusts the authorities accepts the holder's certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(directory / f"{holder}.pem", directory / f"{holder}.key")
    client = ssl.create_default_context(cafile=str(authorities))
    pipes = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(pipes[0], pipes[1], server_hostname=holder),
        server.wrap_bio(pipes[1], pipes[0], server_side=True),
    )
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return True


def test_everyone_gets_a_certificate_once_that_only_its_owner_reads(tmp_path: Path) -> None:
    directory = tmp_path / "tls"
    assert provide(directory, after())
    made = contents(directory)
    assert {f"{holder}.{kind}" for holder in HOLDERS for kind in ("pem", "key")} <= set(made)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert (modes, stat.S_IMODE(directory.stat().st_mode)) == ({0o600}, 0o700)
    assert not provide(directory, after(days=200))
    assert contents(directory) == made


def test_a_certificate_is_renewed_for_the_same_key_long_before_it_ends(tmp_path: Path) -> None:
    provide(tmp_path, after())
    made = contents(tmp_path)
    assert provide(tmp_path, after(days=245))
    renewed = contents(tmp_path)
    assert renewed["registry.pem"] != made["registry.pem"]
    assert (renewed["registry.key"], renewed["ca.pem"]) == (made["registry.key"], made["ca.pem"])


def test_a_missing_certificate_is_made(tmp_path: Path) -> None:
    provide(tmp_path, after())
    (tmp_path / "alerts.pem").unlink()
    assert provide(tmp_path, after(days=1))
    assert (tmp_path / "alerts.pem").exists()


def test_clients_that_know_only_the_old_authority_go_on_after_it_is_succeeded(
    tmp_path: Path,
) -> None:
    clock = SystemClock().now()  # as OpenSSL asks the machine
    directory, old, new = tmp_path / "tls", tmp_path / "old.pem", tmp_path / "new.pem"
    provide(directory, FixedClock(clock - timedelta(days=8 * 366)))
    old.write_bytes((directory / "ca.pem").read_bytes())
    provide(directory, FixedClock(clock))
    known = authority.read(directory / "ca.pem")
    assert len(known) == 2
    new.write_text(authority._pem(known[:1]))
    assert [trusts(one, directory) for one in (old, new, directory / "ca.pem")] == [True] * 3
    other = tmp_path / "other"
    provide(other, FixedClock(clock))
    assert not trusts(other / "ca.pem", directory)


def test_an_ended_authority_is_trusted_no_more(tmp_path: Path) -> None:
    for years in (0, 8.5, 11):
        provide(tmp_path, after(days=years * 366))
    assert len(authority.read(tmp_path / "ca.pem")) == 1


def test_certificates_that_were_given_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("the bureau's own")
    assert not provide(tmp_path, after())
    assert contents(tmp_path) == {"ca.pem": b"the bureau's own"}


@pytest.mark.parametrize(("day", "overdue"), [(0, 0), (335, 0), (337, 1), (400, 64)])
def test_a_certificate_is_overdue_from_thirty_days_before_its_end(
    tmp_path: Path, day: int, overdue: int
) -> None:
    provide(tmp_path, after())
    file = tmp_path / "registry.pem"
    assert authority.overdue_seconds(file, after(days=day)) == overdue * 24 * 3600
    file.unlink()
    assert authority.overdue_seconds(file, after()) == 30 * 24 * 3600
