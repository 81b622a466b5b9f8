"""The portal's own certificate for browsers, where no web server stands in front of it."""

from __future__ import annotations

import asyncio
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import structlog

from law.errors import Fault, InvalidInput
from plumbing.renewed_tls import Stamp, stamps
from plumbing.settings import Settings

CERTIFICATE, KEY, URL = "portal_tls_certificate", "portal_tls_key", "portal_url"
LOOK_EVERY_SECONDS = 60.0
# Its group may read a key, as web servers on Debian do; everybody else may do nothing.
_OTHERS = stat.S_IRWXO | stat.S_IWGRP
log = structlog.get_logger()


class PortalCertificate:
    """A certificate and its key, in files that may be replaced while the portal runs."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self._stamp = self._stamps()

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Returns the certificate that the settings name; None if they name none.

        Raises InvalidInput if only one of the two files is named or can be read, if others can
        read the key, or if the portal's URL does not begin with https.
        """
        if not (settings.portal_tls_certificate or settings.portal_tls_key):
            return None
        if faults := list(_faults(settings)):
            zh = "门户的证书不能使用"
            raise InvalidInput(zh, "The certificate of the portal cannot be used", faults=faults)
        return cls(Path(settings.portal_tls_certificate), Path(settings.portal_tls_key))

    def server(self) -> ssl.SSLContext:
        """Returns how the portal's server encrypts. Raises OSError if the files do not fit."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificate, self._key)
        return context

    def probe(self) -> ssl.SSLContext:
        """Returns how to check that a server has this very certificate, whoever signed it."""
        context = ssl.create_default_context(cafile=self._certificate)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        return context

    async def follow(self, context: ssl.SSLContext) -> None:
        """Looks once a minute for a renewed certificate; new connections then get it."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self.renew(context)

    def renew(self, context: ssl.SSLContext) -> None:
        """Gives a server the files, if they were replaced; until both fit, it keeps the former."""
        if (stamp := self._stamps()) == self._stamp:
            return
        try:
            context.load_cert_chain(self._certificate, self._key)
        except OSError as error:
            log.warning("portal.certificate_not_renewed", error=str(error))
        else:
            self._stamp = stamp
            log.info("portal.certificate_renewed")

    def _stamps(self) -> list[Stamp]:
        return stamps(self._certificate, self._key)


def _faults(settings: Settings) -> Iterator[Fault]:
    for field in (CERTIFICATE, KEY):
        yield from _unreadable(field, Path(getattr(settings, field) or ""))
    key = Path(settings.portal_tls_key or "")
    if key.is_file() and key.stat().st_mode & _OTHERS:
        en = f"Other users of the machine can reach the key {key}: chmod 600"
        yield Fault(KEY, f"本机其他用户可访问密钥 {key}：请 chmod 600", en)
    if not settings.portal_url.startswith("https://"):
        en = "With a certificate the address of the portal begins with https://"
        yield Fault(URL, "门户有证书时，其网址以 https:// 开头", en)


def _unreadable(field: str, file: Path) -> Iterator[Fault]:
    try:
        file.read_bytes()
    except OSError as error:
        zh = f"读不到文件 {file}：{error.strerror}（证书和密钥须同时设置）"
        en = f"The file {file} cannot be read: {error.strerror} (set certificate and key together)"
        yield Fault(field, zh, en)
