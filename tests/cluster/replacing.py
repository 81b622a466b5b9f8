"""Certificates and keys of a cluster replaced as docs/operations.md says, and who shows which."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from plumbing import certificates
from plumbing.authority import certify, read
from plumbing.certificates import CA, CA_KEY, RENEW_ON
from plumbing.clock import SystemClock
from plumbing.events.signing import SIGNATURE_HEADER
from plumbing.events.subjects import stream_of
from plumbing.settings import SERVICES
from services.registry.identity.keys import ENGINES, hand_out
from tests.cluster.platform import Cluster
from tests.cluster.replica import Replica

HOLDERS = (*certificates.HOLDERS, *ENGINES)


class Certificates:
    """What signs the certificates of a cluster, on the machine where its keys are made."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._keys = cluster, cluster.keys
        self._made = cluster.keys / "tls"
        self._another = cluster.folder / "another-authority"

    def renew(self) -> None:
        """Gives everybody another certificate of the same authority, for another key."""
        for file in (*self._made.glob("*.key"), self._made / RENEW_ON):
            if file.name != CA_KEY:
                file.unlink()
        self._distribute()

    def trust_another(self) -> None:
        """Has everybody trust a second authority beside the first."""
        certify(self._another, HOLDERS, SystemClock().now())
        both = (self._made / CA).read_text() + (self._another / CA).read_text()
        (self._made / CA).write_text(both)
        self._distribute()

    def use_other(self) -> None:
        """Gives everybody a certificate of the second authority."""
        for holder in HOLDERS:
            for kind in ("key", "pem"):
                shutil.copyfile(self._another / f"{holder}.{kind}", self._made / f"{holder}.{kind}")
        self._distribute()

    def drop_former(self) -> None:
        """Has nobody trust the first authority any more."""
        for name in (CA, CA_KEY):
            shutil.copyfile(self._another / name, self._made / name)
        self._distribute()

    def _distribute(self) -> None:
        hand_out(self._keys)
        self._cluster.reload_engines()


def shows_present(cluster: Cluster, replica: Replica) -> bool:
    """Whether a replica shows its present certificate to whoever connects with it."""
    present = read(cluster.keys / replica.service / "tls" / f"{replica.service}.pem")[0]
    return _served(cluster, replica) == present


def _served(cluster: Cluster, replica: Replica) -> x509.Certificate:
    own = cluster.keys / "registry" / "tls"
    context = ssl.create_default_context(cafile=own / CA)
    context.load_cert_chain(own / "client.pem", own / "client.key")
    context.set_alpn_protocols(["h2"])
    host, port = replica.address.split(":")
    with (
        socket.create_connection((host, int(port)), 10) as raw,
        context.wrap_socket(raw, server_hostname=replica.service) as wire,
    ):
        return x509.load_der_x509_certificate(wire.getpeercert(binary_form=True) or b"")


def engines_see_present(cluster: Cluster) -> bool:
    """Whether every replica is connected with NATS and PostgreSQL by its present certificate."""
    present = {one: read(cluster.keys / one / "engines" / "client.pem")[0] for one in SERVICES}
    to_nats, to_postgresql = [*_clients_of_nats(cluster)], [*_clients_of_postgresql(cluster)]
    hashes = {one: sha256(file.public_bytes(Encoding.DER)) for one, file in present.items()}
    right = [shown == hashes[service].hexdigest() for service, shown in to_nats]
    right += [serial == present[service].serial_number for service, serial in to_postgresql]
    connected = {service for service, _ in to_postgresql} == set(SERVICES)
    return all(right) and connected and len(to_nats) == len(cluster.replicas)


def _clients_of_nats(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Each client's name and the SHA-256 of what it shows."""
    for server in cluster.nats.servers:
        for client in server.connections():
            yield client["name"], client["tls_peer_certs"][0]["cert_sha256"]


def _clients_of_postgresql(cluster: Cluster) -> Iterator[tuple[str, int]]:
    """The database of each session with a certificate, and the serial number of that."""
    sessions = "pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_serial IS NOT NULL"
    for line in cluster.server.ask(f"datname || ' ' || client_serial FROM {sessions}").splitlines():
        service, serial = line.split()
        yield service, int(serial)


def _end_sessions_of_postgresql(cluster: Cluster) -> None:
    """Ends the sessions of all services, which connect anew."""
    sessions = "pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE client_serial IS NOT NULL"
    cluster.server.ask(f"count(pg_terminate_backend(pid)) FROM {sessions}")


async def connect_anew(cluster: Cluster) -> None:
    """Has all replicas connect anew: ends their sessions, restarts the NATS servers in turn."""
    await asyncio.to_thread(_end_sessions_of_postgresql, cluster)
    for server in cluster.nats.servers:
        await asyncio.to_thread(server.kill)
        server.start()  # on the main thread, with which it would end
        await asyncio.to_thread(cluster.nats.wait_until_whole)


async def restart_in_turn(cluster: Cluster) -> None:
    """Restarts the replicas of the registry, then the others, each when the one before is ready."""
    for service in SERVICES:
        for replica in cluster.of(service):
            assert await asyncio.to_thread(replica.end) == 0
            replica.start()
            await cluster.until_ready(replica)


async def signers(cluster: Cluster, service: str) -> set[str]:
    """The thumbprints of the keys that signed the first and the last event of a service, if any."""
    stream = stream_of(service)
    async with cluster.jetstream(service) as js:
        state = (await js.stream_info(stream)).state
        if not state.messages:
            return set()
        ends = [await js.get_msg(stream, seq) for seq in (state.first_seq, state.last_seq)]
    return {(one.headers or {})[SIGNATURE_HEADER].partition(".")[0] for one in ends}


def remove_event_keys(keys: Path) -> None:
    """Removes the key with which each service signs its events, so that another one is made."""
    for service in SERVICES:
        (keys / service / f"events-{service}.jwk").unlink()


def begin_nats_keys(keys: Path) -> None:
    """Puts the key of each service for NATS aside, so that another one is made beside it."""
    for service in SERVICES:
        present = keys / service / f"nats-{service}.jwk"
        present.rename(present.with_stem(f"nats-{service}-former"))


def end_nats_keys(keys: Path) -> None:
    """Removes what was put aside, which NATS then lets in no more."""
    for service in SERVICES:
        (keys / service / f"nats-{service}-former.jwk").unlink()
