"""The attacker listens on the network between browsers and a portal that has its own certificate.

They see every byte, and may lead a browser to the portal by plain http once. On the machine they
are another user, who would read the key.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
import pytest_asyncio

from law.errors import InvalidInput
from plumbing.authority import certify
from plumbing.clock import SystemClock
from plumbing.portal_certificate import PortalCertificate
from plumbing.settings import Settings
from services.cli.machine.engines import portal_spec, settings_on, usual_ports
from services.cli.machine.platform import Platform
from services.cli.machine.readiness import http_ok
from tests.nursery import QuickLauncher
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
HOLDER = "portal"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of the portal, signed by an authority that the bureau made."""
    directory = tmp_path_factory.mktemp("bureau")
    certify(directory, [HOLDER], SystemClock().now())
    return directory


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(
    directory: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Platform]:
    """A real platform whose portal has the certificate by settings, as a bureau sets it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("QUANHENG_PORTAL_TLS_CERTIFICATE", str(directory / f"{HOLDER}.pem"))
        environment.setenv("QUANHENG_PORTAL_TLS_KEY", str(directory / f"{HOLDER}.key"))
        data = tmp_path_factory.mktemp("platform") / "data"
        async with Platform(
            data, usual_ports=False, portal=True, launcher=QuickLauncher
        ) as running:
            await running.wait_ready(PATIENCE_SECONDS)
            yield running


def trusting(directory: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=directory / "ca.pem")


async def test_a_browser_that_knows_the_authority_is_served_and_told_to_come_by_tls_only(
    platform: Platform, directory: Path
) -> None:
    assert platform.settings.portal_url.startswith("https://")
    async with httpx.AsyncClient(
        base_url=platform.settings.portal_url, verify=trusting(directory), timeout=PATIENCE_SECONDS
    ) as browser:
        page = await browser.get("/sign-in")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        language = await browser.get("/language/en")
        cookies = language.headers.get_list("set-cookie")
        assert cookies
        assert all(cookie.endswith("; Secure") for cookie in cookies)


async def test_without_tls_nothing_is_answered(platform: Platform) -> None:
    plain = platform.settings.portal_url.replace("https://", "http://")
    async with httpx.AsyncClient(base_url=plain, timeout=PATIENCE_SECONDS) as browser:
        with pytest.raises(httpx.HTTPError):
            await browser.get("/sign-in")


async def test_who_listens_with_another_certificate_is_not_taken_for_the_portal(
    platform: Platform, directory: Path, tmp_path: Path
) -> None:
    certify(tmp_path, [HOLDER], SystemClock().now())
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        async with httpx.AsyncClient(verify=trusting(tmp_path)) as browser:
            await browser.get(platform.settings.portal_url)
    address = platform.settings.portal_address
    of_another = PortalCertificate(tmp_path / f"{HOLDER}.pem", tmp_path / f"{HOLDER}.key")
    assert not await http_ok(address, "/healthz", of_another)
    assert await http_ok(address, "/healthz", PortalCertificate.of(platform.settings))


async def test_a_renewed_certificate_is_shown_without_a_restart(tmp_path: Path) -> None:
    certify(tmp_path, [HOLDER], SystemClock().now())
    files = [tmp_path / f"{HOLDER}.{kind}" for kind in ("pem", "key")]
    certificate = PortalCertificate(*files)
    context = certificate.server()
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
    )
    port = server.sockets[0].getsockname()[1]
    async with server:
        first = await shown(port)
        kept = files[0].read_text()
        files[0].write_text("half a file")
        certificate.renew(context)
        assert await shown(port) == first
        files[0].write_text(kept)
        certify(tmp_path, [HOLDER], SystemClock().now())
        certificate.renew(context)
        assert await shown(port) != first


async def shown(port: int) -> bytes | None:
    """The certificate that the server on a port shows."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.close()
    return tls.getpeercert(binary_form=True)


@pytest.mark.parametrize(
    ("mode", "changed", "fields"),
    [
        (0o644, {}, ["portal_tls_key"]),
        (0o660, {}, ["portal_tls_key"]),
        (0o600, {"portal_tls_key": ""}, ["portal_tls_key"]),
        (0o600, {"portal_tls_certificate": "/nowhere.pem"}, ["portal_tls_certificate"]),
        (0o600, {"portal_url": "http://portal.example"}, ["portal_url"]),
    ],
)
async def test_a_certificate_that_protects_nothing_is_refused_before_anything_starts(
    directory: Path, tmp_path: Path, mode: int, changed: dict[str, str], fields: list[str]
) -> None:
    key = tmp_path / "portal.key"
    key.write_bytes((directory / f"{HOLDER}.key").read_bytes())
    key.chmod(mode)
    named = {
        "portal_tls_certificate": str(directory / f"{HOLDER}.pem"),
        "portal_tls_key": str(key),
        "portal_url": "https://portal.example",
    }
    settings = Settings(data_dir=tmp_path, **(named | changed))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as refused:
        portal_spec(settings)
    assert [fault.field for fault in refused.value.faults] == fields


async def test_with_a_certificate_the_portal_listens_where_it_is_told(directory: Path) -> None:
    settings = Settings(
        portal_address="0.0.0.0:8443",
        portal_tls_certificate=str(directory / f"{HOLDER}.pem"),
        portal_tls_key=str(directory / f"{HOLDER}.key"),
    )
    placed = settings_on(settings, usual_ports(settings))
    assert (placed.portal_address, placed.portal_url) == ("0.0.0.0:8443", "https://127.0.0.1:8443")
    plain = settings.model_copy(update={"portal_tls_certificate": ""})
    assert settings_on(plain, usual_ports(plain)).portal_address == "127.0.0.1:8443"
    assert urlsplit(placed.portal_url).scheme == "https"
