"""Forged tokens, as somebody could make who has a real token and the public key."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from plumbing.clock import SystemClock
from plumbing.tokens import ALGORITHM, ISSUER, make_keys

# What is off in tokens that our own key has signed; None takes a claim away.
MOMENT = timedelta(minutes=5)
OFF: dict[str, dict[str, Any]] = {
    "expired": {"exp": -MOMENT},
    "unending": {"exp": None},
    "not_yet": {"nbf": MOMENT},
    "issued_tomorrow": {"iat": MOMENT},
    "audience": {"aud": "another"},
    "issuer": {"iss": "another"},
    "role": {"roles": ["king"]},
    "nobodys": {"sub": None},
}
KINDS = [*OFF, "not", "alg_none", "hmac", "another_key", "unknown_kid"]


def forged(kind: str, keys: Path) -> str:
    """A forged token of that kind, which claims to be an administrator's."""
    key, claims = make_keys(keys, ()), _claims(OFF.get(kind, {}))
    header = {"alg": ALGORITHM}
    if kind == "not":
        return "not.a.token"
    if kind == "alg_none":
        return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
    if kind == "hmac":  # the public key, taken for a shared secret
        secret = OctKey.import_key((keys / "public.jwk").read_text())
        return jwt.encode({"alg": "HS256"}, claims, secret, algorithms=["HS256"])
    if kind == "another_key":
        key = OKPKey.generate_key("Ed25519")
    if kind == "unknown_kid":
        header["kid"] = OKPKey.generate_key("Ed25519").thumbprint()
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def _claims(off: dict[str, Any]) -> dict[str, Any]:
    right: dict[str, Any] = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": "forger",
        "name": "forger",
        "roles": ["administrator"],
        "bureau": "000000",
        "subject": "",
        "exp": MOMENT,
    }
    claims = {name: _moment(value) for name, value in (right | off).items()}
    return {name: value for name, value in claims.items() if value is not None}


def _moment(value: Any) -> Any:
    """The value; a duration becomes the second at that distance from now."""
    if not isinstance(value, timedelta):
        return value
    return int((SystemClock().now() + value).timestamp())


def _part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
