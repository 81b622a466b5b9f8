"""One registry for these attacks, as for the integration tests of the registry."""

from __future__ import annotations

from tests.integration.registry.conftest import _settings, nats_url, registry

__all__ = ["_settings", "nats_url", "registry"]
