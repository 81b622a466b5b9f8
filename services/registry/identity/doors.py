"""What the identity service is made of, and how it is put together from the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import URLSafeTimedSerializer

from plumbing.change import Changes
from plumbing.checkpoints.keys import make_signing_keys
from plumbing.clock import Clock
from plumbing.private_files import service_secret_file
from plumbing.settings import CALLERS, Settings
from plumbing.tokens import Signer, make_keys
from services.registry.identity.external import ClaimMapping
from services.registry.identity.links import Links
from services.registry.identity.login import Logins
from services.registry.identity.passwords import Passwords, hasher_of
from services.registry.identity.second_factor import SecondFactors
from services.registry.identity.throttle import APPLICATION, MAIL, SIGN_IN, Throttle
from services.registry.identity.vault import Vault


@dataclass(frozen=True)
class Doors:
    """The parts of the identity service.

    `secrets` has the secret of each service, by its name. `issuer` and `mapping` are those of the
    bureau's own sign-in service; the mapping is None without one.
    """

    logins: Logins
    links: Links
    mails: Throttle
    applications: Throttle
    secrets: Mapping[str, str]
    issuer: str
    mapping: ClaimMapping | None


def open_doors(settings: Settings, changes: Changes, machine: Clock) -> Doors:
    """Puts the identity service together; on the first start it makes the keys.

    `machine` is machine time. Raises pydantic's ValidationError for a faulty mapping of claims.
    """
    database, keys_dir = changes.database, settings.keys_dir
    signer = Signer(make_keys(keys_dir, CALLERS), machine, settings.token_life)
    make_signing_keys(keys_dir)
    vault = Vault.at(keys_dir)
    logins = Logins(
        changes=changes,
        passwords=Passwords(database, machine, hasher_of(settings)),
        factors=SecondFactors(vault, machine, settings.portal_url),
        codes=Throttle(database, machine, "code", SIGN_IN),
        signer=signer,
        machine=machine,
        challenges=URLSafeTimedSerializer(vault.signing_key, salt="login"),
        factor_roles=settings.roles_with_second_factor,
        external_life=settings.external_login_life,
    )
    return Doors(
        logins=logins,
        links=Links(vault),
        mails=Throttle(database, machine, "mail", MAIL),
        applications=Throttle(database, machine, "application", APPLICATION),
        secrets={name: service_secret_file(keys_dir, name).read_text() for name in CALLERS},
        issuer=settings.oidc_issuer,
        mapping=_mapping(settings),
    )


def _mapping(settings: Settings) -> ClaimMapping | None:
    file = settings.oidc_mapping_file
    return ClaimMapping.read(Path(file)) if file else None
