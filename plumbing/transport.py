"""gRPC over TLS: channels to servers that prove who they are, and the credentials of servers.

A client trusts the platform's authority only, and each service only under its own name. Whoever
else listens on the port of a service is sent nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from law.errors import LawError
from plumbing.addresses import GRPC, Endpoint
from plumbing.renewed_channel import RenewedChannel
from plumbing.renewed_tls import Replaced, require_fitting

if TYPE_CHECKING:
    from plumbing.settings import Settings

Options = Sequence[tuple[str, Any]]
# What gRPC says of a server whose certificate is not of our authority, has another name, or is
# missing because the server speaks no TLS.
_UNTRUSTED = (
    "CERTIFICATE_VERIFY_FAILED",
    "Hostname Verification Check failed",
    "WRONG_VERSION_NUMBER",
)


# A server that hangs keeps its connections, and gRPC alone leaves calls on them for over a minute.
# A ping that stays unanswered for three seconds closes them, sent after six without a word: servers
# admit one each five. The third option is needed beside the second, which does not count while gRPC
# measures the line with a ping of its own.
NOTICING_SILENCE: Options = (
    ("grpc.keepalive_time_ms", 6_000),
    ("grpc.keepalive_timeout_ms", 3_000),
    ("grpc.http2.ping_timeout_ms", 3_000),
)


class NoCertificate(LawError):
    """The certificates of the platform cannot be read."""

    reason = "NO_CERTIFICATE"
    message_zh = "读不到平台的证书"


def aio_channel(
    endpoint: Endpoint,
    *,
    options: Options = (),
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> grpc.aio.Channel:
    """Opens a channel for asyncio. Raises NoCertificate if the authorities cannot be read.

    Of several addresses, as in `ipv4:10.0.0.1:7301,10.0.0.2:7301`, it uses the first that answers.
    Files of certificates that were replaced count from the next call on.
    """
    options = (*options, *NOTICING_SILENCE)
    if endpoint.authorities is None:
        return grpc.aio.insecure_channel(endpoint.address, options, interceptors=interceptors)
    authorities = endpoint.authorities

    def make() -> grpc.aio.Channel:
        return grpc.aio.secure_channel(
            endpoint.address,
            _channel_credentials(endpoint, authorities),
            [*options, *_expecting(endpoint)],
            interceptors=interceptors,
        )

    def following() -> grpc.aio.Channel:
        require_fitting(authorities, endpoint.certificate, endpoint.key)
        return make()

    files = (authorities, endpoint.certificate, endpoint.key)
    return RenewedChannel(make(), following, Replaced(*(file for file in files if file)))


def blocking_channel(endpoint: Endpoint, options: Options = ()) -> grpc.Channel:
    """Opens a channel for calls that block. Raises NoCertificate as `aio_channel` does."""
    if endpoint.authorities is None:
        return grpc.insecure_channel(endpoint.address, options)
    credentials = _channel_credentials(endpoint, endpoint.authorities)
    return grpc.secure_channel(endpoint.address, credentials, [*options, *_expecting(endpoint)])


def is_untrusted(details: str | None) -> bool:
    """Returns whether a call failed because the server did not prove to be the one asked for."""
    return any(sign in (details or "") for sign in _UNTRUSTED)


def _expecting(endpoint: Endpoint) -> Options:
    return (("grpc.ssl_target_name_override", endpoint.name),) if endpoint.name else ()


def _channel_credentials(endpoint: Endpoint, authorities: Path) -> grpc.ChannelCredentials:
    own: tuple[bytes | None, bytes | None] = None, None
    if endpoint.certificate and endpoint.key and endpoint.certificate.exists():
        own = _read(endpoint.key), _read(endpoint.certificate)
    return grpc.ssl_channel_credentials(_read(authorities), *own)


def server_credentials(settings: Settings, service: str) -> grpc.ServerCredentials | None:
    """Returns the credentials of a service's gRPC server; None where other software encrypts.

    A certificate that was replaced by a renewed one is used from the next connection on. Raises
    NoCertificate if it cannot be read.
    """
    if settings.is_plain(GRPC):
        return None
    files = _Files(settings.tls_dir, service)
    return grpc.dynamic_ssl_server_credentials(
        files.configuration(),
        files.renewed,  # type: ignore[arg-type]  # None means no change
        require_client_authentication=settings.tls_client_certificates,
    )


class _Files:
    """The certificate, key and authorities of a server, read again when they are replaced."""

    def __init__(self, directory: Path, service: str) -> None:
        self._certificate = directory / f"{service}.pem"
        self._key = directory / f"{service}.key"
        self._authorities = directory / "ca.pem"
        self._replaced = Replaced(self._certificate, self._key, self._authorities)

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        pair = _read(self._key), _read(self._certificate)
        return grpc.ssl_server_certificate_configuration([pair], _read(self._authorities))

    def renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """The configuration if a file was replaced since the last call, otherwise None."""
        return self._replaced.taken(self._fitting)

    def _fitting(self) -> grpc.ServerCertificateConfiguration:
        require_fitting(self._authorities, self._certificate, self._key)
        return self.configuration()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise NoCertificate(
            f"读不到证书文件 {file}：{error.strerror}。单机上由 quanheng up 生成；"
            "多机时由 QUANHENG_TLS_DIR 给出",
            f"The certificate file {file} cannot be read: {error.strerror}. On one machine "
            "`quanheng up` makes it; on several, QUANHENG_TLS_DIR says where it is",
        ) from error


def names_of_peer(context: grpc.aio.ServicerContext[Any, Any]) -> frozenset[str]:
    """Returns the names in the certificate of a call's client; empty if it showed none."""
    names = context.auth_context().get("x509_subject_alternative_name", ())
    return frozenset(name.decode() for name in names)
