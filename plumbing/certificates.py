"""The certificates of the platform's processes on one machine, made at the start and renewed.

`ca.pem` has the authorities to trust. Each process has `NAME.pem` and `NAME.key`. Certificates that
were given, with an authority whose key is not here, are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from plumbing.addresses import CLIENT
from plumbing.clock import Clock
from plumbing.private_files import write_private
from plumbing.settings import CALLERS

HOLDERS = (*CALLERS, CLIENT)
CA, CA_KEY, RENEW_ON = "ca.pem", "ca.key", "renew-on"
USED_FOR = timedelta(days=244)  # two thirds of the life of a certificate


def provide(directory: Path, clock: Clock, holders: Iterable[str] = HOLDERS) -> bool:
    """Makes the certificates that are missing in a directory, and renews those that end soon.

    Only their owner can read the files. Returns True if any was written.
    """
    holders, now = tuple(holders), clock.now()
    if _are_given(directory) or not _is_due(directory, holders, now.date()):
        return False
    from plumbing.authority import certify  # noqa: PLC0415 - slow to load, and seldom needed

    certify(directory, holders, now)
    write_private(directory / RENEW_ON, f"{(now + USED_FOR).date()}\n")
    return True


def _are_given(directory: Path) -> bool:
    return (directory / CA).exists() and not (directory / CA_KEY).exists()


def _is_due(directory: Path, holders: Iterable[str], today: date) -> bool:
    files = [directory / f"{holder}.{kind}" for holder in holders for kind in ("pem", "key")]
    renew_on = directory / RENEW_ON
    if not all(file.exists() for file in (directory / CA, renew_on, *files)):
        return True
    return date.fromisoformat(renew_on.read_text().strip()) <= today
