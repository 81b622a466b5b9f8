"""The bureau's own sign-in service, tried against a provider in this process.

The provider can be made to lie: another issuer, an expired token, another nonce, another key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from plumbing.settings import Settings
from services.portal.provider import CALLBACK, Provider, ProviderAway, SignInFailed

ISSUER, PORTAL = "https://sso.example", "https://portal.example"
SETTINGS = Settings(
    oidc_issuer=ISSUER, oidc_client_id="portal", oidc_client_secret="s", portal_url=PORTAL
)


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})


@dataclass
class FakeProvider:
    """A provider that remembers what was asked for, and lies as it is told."""

    claims: dict[str, Any] = field(default_factory=dict)
    key: ECKey = field(default_factory=new_key)
    signs_with: ECKey | None = None
    asked: dict[str, str] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/token", self._token, methods=["POST"]),
                Route("/jwks", self._keys),
            ]
        )

    async def _metadata(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/jwks",
                "id_token_signing_alg_values_supported": ["ES256"],
            }
        )

    async def _keys(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != self.asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())  # noqa: TID251 - the provider's own clock
        claims = {
            "iss": ISSUER,
            "sub": "p1",
            "aud": "portal",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked["nonce"],
        } | self.claims
        signed = self.signs_with or self.key
        token = jwt.encode({"alg": "ES256", "kid": "k1"}, claims, signed, algorithms=["ES256"])
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})


@pytest.fixture
def fake() -> FakeProvider:
    return FakeProvider()


def request(path: str, **query: str) -> Request:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": urlencode(query).encode(),
        "headers": [],
    }
    return Request(scope)


def provider(fake: FakeProvider) -> Provider:
    return Provider(SETTINGS, transport=httpx2.ASGITransport(fake.app()))


async def begun(fake: FakeProvider, tried: Provider) -> dict[str, Any]:
    redirect, kept = await tried.begin(request("/sign-in/sso"))
    address = urlsplit(redirect.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/auth"
    fake.asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert fake.asked["code_challenge_method"] == "S256"
    assert fake.asked["redirect_uri"] == f"{PORTAL}{CALLBACK}"
    kept_as_json: dict[str, Any] = json.loads(json.dumps(kept))
    return kept_as_json


async def test_a_person_is_confirmed_with_every_claim(fake: FakeProvider) -> None:
    tried = provider(fake)
    kept = await begun(fake, tried)
    fake.claims = {"groups": ["办案"], "name": "合成人员"}
    person = await tried.finish(request(CALLBACK, code="c", state=fake.asked["state"]), kept)
    assert person.subject == "p1"
    assert (person.claims["groups"], person.claims["name"]) == (["办案"], "合成人员")


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://elsewhere.example"},
        {"exp": 1_700_000_000, "iat": 1_699_999_000},
        {"nonce": "another"},
        {"aud": "another client"},
    ],
    ids=lambda lie: next(iter(lie)),
)
async def test_a_token_that_is_not_for_this_sign_in_confirms_nobody(
    fake: FakeProvider, lie: dict[str, Any]
) -> None:
    tried = provider(fake)
    kept = await begun(fake, tried)
    fake.claims = lie
    with pytest.raises(SignInFailed):
        await tried.finish(request(CALLBACK, code="c", state=fake.asked["state"]), kept)


async def test_another_key_confirms_nobody(fake: FakeProvider) -> None:
    tried = provider(fake)
    kept = await begun(fake, tried)
    fake.signs_with = new_key()
    with pytest.raises(SignInFailed):
        await tried.finish(request(CALLBACK, code="c", state=fake.asked["state"]), kept)


async def test_another_state_verifier_or_refusal_confirms_nobody(fake: FakeProvider) -> None:
    tried = provider(fake)
    kept = await begun(fake, tried)
    state = fake.asked["state"]
    with pytest.raises(SignInFailed):
        await tried.finish(request(CALLBACK, code="c", state="another"), dict(kept))
    with pytest.raises(SignInFailed):
        await tried.finish(request(CALLBACK, code="c", state=state), {})
    with pytest.raises(SignInFailed):
        await tried.finish(request(CALLBACK, error="access_denied", state=state), dict(kept))
    fake.asked["code_challenge"] = "of another sign-in"
    with pytest.raises(SignInFailed):
        await tried.finish(request(CALLBACK, code="c", state=state), dict(kept))


async def test_a_provider_that_is_away_is_said_to_be_away() -> None:
    def refuse(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody there")

    tried = Provider(SETTINGS, transport=httpx2.MockTransport(refuse))
    with pytest.raises(ProviderAway):
        await tried.begin(request("/sign-in/sso"))


def test_without_an_issuer_there_is_no_provider() -> None:
    assert Provider.of(Settings(oidc_issuer="")) is None
