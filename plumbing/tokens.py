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
            "iat": int(now.timestamp()),
            "exp": int(ends.timestamp()),
            "jti": secrets.token_hex(8),
        }
        header = {"alg": ALGORITHM, "kid": self._key.thumbprint()}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM]), ends


class Verifier:
    """Verifies access tokens and reads the caller from them."""

    def __init__(self, key: OKPKey, clock: Clock) -> None:
        self._key = key
        self._kid = key.thumbprint()
        # A signature that was valid stays valid; the expiry of a token is checked every time.
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
        try:
            claims, caller = self._signed(token)
            self._registry.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unauthenticated() from error
        return replace(caller, on_behalf_of=on_behalf_of) if caller.is_service else caller

    def _read(self, token: str) -> tuple[dict[str, Any], Caller]:
        decoded = jwt.decode(token, self._key, algorithms=[ALGORITHM])
        # Tokens of the previous release name no key.
        if decoded.header.get("kid", self._kid) != self._kid:
            raise ValueError("The token names another key")
        return decoded.claims, _caller(decoded.claims)


def _caller(claims: dict[str, Any]) -> Caller:
    return Caller(
        claims["sub"],
        claims["name"],
        frozenset(Role(role) for role in claims["roles"]),
        claims["bureau"],
        claims["subject"],
        session_id=claims.get("sid", ""),  # the previous release names none
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
    signing = keys_dir / "signing.jwk"
    if not signing.exists():
        key = OKPKey.generate_key("Ed25519")
        write_private(signing, _json(key, private=True))
    key = _read(signing)
    public, text = keys_dir / "public.jwk", _json(key, private=False)
    if not public.exists() or public.read_text() != text:
        write_private(public, text)
    for service in services:
        if not (secret := service_secret_file(keys_dir, service)).exists():
            write_private(secret, secrets.token_urlsafe(32))
    return key


def public_key(keys_dir: Path) -> OKPKey:
    """Reads the public key with which tokens are verified."""
    return _read(keys_dir / "public.jwk")


def _read(path: Path) -> OKPKey:
    return OKPKey.import_key(json.loads(path.read_text()))


def _json(key: OKPKey, *, private: bool) -> str:
    return json.dumps(key.as_dict(private=private))
