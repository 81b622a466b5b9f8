"""What a client of PostgreSQL or NATS shows and trusts, read again when its files are replaced."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Self

import structlog

log = structlog.get_logger()


def stamps(*files: Path) -> tuple[int, ...]:
    """Returns the times of change of files that exist; others mean that one was replaced."""
    return tuple(file.stat().st_mtime_ns for file in files if file.exists())


class RenewedContext(ssl.SSLContext):
    """A context for asyncio whose next connection takes files that were replaced.

    So a renewed certificate and another authority need no restart. Until the files fit together,
    it keeps the former.
    """

    _make: Callable[[], ssl.SSLContext]
    _files: tuple[Path, ...]
    _stamp: tuple[int, ...]
    _unfit: tuple[int, ...] | None  # when the files, as they are, did not fit together
    _current: ssl.SSLContext

    @classmethod
    def of(cls, make: Callable[[], ssl.SSLContext], *files: Path) -> Self:
        """Returns a context as `make` reads it from files; raises OSError if it cannot now."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context._make, context._files, context._unfit = make, files, None
        context._stamp, context._current = stamps(*files), make()
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
        self._renew()
        return self._current.wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    def _renew(self) -> None:
        stamp = stamps(*self._files)
        if stamp in (self._stamp, self._unfit):
            return
        try:
            self._current = self._make()
        except OSError as error:
            self._unfit = stamp
            log.warning("tls.not_renewed", file=str(self._files[0]), error=str(error))
        else:
            self._stamp = stamp
            log.info("tls.renewed", file=str(self._files[0]))
