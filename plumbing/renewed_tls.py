"""What a client shows and trusts, read again when its files are replaced."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

import structlog

from law.errors import LawError

log = structlog.get_logger()
T = TypeVar("T")


Stamp = tuple[int, int] | None


def stamps(*files: Path) -> list[Stamp]:
    """Returns when each file was changed, and its size; None for one that is not there."""
    return [_stamp(file) for file in files]


def _stamp(file: Path) -> Stamp:
    try:
        state = file.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def require_fitting(authorities: Path, certificate: Path | None, key: Path | None) -> None:
    """Raises OSError unless the files can be read and a certificate and its key belong together."""
    context = ssl.create_default_context(cafile=authorities)
    if certificate is not None and key is not None and certificate.exists():
        context.load_cert_chain(certificate, key)


class Replaced:
    """Files that may be replaced, one after the other: what they held counts until they fit."""

    def __init__(self, *files: Path) -> None:
        self._files = files
        self._stamp = stamps(*files)
        self._unfit: list[Stamp] | None = None  # of the files, as they did not fit

    def taken(self, make: Callable[[], T]) -> T | None:
        """Returns what `make` reads from files that were replaced since; None if none was.

        None too if they do not fit together, for which `make` raises OSError or LawError, or while
        one that was there is missing: nobody goes on without the certificate that it had.
        """
        stamp = stamps(*self._files)
        missing = any(now is None and was for now, was in zip(stamp, self._stamp, strict=True))
        if missing or stamp in (self._stamp, self._unfit):
            return None
        try:
            made = make()
        except (OSError, LawError) as error:
            self._unfit = stamp
            log.warning("tls.not_renewed", file=str(self._files[0]), error=str(error))
            return None
        self._stamp = stamp
        log.info("tls.renewed", file=str(self._files[0]))
        return made


class RenewedContext(ssl.SSLContext):
    """A context for asyncio whose next connection takes files that were replaced.

    So a renewed certificate and another authority need no restart. Until the files fit together,
    it keeps the former.
    """

    _make: Callable[[], ssl.SSLContext]
    _replaced: Replaced
    _current: ssl.SSLContext

    @classmethod
    def of(cls, make: Callable[[], ssl.SSLContext], *files: Path) -> Self:
        """Returns a context as `make` reads it from files; raises OSError if it cannot now."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context._make, context._replaced = make, Replaced(*files)
        context._current = make()
        return context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begins a connection, as asyncio asks for it."""
        self._current = self._replaced.taken(self._make) or self._current
        return self._current.wrap_bio(incoming, outgoing, server_side, server_hostname, session)
