"""Connections that leave the machine unencrypted are refused, unless a setting names them.

Inside one machine NATS, PostgreSQL, Temporal and the mail server are reached on the loopback
address, where no network carries the bytes.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from law.errors import Fault, InvalidInput
from plumbing.settings import PORTAL, Settings

ENCRYPTED_SSLMODES = {"require", "verify-ca", "verify-full"}


def refuse_plain_links(settings: Settings, service: str) -> None:
    """Raises InvalidInput if a service would send unencrypted data to another machine.

    Every such connection is a fault, with the variable that sets it.
    """
    if faults := list(_faults(settings, service)):
        raise InvalidInput(
            "设置中有未加密的连接；加密之，或由其他软件加密时写入 QUANHENG_PLAINTEXT",
            "Settings name connections without encryption: encrypt them, or, where other software "
            "does, name them in QUANHENG_PLAINTEXT",
            faults=faults,
        )


def _faults(settings: Settings, service: str) -> Iterator[Fault]:
    for link, field, hosts in _links(settings, service):
        for host in hosts:
            if not settings.is_plain(link) and not _is_here(host):
                zh = f"与 {host} 的连接未加密（{link}）"
                yield Fault(field, zh, f"The connection to {host} is not encrypted ({link})")


def _links(settings: Settings, service: str) -> Iterator[tuple[str, str, list[str]]]:
    """The connections that a service makes: name, setting, and the hosts reached unencrypted."""
    yield "postgresql", "database", _plain_databases(settings.database_url(service))
    if service == PORTAL:
        yield "portal", "portal_url", _plain_servers(settings.portal_url, {"https"})
        yield "oidc", "oidc_issuer", _plain_servers(settings.oidc_issuer, {"https"})
    else:
        yield "nats", "nats_url", _plain_servers(settings.nats_url, {"tls"})
        temporal = settings.temporal_address.rpartition(":")[0]
        yield "temporal", "temporal_address", [] if settings.temporal_tls_dir else [temporal]
    if service == "alerts":
        yield "smtp", "smtp_url", _plain_servers(settings.smtp_url, {"smtps", "smtp+starttls"})
        webhook = settings.checkpoint_webhook
        yield "webhook", "checkpoint_webhook", _plain_servers(webhook, {"https"})


def _plain_servers(urls: str, encrypted: Container[str]) -> list[str]:
    parts = [urlsplit(url.strip()) for url in urls.split(",")]
    return [part.hostname or "" for part in parts if part.scheme not in encrypted]


def _plain_databases(url: str) -> list[str]:
    parts = urlsplit(url)
    is_file = not parts.scheme.startswith("postgresql")
    return [] if is_file or _is_encrypted(parts.query) else [parts.hostname or ""]


def _is_encrypted(query: str) -> bool:
    options = parse_qs(query)
    modes = {mode for name in ("sslmode", "ssl") for mode in options.get(name, ())}
    return bool(modes & ENCRYPTED_SSLMODES)


def _is_here(host: str) -> bool:
    """Whether a host is this machine: a loopback address, or the socket of an empty host."""
    if host in ("", "localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
