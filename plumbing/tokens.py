"""Access tokens and keys: how callers prove their identity (D-09).

Tokens are JWTs that only the registry signs, with Ed25519; every service verifies them with the
public key. A token expires by the machine's time, so moving a sandbox's clock ends no session.
"""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from plumbing.clock import Clock
from plumbing.identity import Caller, Role, Unauthenticated
from plumbing.private_files import service_secret_file, write_private
from plumbing.token_keys import (
    NEXT,
    PRESENT,
    SIGNING,
    TrustedKeys,
    key_text,
    read_key,
    trust,
    trusted_keys,
)

ISSUER = "quanheng"
LEEWAY_SECONDS = 60  # by which the clocks of two machines may differ
REMEMBERED = 1024  # tokens whose signature is not verified again
ALGORITHM = "Ed25519"  # the fully specified name of EdDSA over this curve (RFC 9864)


class Signer:
    """Issues access tokens, valid for the time `life`; only the registry has a Signer."""

    def __init__(self, key: OKPKey, clock: Clock, life: timedelta) -> None:
        self._key, self._clock, self.life = key, clock, life

    def issue(self, caller: Caller) -> tuple[str, datetime]:
        """Returns an access token for the caller, and the moment at which the token expires."""
        now = self._clock.now()
        ends = now + self.life
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "sub": caller.account_id,
            "name": caller.name,
            "roles": sorted(caller.roles),
            "bureau": caller.bureau,
            "subject": caller.subject_id,
            "sid": caller.session_id,
            "institution": caller.institution,
            "iat": int(now.timestamp()),
            "exp": int(ends.timestamp()),
            "jti": secrets.token_hex(8),
        }
        header = {"alg": ALGORITHM, "kid": self._key.thumbprint()}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM]), ends


class Verifier:
    """Verifies access tokens and reads the caller from them."""

    def __init__(self, keys: OKPKey | TrustedKeys, clock: Clock) -> None:
        self._keys = keys
        # A signature that was valid stays valid while its key is trusted; the expiry of a token is
        # checked every time.
        self._signed = lru_cache(REMEMBERED)(self._read)
        self._registry = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": ISSUER},
            exp={"essential": True},
            sub={"essential": True},
        )

    def verify(self, token: str, on_behalf_of: str = "") -> Caller:
        """Returns the caller that a token names. Raises Unauthenticated if the token is not valid.

        `on_behalf_of` is the account for which a service acts; it is ignored for other callers.
        """
        if isinstance(self._keys, TrustedKeys) and self._keys.renewed():
            self._signed.cache_clear()
        try:
            claims, caller = self._signed(token)
            self._registry.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise Unauthenticated() from error
        return replace(caller, on_behalf_of=on_behalf_of) if caller.is_service else caller

    def _read(self, token: str) -> tuple[dict[str, Any], Caller]:
        kid = _header(token).get("kid")
        decoded = jwt.decode(token, self._named(kid), algorithms=[ALGORITHM])
        return decoded.claims, _caller(decoded.claims)

    def _named(self, kid: str | None) -> OKPKey:
        if isinstance(self._keys, TrustedKeys):
            return self._keys.named(kid)
        if kid not in (None, self._keys.thumbprint()):
            raise ValueError("The token names another key")
        return self._keys


def _header(token: str) -> dict[str, Any]:
    """The header of a token, of which nothing is believed before the signature is verified."""
    head = token.partition(".")[0]
    header = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    if not isinstance(header, dict):
        raise TypeError("A token begins with an object")
    return header


def _caller(claims: dict[str, Any]) -> Caller:
    return Caller(
        claims["sub"],
        claims["name"],
        frozenset(Role(role) for role in claims["roles"]),
        claims["bureau"],
        claims["subject"],
        session_id=claims.get("sid", ""),  # the previous release names none
        institution=claims.get("institution", ""),  # nor this
    )


def session_id_of(token: str) -> str:
    """Returns the login that a token names, without verifying the token; empty if it names none.

    Only for a token that its holder got from the registry itself.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims.get("sid", ""))
    except (IndexError, ValueError, AttributeError):
        return ""


def make_keys(keys_dir: Path, services: Iterable[str]) -> OKPKey:
    """Returns the key that signs tokens; on the first start, creates it and a secret per service.

    Only their owner can read the files. If all files exist, nothing is written, so the directory
    may be read-only.
    """
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    signing = keys_dir / SIGNING
    known = trusted_keys(keys_dir)
    if not signing.exists():
        # Where somebody took the key away, nothing that it signed is trusted any more.
        known = []
        (keys_dir / NEXT).unlink(missing_ok=True)
        write_private(signing, key_text(OKPKey.generate_key("Ed25519"), private=True))
    key = read_key(signing)
    trust(keys_dir, [key, *(one for one in known if one.thumbprint() != key.thumbprint())])
    for service in services:
        if not (secret := service_secret_file(keys_dir, service)).exists():
            write_private(secret, secrets.token_urlsafe(32))
    return key


def public_key(keys_dir: Path) -> OKPKey:
    """Reads the public key that belongs to the key with which the registry signs tokens."""
    return read_key(keys_dir / PRESENT)
